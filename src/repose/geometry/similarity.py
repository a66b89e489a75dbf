"""The 2D similarity (scale, rotation, shift) between matching points, in closed form."""

import torch
from torch import Tensor

from repose.geometry.helmert import Fit, centre, finish

# So much better must a mirror fit, by its squared scale: two points fit a turn as well.
MIRROR_MARGIN = 1.001


def fit_similarity(
    source: Tensor,
    target: Tensor,
    weights: Tensor | None = None,
    *,
    allow_mirrors: bool = False,
) -> Fit:
    """Fit the similarity that best carries target onto source, by least squares.

    With points as complex numbers about their means, s = (a + ib) t has the solution

        a + ib = sum conj(t) s / sum |t|^2

    which two points fit exactly. It turns but never mirrors; points that are mirrored shrink
    instead. Where the points do not fix its four numbers a rule does: *missing* (no point in both
    sets): the identity; *one point* (the points of a set coincide, or only one is in both): a pure
    shift of the mean.

    Args:
        source: (..., N, 2) points (x, y); NaN marks a missing point.
        target: (..., N, 2) the same points in the other pose.
        weights: (..., N) non-negative weight of each point; equal when None.
        allow_mirrors: Take s = (a + ib) conj(t) where it fits better.

    Returns:
        The fit; its matrices are (..., 3, 3) `source_from_target`.
    """
    points = centre(source, target, weights)
    spread = (points.weights * points.target.square().sum(-1)).sum(-1)
    spread = torch.where(points.one_point, 1.0, spread)[..., None]
    unit = points.target.new_tensor([1.0, -1.0])
    a, b = (_times(points.source, points.target * unit, points.weights) / spread).unbind(-1)
    linear = torch.stack((a, -b, b, a), -1)
    if allow_mirrors:
        c, d = (_times(points.source, points.target, points.weights) / spread).unbind(-1)
        better = c * c + d * d > MIRROR_MARGIN * (a * a + b * b)
        linear = torch.where(better[..., None], torch.stack((c, d, d, -c), -1), linear)
    linear = linear.unflatten(-1, (2, 2))
    return finish(points, linear, torch.zeros_like(points.missing), target.dtype)


def _times(one: Tensor, other: Tensor, weights: Tensor) -> Tensor:
    """Add up weighted products (..., 2) of points (..., N, 2) as complex numbers."""
    real = one[..., 0] * other[..., 0] - one[..., 1] * other[..., 1]
    imaginary = one[..., 0] * other[..., 1] + one[..., 1] * other[..., 0]
    return (weights[..., None] * torch.stack((real, imaginary), -1)).sum(-2)


def to_sampling(source_from_target: Tensor, size: int) -> Tensor:
    """Carry transforms of a square image from px to the units of `torch`'s sampling grids.

    Those run from -1 to 1 between the image's outer edges (`align_corners=False`), so they are
    2 px / size - 1 on both sides.

    Args:
        source_from_target: (..., 3, 3) in px.
        size: Side of the image, px.

    Returns:
        (..., 2, 3), as `torch.nn.functional.affine_grid` takes them.
    """
    linear, shift = source_from_target[..., :2, :2], source_from_target[..., :2, 2]
    moved = linear.sum(-1) - 1 + shift * (2 / size)
    return torch.cat((linear, moved[..., None]), -1)
