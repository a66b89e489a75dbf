"""Milliseconds of one training step of the demo, part by part, and what the loop adds.

python -m benchmarks.step [config/demo.yaml]
"""

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import torch
import yaml
from torch.nn.utils import get_total_norm

from benchmarks.data import make_crops
from benchmarks.timing import one_thread, show
from repose.data.augmentation import Ranges
from repose.data.pairs import PairSampler
from repose.data.samples import Crops
from repose.geometry.plan import plan_warp
from repose.models import build_model
from repose.models.blocks import channels_last
from repose.parts import part_masks, to_grid
from repose.training.batches import Batch, Batches
from repose.training.objective import Objective, body

RANGES = Ranges(0.1, 0.03, 0.1, 0.5, 0.002, 0.1, 0.2, 1.0, 0.3)
SIZE = 64
STEPS = 30
WARM = 5


class Clock:
    """CPU milliseconds by name, one entry per step."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time a block."""
        began = time.process_time()
        yield
        self.times[name].append(1e3 * (time.process_time() - began))


def settings(overlay: str) -> tuple[dict[str, Any], int]:
    """Return the demo's block of the 3D model, and its batch."""
    merged: dict[str, Any] = {"models": {"warp3d": {}}, "train": {}}
    for path in ("config/config.yaml", overlay):
        loaded = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        merged["models"]["warp3d"] |= loaded.get("models", {}).get("warp3d", {})
        merged["train"] |= loaded.get("train", {})
    return merged["models"]["warp3d"], merged["train"]["batch"]


def main() -> None:
    """Take a few steps on made crops."""
    one_thread()
    block, batch_size = settings(sys.argv[1] if len(sys.argv) > 1 else "config/demo.yaml")
    generator = channels_last(build_model(block, SIZE).generator)
    objective = Objective({"l1": 1.0, "l1_foreground": 1.0})
    optimiser = torch.optim.Adam(generator.parameters(), 1e-3, fused=True)
    clock = Clock()
    with tempfile.TemporaryDirectory() as scratch:
        crops = Crops([make_crops(Path(scratch) / "crops", SIZE)], cache_mb=64)
        sampler = PairSampler(crops.table, ("train",), 0, batch_size)
        batches = Batches(crops, sampler, generator.fit, RANGES, 0, torch.device("cpu"), 1)
        for step in range(STEPS):
            with clock("read and fit"):
                raw = batches.read(step)
            with clock("augment"):
                batch = batches.finish(raw)
            with clock("forward"):
                made = generator(*batch.given)
            with clock("losses"):
                found = objective.generator(made, batch, None, step)
            with clock("backward"):
                optimiser.zero_grad(set_to_none=True)
                found["loss"].backward()
            with clock("check for NaN"):
                norm = get_total_norm(
                    [p.grad for p in generator.parameters() if p.grad is not None]
                )
                torch.stack([batch.checksum(), found["loss"].detach(), norm]).tolist()
            with clock("Adam"):
                optimiser.step()
            _inside(clock, block, batch)
    _print(clock, batch_size, sum(p.numel() for p in generator.parameters()))


def _inside(clock: Clock, block: dict[str, Any], batch: Batch) -> None:
    """Time again what is already inside the forward pass and the losses."""
    grid = (block["depth"], SIZE // block["stride"], SIZE // block["stride"])
    with clock("of forward: masks"):
        masks = part_masks(batch.source_joints, SIZE, grid, margin_vox=block["margin_vox"])
    with clock("of forward: plan"):
        plan_warp(masks, to_grid(batch.transforms, SIZE, grid))
    with clock("of losses: body"):
        body(batch.target_joints, SIZE)


def _print(clock: Clock, batch: int, parameters: int) -> None:
    times = {name: median(values[WARM:]) for name, values in clock.times.items()}
    total = sum(value for name, value in times.items() if not name.startswith("of "))
    rows = [(name, value, f"{value / total:.1%}") for name, value in times.items()]
    rows.append(("step", total, "100%"))
    lean = [n for n in times if n.startswith("of ") or n in ("read and fit", "augment")]
    around = sum(times[name] for name in lean)
    rows.append(("all but networks, losses, Adam", around, f"{around / total:.1%}"))
    show(f"step of {batch} pairs, {parameters:,} parameters", ("", "CPU ms", "share"), rows)


if __name__ == "__main__":
    main()
