"""The sparse warp against the dense one: time, with and without a prepared plan, and memory."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from benchmarks.people import poses
from benchmarks.timing import Run, alternate, one_thread, peak_mib, show, show_timings
from repose.geometry.plan import WarpPlan, plan_warp
from repose.geometry.warp import warp_parts
from repose.parts import fit_part_transforms, part_masks, to_grid

# pairs, channels, (D, H, W), image size px, rounds
FULL = [(1, 64, (32, 64, 64), 256, 5), (2, 64, (32, 64, 64), 256, 3)]
SMALL = [(2, 16, (16, 32, 32), 256, 15), (8, 16, (16, 16, 16), 64, 15)]
LABELS = ("dense", "sparse", "sparse, plan at hand")


def inputs(pairs: int, channels: int, grid: tuple[int, int, int], size: int) -> list[Tensor]:
    """Return volume, masks, transforms and a gradient for random people."""
    source, target = poses(pairs, 1, size), poses(pairs, 2, size)
    transforms = fit_part_transforms(source, target).source_from_target
    generator = torch.Generator().manual_seed(0)
    volume, gradient = (
        torch.randn(pairs, channels, *grid, generator=generator).contiguous(
            memory_format=torch.channels_last_3d
        )
        for _ in range(2)
    )
    return [volume, part_masks(source, size, grid), to_grid(transforms, size, grid), gradient]


def forward(tensors: list[Tensor], method: str, plan: WarpPlan | None = None) -> Tensor:
    volume, masks, transforms, _ = tensors
    with torch.no_grad():
        return warp_parts(volume, masks, transforms, method=method, plan=plan)


def both(tensors: list[Tensor], method: str, plan: WarpPlan | None = None) -> None:
    volume, masks, transforms, gradient = tensors
    volume = volume.detach().requires_grad_()
    warp_parts(volume, masks, transforms, method=method, plan=plan).backward(gradient)


def prepare(method: str, pairs: int) -> Run:
    """Make one step at full size for the memory figure, after a small one to load libraries."""
    _, channels, grid, size, _ = FULL[0]
    both(inputs(1, 4, (4, 8, 8), 64), method)
    tensors = inputs(pairs, channels, grid, size)
    return partial(both, tensors, method)


def race(
    run: Callable[..., object],
    name: str,
    case: tuple[int, int, tuple[int, int, int], int, int],
) -> None:
    pairs, channels, grid, size, rounds = case
    tensors = inputs(pairs, channels, grid, size)
    plan = plan_warp(tensors[1], tensors[2])
    runs = (
        (partial(run, tensors, "dense"), 1),
        (partial(run, tensors, "sparse"), 1),
        (partial(run, tensors, "sparse", plan), 1),
    )
    depth, height, width = grid
    title = f"{name}, N={pairs} C={channels} {depth}x{height}x{width}"
    show_timings(title, alternate(dict(zip(LABELS, runs, strict=True)), rounds))


def main() -> None:
    one_thread()
    for case in FULL + SMALL:
        race(forward, "forward", case)
        race(both, "forward+backward", case)
    volume_mib = 64 * 32 * 64 * 64 * 4 / 2**20
    rows = [
        (f"{method}, N={pairs}", peak, peak / volume_mib / pairs)
        for pairs in (1, 2)
        for method in ("dense", "sparse")
        for peak in [peak_mib(prepare, method, pairs)]
    ]
    show("Peak memory of forward+backward beyond inputs", ("", "MiB", "volumes"), rows)


if __name__ == "__main__":
    main()
