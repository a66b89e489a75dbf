"""What is kept when a value is not finite: the losses, the ids and the images of the batch."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from repose.data.packs import encode
from repose.errors import ReposeError
from repose.files import whole_folder, write_json
from repose.training.supply import Pictures

# Losses by name, one number per micro-batch; of gradients there is one number for all.
Values = Mapping[str, Sequence[float]]


def means(values: Values) -> dict[str, float]:
    """Return the losses and norms of the whole batch, if all of its values are finite, else {}."""
    if any(not math.isfinite(value) for column in values.values() for value in column):
        return {}
    return {k: math.fsum(v) / len(v) for k, v in values.items() if k != "input"}


def not_finite(
    values: Values, rows: np.ndarray, step: int, crops: Pictures, folder: Path
) -> ReposeError:
    """Keep what led to a value that is not finite, and return the error that names the first.

    Args:
        values: As they were computed: `input`, then losses, then norms of gradients.
        rows: (B, 2) rows of source and target that were learnt from, or (B, 1) of one picture.
        step: The step, counted from 0.
        crops: Where the batch came from.
        folder: The run directory; evidence goes to `not-finite/step-<n>` in it.
    """
    name, column = next((k, v) for k, v in values.items() if not all(map(math.isfinite, v)))
    piece, bad = next((i, v) for i, v in enumerate(column) if not math.isfinite(v))
    where = f" (micro-batch {piece + 1} of {len(column)})" if len(column) > 1 else ""
    message = f"{name} is {bad} in step {step + 1}{where}; the step was not made"
    place = folder / "not-finite" / f"step-{step + 1:08d}"
    mend = "look at the batch kept there; a lower train.lr or precision fp32 may help"
    try:
        _keep(place, values, rows, step, crops)
    except (ReposeError, OSError) as error:  # the finding is worth more than its evidence
        mend = f"its batch cannot be kept there: {error}"
    return ReposeError("not-finite", message, path=place, mend=mend)


def _keep(place: Path, values: Values, rows: np.ndarray, step: int, crops: Pictures) -> None:
    names = ("source", "target")[: rows.shape[1]]
    pairs = [
        {
            name: [found.clip, int(found.frame)]
            for name, found in zip(names, crops.table.iloc[pair].itertuples(), strict=True)
        }
        for pair in rows
    ]
    said = {name: [repr(value) for value in column] for name, column in values.items()}
    with whole_folder(place) as beside:
        write_json(beside / "batch.json", {"step": step + 1, "values": said, "pairs": pairs})
        for number, pair in enumerate(rows):
            images = np.concatenate(list(crops.images(pair)), axis=1)
            (beside / f"pair-{number:03d}.png").write_bytes(encode(images, "png"))
