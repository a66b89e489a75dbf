"""The 2D affine transform between matching points, and how transforms follow moved images."""

import torch
from torch import Tensor

from repose.geometry.helmert import Fit, centre, finish

# A point set counts as one line below this ratio of its areas, det(C) / trace(C)^2.
FLAT = 1e-9


def fit_affine(source: Tensor, target: Tensor, weights: Tensor | None = None) -> Fit:
    """Fit the 2D affine map that best carries target onto source, by least squares.

    Ordinary least squares in the source's px. (Knoche et al. 2020 call scikit-image, which
    minimises an algebraic error instead; the two agree where the points fit.)

    Unlike a Helmert fit it may mirror: a person seen from behind is mirrored in the image. Where
    the points do not fix six numbers a rule does, in this order: *missing* (no point in both
    sets): the identity; *one point* (a set coincides): a pure shift; *similarity* (a set lies on
    a line): the best scale, rotation and shift, which a line does fix.

    Args:
        source: (..., N, 2) points (x, y); NaN marks a missing point.
        target: (..., N, 2) the same points in the other pose.
        weights: (..., N) non-negative weight of each point; equal when None.

    Returns:
        The fit; its matrices are (..., 3, 3) `source_from_target`.
    """
    points = centre(source, target, weights)
    weighted = points.target * points.weights[..., None]
    cross = points.source.mT @ weighted  # (..., 2, 2), rows source, columns target
    own = points.target.mT @ weighted
    other = points.source.mT @ (points.source * points.weights[..., None])
    flat = _flatness(own).minimum(_flatness(other)) <= FLAT
    affine = cross @ _inverse(own)
    linear = torch.where(flat[..., None, None], _similarity(cross, own), affine)
    return finish(points, linear, flat, target.dtype)


def compose(moved_source: Tensor, source_from_target: Tensor, moved_target: Tensor) -> Tensor:
    """Carry transforms over to moved images: A_source T A_target^-1, so nothing is fitted again.

    Equal to a new fit on the moved points when both moves are one similarity (a mirror included)
    up to shifts; for affine transforms, when they are any affine map.

    Args:
        moved_source: (..., n, n) the source's move, `moved_from_original`.
        source_from_target: (..., n, n) transforms between the images as they were.
        moved_target: (..., n, n) the target's move.

    Returns:
        (..., n, n) transforms between the moved images; computed in float64.
    """
    moved_from_target = moved_source.double() @ source_from_target.double()
    moved = torch.linalg.solve(moved_target.double(), moved_from_target, left=False)
    return moved.to(source_from_target.dtype)


def _flatness(moments: Tensor) -> Tensor:
    trace = (moments[..., 0, 0] + moments[..., 1, 1]).clamp(min=1e-30)
    return _determinant(moments) / trace**2


def _determinant(matrix: Tensor) -> Tensor:
    return matrix[..., 0, 0] * matrix[..., 1, 1] - matrix[..., 0, 1] * matrix[..., 1, 0]


def _inverse(matrix: Tensor) -> Tensor:
    a, b, c, d = matrix.flatten(-2).unbind(-1)
    area = _determinant(matrix)
    area = torch.where(area == 0, 1.0, area)
    return (torch.stack((d, -b, -c, a), -1) / area[..., None]).unflatten(-1, (2, 2))


def _similarity(cross: Tensor, own: Tensor) -> Tensor:
    """Return the best a + ib as a matrix: the sum of conj(t) s over the sum of |t|^2."""
    spread = own[..., 0, 0] + own[..., 1, 1]
    spread = torch.where(spread == 0, 1.0, spread)
    a = (cross[..., 0, 0] + cross[..., 1, 1]) / spread
    b = (cross[..., 1, 0] - cross[..., 0, 1]) / spread
    return torch.stack((a, -b, b, a), -1).unflatten(-1, (2, 2))
