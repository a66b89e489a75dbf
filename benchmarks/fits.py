"""Part transforms against the straightforward loop, per pair of poses."""

from functools import partial

import numpy as np
from torch import Tensor

from benchmarks import straightforward
from benchmarks.people import poses
from benchmarks.timing import alternate, one_thread, show_timings
from repose.parts import fit_part_affines, fit_part_transforms

ROUNDS = 25


def loop(source: Tensor, target: Tensor) -> list[np.ndarray]:
    pairs = zip(source.numpy(), target.numpy(), strict=True)
    return [straightforward.transforms(a, b) for a, b in pairs]


def main() -> None:
    one_thread()
    source, target = poses(64, 0), poses(64, 1)
    contenders = {
        "loop": (partial(loop, source[:8], target[:8]), 8),
        "Helmert, 64 pairs": (partial(fit_part_transforms, source, target), 64),
        "Helmert, 2 pairs": (partial(fit_part_transforms, source[:2], target[:2]), 2),
        "affine, 64 pairs": (partial(fit_part_affines, source, target), 64),
    }
    show_timings("ten fits", alternate(contenders, ROUNDS), "pair")


if __name__ == "__main__":
    main()
