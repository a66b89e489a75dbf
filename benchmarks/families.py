"""One training step of each model family: its time, its geometry, its loader, its memory.

    python -m benchmarks.families [config/models.yaml] [seconds]

Geometry is what is worked out of joints: heat maps, masks, priors, fits, plans. Moves are what
carries pixels and features by it, on the way forward. The shares say how much of a step they take.
The plain version does both per sample and in turn, as a loader without thought would
(benchmarks/plain), and then runs the same network. A step is the mean over the phases of a
training. With seconds the last column says how many steps fill them: what config/models.yaml is
balanced by.
"""

import importlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.data import make_crops
from benchmarks.timing import Run, one_thread, peak_mib, show
from repose.data.samples import Crops
from repose.models import build_model
from repose.recipes import network_block, training_block
from repose.stages import train as stage
from repose.staleness import load_config
from repose.training.batches import Batches
from repose.training.learner import Learner
from repose.training.ranks import ALONE
from repose.training.supply import Feed
from repose.training.teaching import build_objective

OVERLAY = "config/models.yaml"
WARM, STEPS = 3, 12
GEOMETRY = ("repose.geometry", "repose.parts")


class Bench:
    """One method, ready to take steps on made crops.

    Args:
        config: The whole config of the graph.
        method: A key of its models.
        folder: Of crops.
        shown: Show the first batches to a generator that sets its weights by them.
    """

    def __init__(
        self, config: dict[str, Any], method: str, folder: Path, *, shown: bool = True
    ) -> None:
        recipe = training_block(config, method) | {"cache_mb": 512.0, "device": "cpu"}
        recipe |= {"splits": ["train"], "features": "random_features"}
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in recipe.items()}
        self.config = stage.Config(**values)
        self.block = network_block(config["models"][method])
        self.crops = Crops([folder], self.config.cache_mb)
        torch.manual_seed(0)
        device = torch.device("cpu")
        model = build_model(self.block, self.crops.size)
        self.networks = networks = stage._networks(model, self.config, device)
        self.batches: Batches = stage._batches(
            self.config, self.crops, networks["generator"], device
        )
        if shown:
            stage.initialise(networks["generator"], self.batches)
        self.schedule = stage._schedule(self.config, networks)
        objective = build_objective(vars(self.config), self.crops, device)
        self.learner = Learner(networks, objective, self.schedule, 1)
        self.learner.begin(self.schedule.phases[-1])
        self.last = self.config.steps - 1  # when all weights have risen
        self.taken = 0  # steps whose geometry was timed

    def steps(self, count: int) -> Iterator[float]:
        """Take steps; give the CPU ms of each, without what reads the batch."""
        feed = Feed(self.batches, range(count), range(1), 1)
        for number in range(count):
            raw = self.batches.read(number)
            began = time.process_time()
            given = self.batches.finish(raw)
            feed.draw = lambda given=given: (given, given)  # type: ignore[method-assign]
            self.learner.learn(feed, self.last, ALONE)
            self.learner.move(1e-5)
            yield 1e3 * (time.process_time() - began)

    def weighed_step(self) -> float:
        """Return the CPU ms of a step, the median of each phase by its share of the steps."""
        ms = 0.0
        for phase in self.schedule.phases:
            length = phase.end - phase.first
            if length < self.config.steps / 100:  # too short to count
                continue
            self.learner.begin(phase)
            times = list(self.steps(WARM + STEPS))
            self.taken += WARM + STEPS
            ms += median(times[WARM:]) * length / self.config.steps
        return ms

    def reading(self, count: int) -> float:
        """Return the CPU ms that reading one sample takes."""
        began = time.process_time()
        for number in range(count):
            self.batches.read(number)
        return 1e3 * (time.process_time() - began) / count / self.config.batch


