"""The points of a pose that fix each part's place: in space, and in the image."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from repose.skeleton import JOINT, PARTS

TORSO = ("r_hip", "l_hip", "l_shoulder", "r_shoulder")
HEAD = ("neck", "l_eye", "r_eye", "nose", "l_ear", "r_ear", "l_shoulder", "r_shoulder")

# Limbs as rigid bodies: two ends of the bone, and the joint that tells its roll.
ROLLS = {
    "upper_arm": ("shoulder", "elbow", "wrist"),
    "forearm": ("wrist", "elbow", "shoulder"),
    "thigh": ("hip", "knee", "ankle"),
    "shin": ("ankle", "knee", "hip"),
}
# Limbs as rectangles: root, tip, and by what share of its length the tip is extended.
RECTANGLES = {
    "upper_arm": ("shoulder", "elbow", 0.1),
    "forearm": ("elbow", "wrist", 0.3),
    "thigh": ("hip", "knee", 0.1),
    "shin": ("knee", "ankle", 0.3),
}
ROOT_EXTENSION = 0.1
RECTANGLE_HALF_WIDTH = 0.2  # of the trunk's length
# A bend of less than this (sine of the angle between two bones) tells no roll.
STRAIGHT = 1e-3
LIMBS = PARTS[2:]
POINTS_PER_PART = 8


@cache
def _point_table() -> tuple[Tensor, Tensor]:
    """Return the joints of each part's points (10, 8) and which of them are used (10, 8)."""
    rows = [TORSO, HEAD]
    for limb in LIMBS:
        side, _, name = limb.partition("_")
        rows.append(tuple(f"{side}_{joint}" for joint in ROLLS[name]))
    joints = torch.zeros(len(rows), POINTS_PER_PART, dtype=torch.long)
    used = torch.zeros(len(rows), POINTS_PER_PART)
    for index, row in enumerate(rows):
        joints[index, : len(row)] = torch.tensor([JOINT[name] for name in row])
        used[index, : len(row)] = 1
    return joints, used


def rigid_points(joints: Tensor, *, as_published: bool = False) -> tuple[Tensor, Tensor]:
    """Return the points that fix each part in space, (B, 10, 8, 3) px, and their weights.

    Args:
        joints: (B, 19, 3) px.
        as_published: Take the third point of right limbs on the same side as that of left ones,
            in the original's order of float32 operations: on their rounding hangs which way its
            fits mirror.

    Returns:
        Points, padded, and weights (B, 10, 8): 0 for padding and for a limb's third point where
        the limb is straight.
    """
    table, used = (t.to(joints.device) for t in _point_table())
    points = joints[:, table]
    weights = used.to(joints.dtype).repeat(len(joints), 1, 1)
    a, b, anchor = points[:, 2:, :3].unbind(2)  # (B, 8, 3)
    roll = anchor - b
    across = torch.linalg.cross(b - a, roll)
    area, reach = across.norm(dim=-1, keepdim=True), roll.norm(dim=-1, keepdim=True)
    bent = area > STRAIGHT * reach * (b - a).norm(dim=-1, keepdim=True)
    third = b + across * _sides(joints) / torch.where(bent, area, 1.0) * reach
    if as_published:
        third = _third_as_published(a, b, roll)
    points[:, 2:, 2] = torch.where(bent, third, b)
    weights[:, 2:, 2] = bent[..., 0].to(weights.dtype)
    return points, weights


def _third_as_published(a: Tensor, b: Tensor, roll: Tensor) -> Tensor:
    thirds = []
    flat = [t.detach().float().cpu().reshape(-1, 3).numpy() for t in (a, b, roll)]
    with np.errstate(invalid="ignore", divide="ignore"):  # straight limbs, which do not use it
        for start, end, towards in zip(*flat, strict=True):
            across = np.cross(end - start, towards)
            thirds.append(end + across / np.linalg.norm(across) * np.linalg.norm(towards))
    return torch.from_numpy(np.stack(thirds)).to(a).view(a.shape)


def _sides(like: Tensor) -> Tensor:
    """Return 1 for left and -1 for right limbs, (8, 1)."""
    return like.new_tensor([[1.0] if limb.startswith("l_") else [-1.0] for limb in LIMBS])


def flat_points(joints: Tensor) -> tuple[Tensor, Tensor]:
    """Return the points that fix each part in the image, (B, 10, 8, 2) px, and their weights.

    A limb is a rectangle that reaches a little beyond its bone; its width hangs on the trunk's
    length. Where a bone is a point in the image its rectangle has no direction and no width.
    """
    table, used = (t.to(joints.device) for t in _point_table())
    joints = joints[..., :2]
    points = joints[:, table]
    used = used.to(joints.dtype).repeat(len(joints), 1, 1)
    root, tip, share = _rectangle_table(joints)
    root = root + ROOT_EXTENSION * (root - tip)
    tip = tip + share * (tip - root)
    along = tip - root
    length = along.norm(dim=-1, keepdim=True)
    normal = torch.stack((-along[..., 1], along[..., 0]), -1)
    width = RECTANGLE_HALF_WIDTH * trunk_length(joints)[:, None, None]
    normal = width * normal / torch.where(length > 0, length, 1.0)
    points[:, 2:, :4] = torch.stack((root + normal, root - normal, tip + normal, tip - normal), 2)
    used[:, 2:, 3] = 1
    return points, used


def _rectangle_table(joints: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return root and tip (B, 8, 2) of each limb's bone and its extension (8, 1)."""
    rows = [(limb[:2], *RECTANGLES[limb[2:]]) for limb in LIMBS]
    root = joints[:, [JOINT[side + name] for side, name, _, _ in rows]]
    tip = joints[:, [JOINT[side + name] for side, _, name, _ in rows]]
    return root, tip, joints.new_tensor([[share] for _, _, _, share in rows])


def trunk_length(joints: Tensor) -> Tensor:
    """Return the quadratic mean of the trunk's two sides, (B,) px; NaN where one is missing."""
    left, right = (
        (joints[:, JOINT[f"{side}_hip"], :2] - joints[:, JOINT[f"{side}_shoulder"], :2])
        .square()
        .sum(-1)
        for side in ("l", "r")
    )
    return ((left + right) / 2).sqrt()
