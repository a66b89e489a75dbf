"""What is kept when a value is not finite: the losses, the ids and the images of the batch."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from repose.data.packs import encode
from repose.data.samples import Crops
from repose.errors import ReposeError
from repose.files import whole_folder, write_json
from repose.training.batches import Batch


def keep_evidence(
    folder: Path, step: int, found: Mapping[str, float], batch: Batch, crops: Crops
) -> None:
    """Stop a training whose values are not all finite; do nothing otherwise.

    Args:
        folder: The run directory; the evidence goes to `not-finite/step-<n>` in it.
        step: The step, counted from 0.
        found: Input sums, losses and norms of gradients, in the order of their computation.
        batch: What was learnt from.
        crops: Where it came from.

    Raises:
        ReposeError: not-finite, naming the first bad value.
    """
    bad = [name for name, value in found.items() if not math.isfinite(value)]
    if not bad:
        return
    place = folder / "not-finite" / f"step-{step + 1:08d}"
    sources, targets = (crops.table.iloc[rows] for rows in batch.rows.T)
    pairs = [
        {"source": [s.clip, int(s.frame)], "target": [t.clip, int(t.frame)]}
        for s, t in zip(sources.itertuples(), targets.itertuples(), strict=True)
    ]
    with whole_folder(place) as beside:
        write_json(
            beside / "batch.json",
            {"step": step + 1, "values": {k: repr(v) for k, v in found.items()}, "pairs": pairs},
        )
        for number, rows in enumerate(batch.rows):
            pair = np.concatenate(list(crops.images(rows)), axis=1)
            (beside / f"pair-{number:03d}.png").write_bytes(encode(pair, "png"))
    raise ReposeError(
        "not-finite",
        f"{bad[0]} is {found[bad[0]]} in step {step + 1}; the step was not made",
        path=place,
        mend="look at the batch kept there; a lower train.lr or precision fp32 may help",
    )
