"""The Helmert transform (scale, rotation, shift) between matching points, in closed form."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

# Points that lie this close together (in their own unit, px in Repose) count as one point.
ONE_POINT = 1e-3
# Below this ratio of singular values the points fix no rotation about their common line.
ON_A_LINE = 1e-6


class Fit(NamedTuple):
    """A batch of fitted transforms.

    Attributes:
        source_from_target: (..., n, n) homogeneous matrices.
        residual: (...) root mean square distance of the moved target points from the source; NaN
            where no point is in both sets.
        degenerate: (...) bool, True where the points did not fix the transform and a rule did.
    """

    source_from_target: Tensor
    residual: Tensor
    degenerate: Tensor


class Centred(NamedTuple):
    """Matching points about their weighted means; missing points have weight 0."""

    source: Tensor
    target: Tensor
    source_mean: Tensor
    target_mean: Tensor
    weights: Tensor
    missing: Tensor
    one_point: Tensor


def centre(source: Tensor, target: Tensor, weights: Tensor | None) -> Centred:
    """Centre two (..., N, n) point sets in float64; a point not finite in either is missing."""
    finite = torch.isfinite(source).all(-1) & torch.isfinite(target).all(-1)  # (..., N)
    share = finite.double() if weights is None else weights.double() * finite
    total = share.sum(-1, keepdim=True)
    share = share / torch.where(total > 0, total, torch.ones_like(total))
    moved = []
    for points in (source, target):
        known = torch.where(finite[..., None], points.double(), 0.0)
        mean = (share[..., None] * known).sum(-2, keepdim=True)
        moved.append((known - mean, mean[..., 0, :]))
    (s, s_mean), (t, t_mean) = moved
    spreads = [(share * x.square().sum(-1)).sum(-1) for x in (s, t)]
    one_point = torch.minimum(*spreads) <= ONE_POINT**2
    return Centred(s, t, s_mean, t_mean, share, total[..., 0] <= 0, one_point)


def finish(points: Centred, linear: Tensor, degenerate: Tensor, dtype: torch.dtype) -> Fit:
    """Build the homogeneous matrices and residuals of centred points and their linear maps."""
    n = linear.shape[-1]
    unit = torch.eye(n, dtype=linear.dtype, device=linear.device)
    linear = torch.where((points.one_point | points.missing)[..., None, None], unit, linear)
    matrix = torch.zeros(*linear.shape[:-2], n + 1, n + 1, dtype=dtype, device=linear.device)
    matrix[..., :n, :n] = linear
    moved_mean = (linear @ points.target_mean[..., None])[..., 0]
    matrix[..., :n, n] = points.source_mean - moved_mean
    matrix[..., n, n] = 1
    off = points.source - points.target @ linear.mT
    residual = (points.weights * off.square().sum(-1)).sum(-1).sqrt()
    residual = torch.where(points.missing, torch.nan, residual)  # nothing was fitted
    return Fit(matrix, residual.to(dtype), degenerate | points.one_point | points.missing)


def fit_helmert(
    source: Tensor,
    target: Tensor,
    weights: Tensor | None = None,
    *,
    allow_reflections: bool = False,
) -> Fit:
    """Fit the Helmert transform that best carries target onto source.

    Closed-form least squares over N matching points (Umeyama 1991, eqs. 40-43), in float64. The
    rotation is always proper (det > 0). Where the points do not fix it, a rule does, in order:

    - *missing*: no point is finite in both sets: the identity;
    - *one point*: the points of a set coincide: a pure shift of the mean;
    - *shortest arc*: the points lie on a line, or are a mirror image that leaves the roll open:
      the smallest turn that carries the line's direction over.

    Args:
        source: (..., N, 3) points (x, y, z); NaN marks a missing point.
        target: (..., N, 3) the same points in the other pose.
        weights: (..., N) non-negative weight of each point; equal when None.
        allow_reflections: Reproduce Knoche et al. 2020, which lacks the sign correction: float32,
            numpy, one fit after the other; about half of three-point fits are mirror images.

    Returns:
        The fit; its matrices are (..., 4, 4) `source_from_target`.
    """
    if allow_reflections:
        return _fit_as_published(source, target, weights)
    points = centre(source, target, weights)
    covariance = (points.target * points.weights[..., None]).mT @ points.source
    rotation, open_roll = _best_rotation(covariance)
    spread = (points.weights * points.target.square().sum(-1)).sum(-1)
    spread = torch.where(points.one_point, 1.0, spread)
    scale = (rotation * covariance.mT).sum((-1, -2)) / spread  # trace(R C) / target's variance
    return finish(points, scale[..., None, None] * rotation, open_roll, target.dtype)


def _best_rotation(covariance: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rotation R with the largest trace(R C), and whether the shortest arc chose it."""
    u, size, vt = torch.linalg.svd(covariance)
    signs = torch.ones_like(size)
    signs[..., 2] = torch.linalg.det(u) * torch.linalg.det(vt)
    size = size * signs
    rotation = (vt.mT * signs[..., None, :]) @ u.mT
    open_roll = size[..., 1] + size[..., 2] <= ON_A_LINE * size[..., 0]
    arc = shortest_arc(u[..., :, 0], vt[..., 0, :])
    return torch.where(open_roll[..., None, None], arc, rotation), open_roll