class Spent:
    """CPU ms in what is worked out of joints, and in what moves pixels or features by it."""

    def __init__(self) -> None:
        self.geometry = self.moves = 0.0
        self._inside: list[str] = []

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function: it counts as a move when it passes gradients on."""

        def run(*args: Any, **options: Any) -> Any:
            learnt = any(isinstance(a, Tensor) and a.requires_grad for a in args)
            kind = "moves" if learnt else "geometry"
            if kind in self._inside or "geometry" in self._inside:
                return function(*args, **options)
            self._inside.append(kind)
            began, before = time.process_time(), self.geometry
            try:
                return function(*args, **options)
            finally:
                self._inside.pop()
                spent = 1e3 * (time.process_time() - began) - (self.geometry - before)
                setattr(self, kind, getattr(self, kind) + spent)

        return run


@contextmanager
def geometry_timed() -> Iterator[Spent]:
    """Time what is called of geometry and parts, plans within moves included."""
    spent = Spent()
    kept: list[tuple[ModuleType, str, Any]] = []
    for module_name, module in list(sys.modules.items()):
        above = module_name.startswith(("repose.models", "repose.training", "repose.losses"))
        for name, value in list(vars(module).items()) if module is not None else ():
            if isinstance(value, type) or not callable(value):
                continue
            made_below = str(getattr(value, "__module__", "")).startswith(GEOMETRY)
            plans = module_name.startswith("repose.geometry") and name.startswith("plan_")
            moves = module_name == "repose.models.posewarp" and name == "warp_layers"
            if (above and made_below) or plans or moves:
                kept.append((module, name, value))
                setattr(module, name, spent.timed(value))
    try:
        yield spent
    finally:
        for module, name, value in kept:
            setattr(module, name, value)


def plain_ms(bench: Bench) -> float:
    """Return the CPU ms that the plain geometry of one batch takes."""
    network = bench.block["network"]
    plain = importlib.import_module(f"benchmarks.plain.{network}")
    rows = bench.batches.sample(0)
    images = bench.crops.images(rows[:, 0]).astype(np.float32) / 127.5 - 1
    joints = [bench.crops.joints[rows[:, end]].astype(np.float64) for end in (0, 1)]
    began = time.process_time()
    for image, source, target in zip(images, *joints, strict=True):
        plain.sample(image, source, target, bench.block, bench.crops.size)
    return 1e3 * (time.process_time() - began)


def peak(overlay: str, method: str, folder: str) -> Run:
    """Return one step, for a process of its own, which has not held more before."""
    bench = Bench(load_config([Path(overlay)]), method, Path(folder), shown=False)
    return lambda: list(bench.steps(1))


def row(overlay: str, config: dict[str, Any], method: str, folder: Path, budget: float) -> list:
    """Measure one method."""
    bench = Bench(config, method, folder)
    generator = bench.networks["generator"]
    count = sum(weight.numel() for weight in generator.parameters())
    with geometry_timed() as spent:
        step = bench.weighed_step()
    geometry, moves = spent.geometry / bench.taken, spent.moves / bench.taken
    reading = bench.reading(8)
    plain = step - geometry - moves + plain_ms(bench)
    whole = step + reading * bench.config.batch
    cells = [method, f"{count / 1e6:.2f} M", bench.config.batch, step]
    cells += [f"{geometry / step:.1%}", f"{moves / step:.1%}", plain, f"{plain / step:.1f}x"]
    cells += [1e3 / reading, peak_mib(peak, overlay, method, str(folder))]
    return [*cells, round(budget * 1e3 / whole)] if budget else cells


def main() -> None:
    """Measure all methods of a config."""
    one_thread()
    overlay = sys.argv[1] if len(sys.argv) > 1 else OVERLAY
    budget = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    config = load_config([Path(overlay)])
    header = ["", "generator", "batch", "step, CPU ms", "geometry", "moves"]
    header += ["plain, ms", "plain / ours"]
    header += ["samples/s/core", "peak MiB", *(["steps"] if budget else [])]
    with tempfile.TemporaryDirectory() as scratch:
        folder = make_crops(Path(scratch) / "crops", config["crops"]["size"])
        rows = [row(overlay, config, name, folder, budget) for name in config["methods"]]
    show(f"training steps of {overlay}, one thread", header, rows)


if __name__ == "__main__":
    main()
