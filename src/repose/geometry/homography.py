"""Quadrilaterals of an image stretched to squares, batched."""

import torch
import torch.nn.functional as F
from torch import Tensor

# A corner whose depth is less than this share of the first corner's counts as behind the camera.
LEAST_DEPTH = 1e-3


def quad_points(corners: Tensor, side: int, *, half_pixel: bool = False) -> Tensor:
    """Find where the pixels of squares lie in the quadrilaterals that they show.

    The map is the homography from the unit square, in closed form (Heckbert 1989, section 2.2.3).
    A quadrilateral that is not convex has none without points at infinity: then corners are
    interpolated bilinearly, which for a parallelogram is the same. So every point is finite and
    lies in the convex hull of the corners, also where these coincide.

    Args:
        corners: (..., 4, 2) px (x, y): what the square's upper left, upper right, lower right and
            lower left corner show.
        side: Of the squares, px.
        half_pixel: Take the upper left corners of pixels for their centres, in the square and in
            the image, as OpenCV does.

    Returns:
        (..., side, side, 2) px (x, y), indexed [y, x] of the square.
    """
    p0, p1, p2, p3 = corners.unbind(-2)
    bend, one, other = p0 - p1 + p2 - p3, p1 - p2, p3 - p2
    area = _cross(one, other)
    flat = area == 0
    area = torch.where(flat, 1.0, area)
    g, h = _cross(bend, other) / area, _cross(one, bend) / area
    least = torch.stack((1 + g, 1 + h, 1 + g + h), -1).amin(-1)
    convex = ~flat & (least > LEAST_DEPTH)  # NaN and infinity fail, too
    g, h = (torch.where(convex, slope, 0.0)[..., None, None, None] for slope in (g, h))
    bend = torch.where(convex[..., None], 0.0, bend)
    p0, p1, p3, bend = (point[..., None, None, :] for point in (p0, p1, p3, bend))
    at = torch.arange(side, dtype=corners.dtype, device=corners.device)
    at = (at if half_pixel else at + 0.5) / side
    u, v = at[None, :, None], at[:, None, None]
    shown = p0 + u * (p1 * (1 + g) - p0) + v * (p3 * (1 + h) - p0) + u * v * bend
    points = shown / (1 + g * u + h * v)
    return points + 0.5 if half_pixel else points


def crop_quads(image: Tensor, corners: Tensor, side: int, *, half_pixel: bool = False) -> Tensor:
    """Stretch quadrilaterals of an image to squares, bilinearly; beyond the border its colour.

    Args:
        image: (B, C, S, S).
        corners: (B, K, 4, 2) px as in `quad_points`; one with NaN gives zeros.
        side: Of the squares, px.
        half_pixel: As in `quad_points`.

    Returns:
        (B, K, C, side, side) float32.
    """
    known = torch.isfinite(corners).all(-1).all(-1)  # (B, K)
    corners = torch.where(known[..., None, None], corners, 0.0)
    points = quad_points(corners.float(), side, half_pixel=half_pixel)  # (B, K, side, side, 2)
    places = points * (2 / image.shape[-1]) - 1
    squares = F.grid_sample(
        image.float(),
        places.flatten(1, 2),  # one tall image per sample
        mode="bilinear",
        padding_mode="border",
        align_corners=False,
    )
    squares = squares.unflatten(2, (known.shape[1], side)).transpose(1, 2)
    return torch.where(known[:, :, None, None, None], squares, 0.0)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
