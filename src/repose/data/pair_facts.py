"""What sets the two images of a pair apart: pose, view, scale, and what the source shows."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from repose.parts import part_masks
from repose.skeleton import JOINT, PART

Array = NDArray[np.float64]

SIGHT_GRID = (32, 32, 32)  # (D, H, W) voxels, in which parts hide each other


def pose_distance(source: Array, target: Array, size: int) -> Array:
    """Measure how far the joints are apart, depth included where both have it.

    Args:
        source: (B, 19, 3) crop px; NaN where a joint, or its depth, is missing.
        target: (B, 19, 3) crop px.
        size: Side of the crop, px.

    Returns:
        (B,) mean distance of a joint from itself, over those that both have, as a share of the
        crop's side; NaN where they share none.
    """
    apart = source - target
    apart[..., 2] = np.where(np.isnan(apart[..., 2]), 0, apart[..., 2])
    return _mean_known(np.linalg.norm(apart, axis=-1)) / size


def scale_change(source_px: Array, source_mm: Array, target_px: Array, target_mm: Array) -> Array:
    """Measure by how much larger the person is in the target's image.

    Args:
        source_px: (B, 19, 3) crop px.
        source_mm: (B, 19, 3) mm, camera axes.
        target_px: (B, 19, 3) crop px.
        target_mm: (B, 19, 3) mm.

    Returns:
        (B,) the target's px per mm over the source's; NaN where either has no metric joints.
    """
    change: Array = _px_per_mm(target_px, target_mm) / _px_per_mm(source_px, source_mm)
    return change


def view_change_rad(source_mm: Array, target_mm: Array) -> Array:
    """Measure how far the body turns about the vertical from source to target.

    The body's yaw is that of the sum of its hip and shoulder axes, right to left, in the (x, z)
    plane.

    Args:
        source_mm: (B, 19, 3) mm, camera axes.
        target_mm: (B, 19, 3).

    Returns:
        (B,) radians in [0, pi].
    """
    turn = _yaw(target_mm) - _yaw(source_mm)
    change: Array = np.abs(np.angle(np.exp(1j * turn)))
    return change


def visible_share(source: Array, target: Array, turn_rad: Array, size: int) -> Array:
    """Estimate how much of what the target shows can be seen in the source.

    A part is visible as far as no nearer part covers its projection. Each part counts with its
    visible area in the target; of it the source shows the visible share of the part there over
    the visible share of it here, at most all. For torso and head, whose sides look different,
    times (1 + cos turn) / 2: all from the same side, nothing from the opposite one.

    Args:
        source: (B, 19, 3) crop px.
        target: (B, 19, 3) crop px.
        turn_rad: (B,) from `view_change_rad`.
        size: Side of the crop, px.

    Returns:
        (B,) in [0, 1], of the parts whose joints are there; NaN where the turn is not known.
    """
    wanted, area = _visible(target, size)  # (B, P)
    shown, source_area = _visible(source, size)
    here = wanted / np.maximum(area, 1)
    there = shown / np.maximum(source_area, 1)
    seen = np.minimum(there / np.maximum(here, 1e-6), 1)
    for part in ("torso", "head"):
        seen[:, PART[part]] *= (1 + np.cos(turn_rad)) / 2
    share: Array = (wanted * seen).sum(axis=1) / np.maximum(wanted.sum(axis=1), 1)
    return share


def _yaw(joints_mm: Array) -> Array:
    shoulders, hips = (
        joints_mm[:, JOINT[f"l_{name}"]] - joints_mm[:, JOINT[f"r_{name}"]]
        for name in ("shoulder", "hip")
    )
    axis = shoulders + hips
    yaw: Array = np.arctan2(axis[:, 2], axis[:, 0])
    return yaw


def _mean_known(values: Array) -> Array:
    """Return the mean along the last axis of what is not NaN; NaN where all is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(axis=-1)
    mean: Array = np.where(known.any(axis=-1), total / np.maximum(known.sum(axis=-1), 1), np.nan)
    return mean


def _px_per_mm(joints_px: Array, joints_mm: Array) -> Array:
    """Return the ratio of the spreads along x and y of the joints that both have, (B,)."""
    known = np.asarray(np.isfinite(joints_px[..., :2] + joints_mm[..., :2]).all(axis=-1))
    px, mm = (_spread(joints[..., :2], known) for joints in (joints_px, joints_mm))
    ratio: Array = px / np.where(mm > 0, mm, np.nan)
    return ratio


def _spread(points: Array, known: NDArray[np.bool_]) -> Array:
    """Return the root of the summed squares about the mean of the known points, (B,)."""
    filled = np.where(known[..., None], points, 0)
    mean = filled.sum(axis=1) / np.maximum(known.sum(axis=1), 1)[:, None]
    off = np.where(known[..., None], filled - mean[:, None], 0)
    spread: Array = np.sqrt(np.square(off).sum(axis=(1, 2)))
    return spread


def _visible(joints: Array, size: int) -> tuple[Array, Array]:
    """Count each part's visible and whole projection in pixels of the sight grid, (B, P)."""
    points = torch.from_numpy(np.ascontiguousarray(joints, np.float32))
    masks = part_masks(points, size, SIGHT_GRID)  # (B, P, D, H, W)
    covered = masks.any(dim=2)
    front = _first(masks)  # (B, P, H, W)
    nearest = front.amin(dim=1, keepdim=True)
    visible = covered & (front == nearest)
    counts = (visible.sum(dim=(2, 3)).numpy(), covered.sum(dim=(2, 3)).numpy())
    return counts[0].astype(float), counts[1].astype(float)


def _first(masks: Tensor) -> Tensor:
    """Return the index of the first voxel of each part along z, D where there is none."""
    depth = masks.shape[2]
    return torch.where(masks.any(dim=2), masks.int().argmax(dim=2), depth)
