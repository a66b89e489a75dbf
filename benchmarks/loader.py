"""Training samples per second and core, as they travel to the device, and their bytes.

A sample is a pair: two crops read and decoded, joints gathered, transforms fitted, augmentation
drawn. What happens on the device (moving, colouring, masks, heat maps, the warp's plan) is timed
by benchmarks/step.py.

python -m benchmarks.loader
"""

import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks.data import make_crops
from benchmarks.timing import alternate, one_thread, show
from repose.data.augmentation import Ranges
from repose.data.pairs import PairSampler
from repose.data.samples import Crops
from repose.parts import fit_part_transforms
from repose.training.batches import Batches, Raw

BATCH = 16
RANGES = Ranges(0.1, 0.08, 0.1, 0.5, 0.002, 0.125, 0.5, 1.26, 0.5)


def fit(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Fit the transforms that the 3D warp needs."""
    return fit_part_transforms(source, target).source_from_target


def kib(raw: Raw) -> float:
    """Return what a sample takes on its way to the device."""
    assert raw.transforms is not None
    tensors = [raw.images, raw.joints, raw.transforms, *raw.draws]
    return sum(tensor.nbytes for tensor in tensors) / BATCH / 1024


def main() -> None:
    """Time reading from packs and from memory, at the paper's size and the demo's."""
    one_thread()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for size in (256, 64):
            folder = make_crops(Path(scratch) / str(size), size)
            for name, cache_mb in (("packs (JPEG)", 0.0), ("memory", 1024.0)):
                crops = Crops([folder], cache_mb)
                sampler = PairSampler(crops.table, ("train",), 0, BATCH)
                batches = Batches(crops, sampler, fit, RANGES, 0, torch.device("cpu"), 1)
                numbers = iter(range(10**6))

                def read(batches: Batches = batches, numbers: object = numbers) -> None:
                    batches.read(next(numbers))  # type: ignore[call-overload]

                timing = alternate({name: (read, BATCH)}, rounds=30)[name]
                rate = 1e3 / timing.cpu_ms
                rows.append((f"{size} px from {name}", rate, timing.cpu_ms))
                travels = kib(batches.read(0))
            rows.append((f"{size} px, KiB per sample that travel", travels, np.nan))
    show("training samples", ("", "per s and core", "CPU ms each"), rows)


if __name__ == "__main__":
    main()
