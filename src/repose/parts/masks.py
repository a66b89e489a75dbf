"""Part masks: capsules along the bones of a pose."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from repose.geometry.capsules import Capsules, draw_capsules
from repose.geometry.stamps import stamp_line
from repose.parts.points import TORSO
from repose.skeleton import JOINT, JOINTS, PART, PARTS


def capsule_table(joint: Mapping[str, Any]) -> list[tuple[str, Any, Any, float]]:
    """List the capsules of all parts: part, start, end, thickness in torso lengths.

    Args:
        joint: Each joint's position, as any kind of array; the ends are linear in them.
    """
    capsules = []
    for index, one in enumerate(TORSO):
        capsules += [("torso", joint[one], joint[other], 0.3) for other in TORSO[index + 1 :]]
    centre = 0.5 * joint["l_ear"] + 0.5 * joint["r_ear"]
    to_neck = 0.7 * centre + 0.3 * joint["neck"]
    capsules.append(("head", centre - (to_neck - centre), to_neck, 0.5))
    for side in ("l", "r"):
        shoulder, elbow, wrist = (joint[f"{side}_{n}"] for n in ("shoulder", "elbow", "wrist"))
        hip, knee, ankle = (joint[f"{side}_{n}"] for n in ("hip", "knee", "ankle"))
        hand, foot = wrist + 0.2 * (wrist - elbow), ankle + 0.2 * (ankle - knee)
        capsules += [
            (f"{side}_upper_arm", shoulder, elbow, 0.2),
            (f"{side}_forearm", elbow, hand, 0.2),
            (f"{side}_forearm", hand, hand, 0.4),
            (f"{side}_thigh", hip + 0.1 * (hip - shoulder), knee, 0.2),
            (f"{side}_shin", knee, foot, 0.2),
            (f"{side}_shin", foot, foot, 0.4),
        ]
    return capsules


@cache
def _capsule_weights() -> tuple[Tensor, Tensor, Tensor]:
    """Return ends as weights of joints (2, K, 19), thickness (K,) and part (K,)."""
    unit = np.eye(len(JOINTS))
    table = capsule_table({name: unit[index] for name, index in JOINT.items()})
    parts, starts, ends, thickness = zip(*table, strict=True)
    weights = torch.tensor(np.array([starts, ends]), dtype=torch.float32)
    return weights, torch.tensor(thickness), torch.tensor([PART[part] for part in parts])


def part_masks(
    joints: Tensor,
    size: int,
    grid: tuple[int, int, int],
    *,
    compat: bool = False,
    margin_vox: float = 1.0,
) -> Tensor:
    """Mark the voxels of each part by capsules along its bones.

    Args:
        joints: (B, 19, 3) px; a capsule that needs a missing joint is left out, and all are where
            shoulders and hips leave the size of the torso unknown.
        size: Side of the square image, px.
        grid: (D, H, W) of the volume.
        compat: Reproduce the masks of Knoche et al. 2020 bit for bit, with their stamps shifted by
            up to a voxel and lines that stop short (numpy, slower).
        margin_vox: Added to each capsule's radius, voxels (see `draw_capsules`).

    Returns:
        (B, 10, D, H, W) bool.
    """
    if compat:
        stamped = [_stamped(pose, size, grid) for pose in joints.detach().float().cpu().numpy()]
        return torch.from_numpy(np.stack(stamped)).to(joints.device)
    joints = joints.detach().float()
    weights, thickness, part = (t.to(joints.device) for t in _capsule_weights())
    missing = (~torch.isfinite(joints).all(-1)).float()  # (B, 19)
    ends = weights[:, None] @ torch.nan_to_num(joints, posinf=0, neginf=0)  # (2, B, K, 3)
    lacking = (weights != 0).float().sum(0).clamp(max=1) @ missing[..., None]  # (B, K, 1)
    start, end = torch.where(lacking > 0, torch.nan, ends)
    radius = thickness * torso_length(joints)[:, None] / 2
    capsules = Capsules(start, end, radius, part)
    return draw_capsules(capsules, len(PARTS), size, grid, margin_vox)


def torso_length(joints: Tensor) -> Tensor:
    """Return the longer diagonal from shoulder to hip, (B,) px; NaN where one is missing."""
    left, right = (
        (joints[:, JOINT[a]] - joints[:, JOINT[b]]).norm(dim=-1)
        for a, b in (("l_shoulder", "r_hip"), ("r_shoulder", "l_hip"))
    )
    return torch.maximum(left, right)


def _stamped(pose: np.ndarray, size: int, grid: tuple[int, int, int]) -> np.ndarray:
    """Draw one pose (19, 3) as the original does; it puts z = 0 at the front of the volume."""
    depth, height, width = grid
    volumes = np.zeros((len(PARTS), height, width, depth), bool)
    joint = pose[:, [1, 0, 2]]  # y, x, z like the volume's axes
    joint[:, 2] += size / 2
    named = {name: joint[index] for name, index in JOINT.items()}
    diagonals = [
        sum((named[a] - named[b]) ** 2)
        for a, b in (("l_shoulder", "r_hip"), ("r_shoulder", "l_hip"))
    ]
    torso = np.sqrt(max(diagonals))
    counts = (height, width, depth)
    scaled = np.stack([joint[:, axis] / size * n for axis, n in enumerate(counts)], 1)
    for part, start, end, thickness in capsule_table(
        {name: scaled[index] for name, index in JOINT.items()}
    ):
        radii = np.array([thickness * torso * n / size / 2 for n in counts])
        if np.isfinite([*start, *end, *radii]).all():
            stamp_line(volumes[PART[part]], start, end, radii)
    return volumes.transpose(0, 3, 1, 2)


def project(masks: Tensor) -> Tensor:
    """Project volume masks (B, P, D, H, W) along depth: (B, P, H, W), True where any voxel is."""
    return masks.any(2)