def shortest_arc(start: Tensor, end: Tensor) -> Tensor:
    """Build the smallest rotation that carries one unit vector onto another.

    A half-turn, whose axis is free, goes about the camera axis made perpendicular to `start`
    (about y when `start` is the camera axis itself), so it stays in the image plane.

    Args:
        start: (..., 3) unit vectors.
        end: (..., 3) unit vectors.

    Returns:
        (..., 3, 3) rotations.
    """
    unit = torch.eye(3, dtype=start.dtype, device=start.device)
    cosine = (start * end).sum(-1)[..., None, None]
    axis = torch.linalg.cross(start, end)
    zero = torch.zeros_like(axis[..., 0])
    x, y, z = axis.unbind(-1)
    spin = torch.stack((zero, -z, y, z, zero, -x, -y, x, zero), -1).unflatten(-1, (3, 3))
    opposite = cosine < -1 + 1e-9
    turn = unit + spin + spin @ spin / torch.where(opposite, 1.0, 1 + cosine)
    along = (start[..., 2].abs() > 1 - 1e-6)[..., None]
    pole = torch.where(along, unit[1], unit[2])
    pole = pole - (pole * start).sum(-1, keepdim=True) * start
    pole = pole / pole.norm(dim=-1, keepdim=True)
    return torch.where(opposite, 2 * pole[..., :, None] * pole[..., None, :] - unit, turn)


def _fit_as_published(source: Tensor, target: Tensor, weights: Tensor | None) -> Fit:
    """Fit one by one as the original code does: the sign of the rotation is left to LAPACK."""
    points = centre(source, target, weights)
    shape = target.shape[:-2]
    used = (points.weights > 0).reshape(-1, target.shape[-2]).cpu().numpy()
    pairs = [x.reshape(-1, *x.shape[-2:]).float().cpu().numpy() for x in (source, target)]
    linear = np.stack(
        [_published_linear(s[k], t[k]) for s, t, k in zip(*pairs, used, strict=True)]
    )
    matrices = torch.from_numpy(linear).to(target.device).double().reshape(*shape, 3, 3)
    return finish(points, matrices, torch.zeros_like(points.missing), target.dtype)


def _published_linear(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return d R of Knoche et al. 2020: R = V U^T, d = trace(s R t^T) / trace(t t^T)."""
    if not len(source):
        return np.eye(3, dtype=np.float32)
    s, t = source - source.mean(0), target - target.mean(0)
    u, _, vt = np.linalg.svd(t.T @ s)
    rotation = vt.T @ u.T
    return np.trace(s @ rotation @ t.T) / max(np.trace(t @ t.T), np.float32(1e-12)) * rotation
