"""The warp of the ablation "2D warp": parts move within the image plane, alike at all depths."""

from collections.abc import Collection

import torch
from torch import Tensor
from torch.nn import functional

from repose.geometry.warp import warp_parts
from repose.parts import to_grid


def move_flat(
    volume: Tensor, masks: Tensor, transforms: Tensor, size: int, compat: Collection[str]
) -> Tensor:
    """Move parts within the image plane.

    Args:
        volume: (B, C, 1, H, W).
        masks: (B, P, 1, H, W) bool.
        transforms: (B, P, 3, 3) source_from_target in px.
        size: side of the image in px.
        compat: of the options of `warp3d.COMPAT`: `nearest`, `shift_65`.

    Returns:
        (B, C, 1, H, W), the maximum over parts.
    """
    grid = (1, volume.shape[3], volume.shape[4])
    in_space = torch.eye(4, dtype=transforms.dtype, device=transforms.device)
    in_space = in_space.repeat(*transforms.shape[:2], 1, 1)
    in_space[..., :2, :2] = transforms[..., :2, :2]
    in_space[..., :2, 3] = transforms[..., :2, 2]
    if "shift_65" in compat:
        # Joint coordinates and voxel indices share their origin there: no half pixels.
        source_from_target = in_space
        source_from_target[..., :2, 3] *= (grid[1] + 1) / size
    else:
        source_from_target = to_grid(in_space, size, grid)
    if "nearest" in compat:
        return _move_nearest(volume, masks, source_from_target)
    return warp_parts(volume, masks, source_from_target)


def _move_nearest(volume: Tensor, masks: Tensor, source_from_target: Tensor) -> Tensor:
    """Do as `warp_parts` on one slice, but take the one nearest voxel for each target voxel."""
    height, width = volume.shape[3:]
    rows = torch.arange(height, dtype=volume.dtype, device=volume.device)
    columns = torch.arange(width, dtype=volume.dtype, device=volume.device)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    targets = torch.stack([x, y, torch.zeros_like(x), torch.ones_like(x)], dim=-1)
    # +1 and 2 / size: from voxel indices to grid_sample's [-1, 1] between outer edges.
    scale = torch.tensor([2 / width, 2 / height], dtype=volume.dtype, device=volume.device)
    moved: Tensor | None = None
    for part in range(masks.shape[1]):
        points = torch.einsum("bij,hwj->bhwi", source_from_target[:, part, :2], targets)
        piece = functional.grid_sample(
            (volume * masks[:, part, None])[:, :, 0],
            (points + 0.5) * scale - 1,
            mode="nearest",
            align_corners=False,
        )
        moved = piece if moved is None else torch.maximum(moved, piece)
    assert moved is not None
    return moved[:, :, None]
