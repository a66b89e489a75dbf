"""Gaussian joint maps on a volume, and the separable factors that they are products of."""

from typing import NamedTuple

import torch
from torch import Tensor


class Factors(NamedTuple):
    """One Gaussian per joint and axis: z (B, J, D), y (B, J, H), x (B, J, W)."""

    z: Tensor
    y: Tensor
    x: Tensor


def voxel_centres_px(
    size: int, grid: tuple[int, int, int], device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the voxel centres along z, y and x in px; z is 0 in the middle of the volume."""
    z, y, x = (
        (torch.arange(count, device=device, dtype=torch.float32) + 0.5) * (size / count)
        for count in grid
    )
    return z - size / 2, y, x


def heatmap_factors(
    joints: Tensor, size: int, grid: tuple[int, int, int], sigma_px: float
) -> Factors:
    """Evaluate each joint's Gaussian along the three axes at the voxel centres.

    Args:
        joints: (B, J, 3) px (x, y, z); a joint with NaN has an empty map.
        size: Side of the square image, px.
        grid: (D, H, W) of the volume that covers `size` px along each axis.
        sigma_px: Standard deviation, px.

    Returns:
        The factors; the heat map at voxel (z, y, x) of joint j is z[j] y[j] x[j].
    """
    joints = joints.float()
    known = torch.isfinite(joints).all(-1, keepdim=True)  # (B, J, 1)
    clean = torch.where(known, joints, 0.0)
    z, y, x = (
        torch.exp(-0.5 * ((clean[..., axis, None] - centres) / sigma_px).square())
        for axis, centres in zip(
            (2, 1, 0), voxel_centres_px(size, grid, joints.device), strict=True
        )
    )
    return Factors(z, y, x * known)


def heatmaps(joints: Tensor, size: int, grid: tuple[int, int, int], sigma_px: float) -> Tensor:
    """Draw Gaussian joint maps: (B, J, D, H, W), 1 at a joint; arguments as `heatmap_factors`."""
    z, y, x = heatmap_factors(joints, size, grid, sigma_px)
    return z[..., :, None, None] * y[..., None, :, None] * x[..., None, None, :]
