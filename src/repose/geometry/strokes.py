"""Thick line segments and filled polygons as masks of pixels, batched."""

import torch
from torch import Tensor


def pixel_centres(size: int, like: Tensor) -> Tensor:
    """Return the centres of a row of `size` pixels, (S,) px, of the type and device of `like`."""
    return torch.arange(size, dtype=like.dtype, device=like.device) + 0.5


def segment_nearness(start: Tensor, end: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Find the point of line segments that is nearest to each pixel's centre.

    Along and across a segment, a pixel's place is the sum of a term per column and a term per row.

    Args:
        start: (B, K, 2) px (x, y).
        end: (B, K, 2) px. A segment of length zero is a point; one with NaN in either end is
            infinitely far.
        size: Side S of the square image, px.

    Returns:
        The squared distance of that point (B, K, S, S), px^2, and where it lies on the segment
        (B, K, S, S): 0 at the start, 1 at the end. Both are indexed [y, x].
    """
    known = torch.isfinite(start).all(-1) & torch.isfinite(end).all(-1)  # (B, K)
    start, end = (torch.where(known[..., None], point, 0.0) for point in (start, end))
    reach = end - start
    length = reach.norm(dim=-1, keepdim=True)
    # A point has no direction: any will do, and all of the way counts as beyond its end.
    d = torch.where(length > 0, reach / torch.where(length > 0, length, 1.0), 1 / 2**0.5)
    centres = pixel_centres(size, start)
    x, y = (centres - start[..., axis, None] for axis in (0, 1))  # (B, K, S)
    dx, dy = d[..., :1], d[..., 1:]
    along = (dx * x)[..., None, :] + (dy * y)[..., :, None]
    across = (-dy * x)[..., None, :] + (dx * y)[..., :, None]
    length = length[..., None]
    nearest = along.clamp(min=0).minimum(length)
    squared = (along - nearest).square_() + across.square_()
    squared.masked_fill_(~known[..., None, None], torch.inf)
    return squared, nearest / torch.where(length > 0, length, 1.0)


def strokes(start: Tensor, end: Tensor, width_px: Tensor | float, size: int) -> Tensor:
    """Mark the pixels whose centre lies within half a width of line segments, round at the ends.

    Args:
        start: (B, K, 2) px (x, y).
        end: (B, K, 2) px; a segment with NaN in either end, or of NaN width, marks nothing.
        width_px: Full width of all, or of each (B, K).
        size: Side S of the square image, px.

    Returns:
        (B, K, S, S) bool.
    """
    squared, _ = segment_nearness(start, end, size)
    if isinstance(width_px, Tensor):
        width_px = width_px[..., None, None]
    return squared <= (width_px / 2) ** 2


def polygons(corners: Tensor, size: int) -> Tensor:
    """Mark the pixels whose centre lies in polygons, by the parity of crossings to its left.

    Where a polygon crosses itself, what it winds round twice counts as outside (the even-odd
    rule).

    Args:
        corners: (B, K, N, 2) px (x, y) in order; a polygon with NaN in any corner marks nothing.
        size: Side S of the square image, px.

    Returns:
        (B, K, S, S) bool.
    """
    known = torch.isfinite(corners).all(-1).all(-1)  # (B, K)
    corners = torch.where(known[..., None, None], corners, 0.0)
    centres = pixel_centres(size, corners)
    inside = torch.zeros(*known.shape, size, size, dtype=torch.bool, device=corners.device)
    for one, other in zip(corners.unbind(2), corners.roll(-1, 2).unbind(2), strict=True):
        (x0, y0), (x1, y1) = (point[..., None].unbind(-2) for point in (one, other))  # (B, K, 1)
        spans = (y0 > centres) != (y1 > centres)  # (B, K, S): rows that the edge crosses
        slope = (x1 - x0) / torch.where(y1 == y0, 1.0, y1 - y0)
        where = torch.where(spans, x0 + (centres - y0) * slope, torch.inf)
        inside ^= where[..., None] <= centres
    return inside
