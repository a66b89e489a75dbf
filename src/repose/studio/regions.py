"""Where on the body a rest-space point lies.

In the A-pose all limbs are apart, so parts, skin weights and garment borders are functions of the
rest-space point alone. They are evaluated per visible sample, not per vertex: borders stay sharp
however coarse the mesh is.
"""

import numpy as np
from numpy.typing import NDArray

from repose.skeleton import PART
from repose.studio.rig import ARM_DIRECTION, BONE, BONES, PARENTS, Rest

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

BACKGROUND = 0  # label of no part; part p has label p + 1


def smooth_step(x: Array, low: float, high: float) -> Array:
    """Return 0 below low, 1 above high, and a cubic between that starts and ends level."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def along_arm(points: Array, rest: Rest) -> Array:
    """Return how far along the arm (N,) points lie, in m from the shoulder towards the hand."""
    shoulder = rest.pivots["l_upper_arm"]
    folded = np.abs(points[:, 0]) - shoulder[0]
    return folded * ARM_DIRECTION[0] + (points[:, 1] - shoulder[1]) * ARM_DIRECTION[1]


def outside_armhole(points: Array, rest: Rest) -> Array:
    """Return the signed distance (N,) in m to the seam where the arm leaves the trunk; + is arm.

    The seam falls steeply past the armpit, then leans out so that hips and skirts stay inside.
    """
    shoulder = rest.pivots["l_upper_arm"]
    below = shoulder[1] - points[:, 1]
    seam = shoulder[0] - 0.030 + 0.12 * below + 0.4 * np.maximum(below - 0.10, 0)
    return (np.abs(points[:, 0]) - seam) * 0.95


def below_hip(points: Array, rest: Rest) -> Array:
    """Return the signed distance (N,) in m to the groin crease; + is leg."""
    hip = rest.pivots["l_thigh"]
    below = (hip[1] - 0.035 - points[:, 1]) + 0.3 * (np.abs(points[:, 0]) - hip[0])
    # Hands hang as low: what is near the arm's side of the seam is no leg.
    return np.minimum(below, -2 * outside_armhole(points, rest) - 0.165)


def above_jaw(points: Array, rest: Rest) -> Array:
    """Return the signed distance (N,) in m to the plane below jaw and skull; + is head."""
    head = rest.pivots["head"]
    return points[:, 1] - head[1] + 0.45 * (points[:, 2] - 0.02)


def above_neck(points: Array, rest: Rest) -> Array:
    """Return the signed distance (N,) in m to the base of the neck; + is neck and head."""
    return points[:, 1] - rest.pivots["neck"][1] - 0.012


def part_labels(points: Array, hair: Mask, rest: Rest) -> NDArray[np.uint8]:
    """Label points with their part.

    Args:
        points: (N, 3) rest-space points in m.
        hair: (N,) bool, true on hair, which belongs to the head wherever it hangs.
        rest: The A-pose.

    Returns:
        (N,) labels: 1 + the part's index.
    """
    labels = np.full(len(points), PART["torso"] + 1, np.uint8)
    left = points[:, 0] > 0
    labels[hair | (above_neck(points, rest) > 0)] = PART["head"] + 1
    knee = rest.pivots["l_shin"][1]
    elbow = np.linalg.norm(rest.pivots["l_forearm"] - rest.pivots["l_upper_arm"])
    arm = outside_armhole(points, rest) > 0
    leg = below_hip(points, rest) > 0
    limbs = (
        ("upper_arm", arm),
        ("forearm", arm & (along_arm(points, rest) > elbow)),
        ("thigh", leg),
        ("shin", leg & (points[:, 1] < knee)),
    )
    for name, inside in limbs:
        labels[inside & left & ~hair] = PART[f"l_{name}"] + 1
        labels[inside & ~left & ~hair] = PART[f"r_{name}"] + 1
    return labels


def skin_weights(points: Array, hair: Array, rest: Rest, leg_blend_m: float) -> Array:
    """Bind points to bones and helper bones.

    The weight runs down the tree of bones. Where a bone begins, with u rising from 0 to 1 across
    its joint, the parent keeps (1 - u)^2, the helper gets 2u(1 - u) and the bone u^2: a quadratic
    Bernstein blend of no, half and full rotation.

    Args:
        points: (N, 3) rest-space points in m.
        hair: (N,) signed distance in m; + on hair, which hangs from the head.
        rest: The A-pose.
        leg_blend_m: Half width of the blend between left and right leg: small for trousers, wide
            for the one tube of a skirt.

    Returns:
        (N, 2 bones) weights that sum to 1.
    """
    weights = np.zeros((len(points), 2 * len(BONES)), np.float32)
    weights[:, BONE["pelvis"]] = 1
    arriving: dict[str, Array] = {
        "pelvis": np.ones(len(points), np.float32)
    }  # before children take their part
    for name, (distance, half_width, share) in _bone_borders(
        points, hair, rest, leg_blend_m
    ).items():
        u = smooth_step(distance, -half_width, half_width)
        given = arriving[PARENTS[name]] * share
        arriving[name] = given * u**2
        weights[:, BONE[PARENTS[name]]] -= given * (1 - (1 - u) ** 2)
        weights[:, len(BONES) + BONE[name]] = given * 2 * u * (1 - u)
        weights[:, BONE[name]] = arriving[name]
    return weights


def _bone_borders(
    points: Array, hair: Array, rest: Rest, leg_blend_m: float
) -> dict[str, tuple[Array, float, Array]]:
    """Return per bone its signed distance, the half width of its blend, and its share."""
    pivots, height = rest.pivots, points[:, 1]
    one: Array = np.ones(len(points), np.float32)
    hanging = 0.10 * smooth_step(hair, -0.005, 0.005)
    neck = above_neck(points, rest) + hanging
    middle = 1 - smooth_step(np.abs(points[:, 0]), 0.06, 0.12) * smooth_step(-neck, -0.06, -0.02)
    armhole = outside_armhole(points, rest)
    borders: dict[str, tuple[Array, float, Array]] = {
        # An arm hangs below the waist, but not on it.
        "spine": (np.maximum(height - pivots["spine"][1], 2 * armhole), 0.09, one),
        "chest": (np.maximum(height - pivots["chest"][1], 2 * armhole), 0.08, one),
        "neck": (neck, 0.045, middle),
        "head": (above_jaw(points, rest) + hanging, 0.03, one),
    }
    girdle = np.minimum(np.abs(points[:, 0]) - 0.075, height - pivots["l_upper_arm"][1] + 0.14)
    girdle = np.maximum(girdle, armhole + 0.03)  # the whole arm hangs on it
    arm = along_arm(points, rest)
    elbow = np.linalg.norm(pivots["l_forearm"] - pivots["l_upper_arm"])
    wrist = np.linalg.norm(pivots["l_hand"] - pivots["l_upper_arm"])
    hip = below_hip(points, rest)
    for side, sign in (("l", 1.0), ("r", -1.0)):
        across = sign * points[:, 0]
        here = smooth_step(across, -0.02, 0.02) * (1 - middle)
        leg = smooth_step(across, -leg_blend_m, leg_blend_m)
        borders[f"{side}_collar"] = (girdle, 0.07, here)
        borders[f"{side}_upper_arm"] = (armhole, 0.055, one)
        borders[f"{side}_forearm"] = (arm - elbow, 0.045, one)
        borders[f"{side}_hand"] = (arm - wrist - 0.005, 0.025, one)
        borders[f"{side}_thigh"] = (hip, 0.075, leg)
        borders[f"{side}_shin"] = (pivots["l_shin"][1] - height, 0.055, one)
        borders[f"{side}_foot"] = (pivots["l_foot"][1] + 0.01 - height, 0.03, one)
    return borders
