"""What is kept when a value is not finite: the losses, the ids and the images of the batch."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from repose.data.packs import encode
from repose.data.samples import Crops
from repose.errors import ReposeError
from repose.files import whole_folder, write_json
from repose.training.batches import Batch


def checked(
    found: Mapping[str, Tensor], batch: Batch, step: int, crops: Crops, folder: Path
) -> dict[str, float]:
    """Return losses and gradient norms as numbers, if they and the inputs are all finite.

    Args:
        found: Losses and norms of gradients, scalars, in the order of their computation.
        batch: What was learnt from.
        step: The step, counted from 0.
        crops: Where the batch came from.
        folder: The run directory; evidence goes to `not-finite/step-<n>` in it.

    Raises:
        ReposeError: not-finite, naming the first bad value.
    """
    scalars = [batch.checksum(), *found.values()]
    # Stacked, because each look at a value waits for the device.
    values = torch.stack([value.detach().float() for value in scalars]).tolist()
    named = dict(zip(["input", *found], values, strict=True))
    bad = [name for name, value in named.items() if not math.isfinite(value)]
    if bad:
        place = _keep(named, batch, step, crops, folder)
        raise ReposeError(
            "not-finite",
            f"{bad[0]} is {named[bad[0]]} in step {step + 1}; the step was not made",
            path=place,
            mend="look at the batch kept there; a lower train.lr or precision fp32 may help",
        )
    del named["input"]
    return named


def _keep(named: Mapping[str, float], batch: Batch, step: int, crops: Crops, folder: Path) -> Path:
    place = folder / "not-finite" / f"step-{step + 1:08d}"
    sources, targets = (crops.table.iloc[rows] for rows in batch.rows.T)
    pairs = [
        {"source": [s.clip, int(s.frame)], "target": [t.clip, int(t.frame)]}
        for s, t in zip(sources.itertuples(), targets.itertuples(), strict=True)
    ]
    with whole_folder(place) as beside:
        write_json(
            beside / "batch.json",
            {"step": step + 1, "values": {k: repr(v) for k, v in named.items()}, "pairs": pairs},
        )
        for number, rows in enumerate(batch.rows):
            pair = np.concatenate(list(crops.images(rows)), axis=1)
            (beside / f"pair-{number:03d}.png").write_bytes(encode(pair, "png"))
    return place
