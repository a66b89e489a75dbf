"""Part masks against the straightforward loop, per pose."""

from functools import partial

import numpy as np
from torch import Tensor

from benchmarks import straightforward
from benchmarks.people import poses
from benchmarks.timing import alternate, one_thread, show_timings
from repose.parts import part_masks

SIZE, GRID, ROUNDS = 256, (32, 64, 64), 15
# Each contender draws as many people as take it some milliseconds.
BATCHES = {"loop": 2, "capsules": 16, "capsules, one by one": 16, "stamps (compat)": 8}


def loop(people: Tensor) -> list[np.ndarray]:
    return [straightforward.masks(pose, SIZE, GRID) for pose in people.numpy()]


def one_by_one(people: Tensor) -> list[Tensor]:
    return [part_masks(pose[None], SIZE, GRID) for pose in people]


def main() -> None:
    one_thread()
    people = poses(16, 0, SIZE)
    runs = (
        loop,
        partial(part_masks, size=SIZE, grid=GRID),
        one_by_one,
        partial(part_masks, size=SIZE, grid=GRID, compat=True),
    )
    contenders = {
        name: (partial(run, people[:count]), count)
        for (name, count), run in zip(BATCHES.items(), runs, strict=True)
    }
    show_timings("masks 10x32x64x64", alternate(contenders, ROUNDS), "pose")


if __name__ == "__main__":
    main()
