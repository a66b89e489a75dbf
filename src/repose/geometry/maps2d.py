"""Gaussian joint maps in the image plane: one channel per joint."""

import torch
from torch import Tensor


def heatmaps2d(
    points: Tensor,
    size: int,
    grid: tuple[int, int],
    sigma_px: float,
    *,
    outside: bool = True,
) -> Tensor:
    """Draw a Gaussian around each point: 1 at the point, measured at the pixels' centres.

    A Gaussian is the product of one along y and one along x, so it costs (H + W) exponentials and
    not H W.

    Args:
        points: (B, J, 2) px (x, y); more columns are ignored. A point that is not finite is
            missing: its map is empty.
        size: Side of the square image that the grid covers, px.
        grid: (H, W) of the maps; a pixel of theirs is size/H by size/W px.
        sigma_px: Standard deviation, px of the image.
        outside: Draw what reaches into the image from a point outside it, too; without it such a
            map is empty, as in Balakrishnan et al. 2018.

    Returns:
        (B, J, H, W) float32 in [0, 1].
    """
    height, width = grid
    points = points[..., :2].detach().float()
    drawn = torch.isfinite(points).all(-1)
    points = torch.where(drawn[..., None], points, 0.0)
    if not outside:
        drawn &= ((points >= 0) & (points < size)).all(-1)
    columns = (torch.arange(width, device=points.device) + 0.5) * (size / width)
    rows = (torch.arange(height, device=points.device) + 0.5) * (size / height)
    along_x = torch.exp(-0.5 * ((points[..., 0, None] - columns) / sigma_px).square())
    along_y = torch.exp(-0.5 * ((points[..., 1, None] - rows) / sigma_px).square())
    along_x = along_x * drawn[..., None]
    return along_y[..., :, None] * along_x[..., None, :]
