"""How far an estimator's poses lie from the true ones, over the frames of a data set.

MPJPE and its Procrustes-aligned form are those of Human3.6M's protocols 1 and 2 (Ionescu et al.
2014; Martinez et al. 2017) on our 19 joints; PCKh and AUC those of `metrics.pose`.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from repose.metrics.pose import joint_distances_mm, pckh, pose_auc
from repose.skeleton import JOINT

Array = NDArray[np.float64]


class Posed(NamedTuple):
    """Joints of one person in one picture: (19, 3) px and (19, 3) mm, NaN where missing."""

    px: Array
    mm: Array


class PoseErrors(NamedTuple):
    """Errors over many frames. What is missing is wrong in PCKh and AUC, and left out elsewhere.

    Attributes:
        found: Share of the frames with a pose.
        error_px: Mean distance in the picture, px, over 19 joints.
        pckh: Share of joints within half the head's box.
        mpjpe: Mean distance, mm, after both pelvises are moved to the origin, 18 joints.
        pa_mpjpe: The same after the best similarity of each pose, 19 joints.
        auc: Area under the curve of joints within 0..150 mm, pelvises at the origin.
    """

    found: float
    error_px: float
    pckh: float
    mpjpe: float
    pa_mpjpe: float
    auc: float


def pose_errors(pairs: Iterable[tuple[Posed, Posed]]) -> PoseErrors:
    """Compare poses with the true ones.

    Args:
        pairs: The estimator's pose and the true one, frame by frame.
    """
    rows = [_frame_errors(*pair) for pair in pairs]
    if not rows:
        return PoseErrors(*(float("nan"),) * 6)
    columns = np.array(rows, float).T
    return PoseErrors(*(_mean(column) for column in columns))


def align(points: Array, target: Array) -> Array:
    """Carry points onto a target by the best similarity (Umeyama 1991, eqs. 40-43).

    Args:
        points: (N, 3), not all at one place.
        target: (N, 3).

    Returns:
        (N, 3) the points after it: scaled, turned, never mirrored, and moved.
    """
    middle, aim = points.mean(axis=0), target.mean(axis=0)
    centred, wanted = points - middle, target - aim
    left, sizes, right = np.linalg.svd(wanted.T @ centred)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = left * signs @ right
    scale = (sizes * signs).sum() / max((centred**2).sum(), 1e-12)
    return np.asarray(scale * centred @ rotation.T + aim)


def _frame_errors(found: Posed, true: Posed) -> tuple[float, ...]:
    distances = joint_distances_mm(found.mm[None], true.mm[None])[0]
    seen = bool(np.isfinite(found.px[:, :2]).any())
    metric = np.asarray(np.isfinite(found.mm + true.mm).all(axis=1))
    aligned = float("nan")
    if metric[JOINT["pelvis"]] and metric.sum() > 3:
        moved = align(found.mm[metric], true.mm[metric])
        aligned = float(np.linalg.norm(moved - true.mm[metric], axis=1).mean())
    return (
        float(seen),
        _mean(np.linalg.norm(found.px[:, :2] - true.px[:, :2], axis=1)),
        pckh(found.px[:, :2], true.px[:, :2]),
        _mean(distances[np.isfinite(distances)]),
        aligned,
        pose_auc(distances),
    )


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
