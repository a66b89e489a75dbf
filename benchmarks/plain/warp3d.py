"""What a loader of the plain kind makes for warp3d: part masks by stamps, fits one by one, maps.

And the warp as it is written: a masked copy of the volume per part.
"""

import numpy as np
import torch

from benchmarks import straightforward
from repose.geometry.warp import warp_parts
from repose.parts import to_grid
from repose.skeleton import JOINTS


def heat_maps(pose: np.ndarray, size: int, grid: tuple[int, int, int], sigma: float) -> np.ndarray:
    """Draw one pose, (19, 3) px: (19, D, H, W)."""
    z, y, x = np.meshgrid(
        *((np.arange(count) + 0.5) * size / count for count in grid), indexing="ij"
    )
    drawn = [
        np.exp(-((x - px) ** 2 + (y - py) ** 2 + (z - size / 2 - pz) ** 2) / (2 * sigma**2))
        for px, py, pz in pose[: len(JOINTS)]
    ]
    return np.stack(drawn)


def sample(
    image: np.ndarray, source: np.ndarray, target: np.ndarray, block: dict, size: int
) -> None:
    """Make all that is made of one pair's joints, and move a volume of features forward.

    Args:
        image: (S, S, 3) the source; not used.
        source: (19, 3) px.
        target: (19, 3) px.
        block: The model's block of the config.
        size: Side S of the image, px.
    """
    side = size // block["stride"]
    grid = (block["depth"], side, side)
    heat_maps(target, size, grid, block["sigma_px"])
    masks = torch.from_numpy(straightforward.masks(source, size, grid)[None] > 0)
    moves = torch.from_numpy(straightforward.transforms(source, target)[None]).float()
    volume = torch.zeros(1, block["channels"], *grid)
    warp_parts(volume, masks, to_grid(moves, size, grid), method="dense")
