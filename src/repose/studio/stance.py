"""Angles to posed bones, with the feet on the floor."""

import numpy as np
from numpy.typing import NDArray

from repose.studio.movements import ANGLE, Angles
from repose.studio.rig import BONE, BONES, Rest, carry_joints, place_bones

Array = NDArray[np.floating]

_MIRROR = np.diag([-1.0, 1.0, 1.0])
_SOFT_M = 0.008  # softness of the lowest sole
_SHARE_M = 0.025  # a foot this much higher than the other bears 1/e of its weight


def stand(rest: Rest, height: float, angles: Angles) -> tuple[Array, Array]:
    """Pose a person.

    The lower foot stands on the floor and stays where it is; so the body moves over it.

    Args:
        rest: The A-pose.
        height: Size of the person beside rest space.
        angles: (T, angles) in rad.

    Returns:
        (T, 2 bones, 4, 4) `world_from_rest`, and (T, 19, 3) joints in world m. The world has its
        origin on the floor in the middle of the feet of the A-pose, x, y, z as in rest space.
    """
    turns = bone_turns(angles)
    heading = _turn_y(_column(angles, "yaw"))
    root = np.zeros((len(angles), 4, 4))
    root[:, 3, 3] = 1
    tilt = _turn_z(_column(angles, "roll")) @ _turn_x(_column(angles, "lean"))
    root[:, :3, :3] = height * heading @ tilt
    bones = place_bones(rest, turns, root)
    shift = _step_on_floor(rest, height, bones, heading)
    bones[:, :, :3, 3] += shift[:, None]
    return bones, carry_joints(rest, bones)


def bone_turns(angles: Angles) -> Array:
    """Turn angles (T, angles) into each bone's turn against its parent (T, bones, 3, 3)."""
    turns = np.tile(np.eye(3), (len(angles), len(BONES), 1, 1))

    def bend(share: float, forward: str, side: str, twist: str) -> Array:
        return (
            _turn_y(share * _column(angles, twist))
            @ _turn_z(-share * _column(angles, side))
            @ _turn_x(share * _column(angles, forward))
        )

    turns[:, BONE["spine"]] = turns[:, BONE["chest"]] = bend(
        0.5, "bend", "side_bend", "spine_twist"
    )
    turns[:, BONE["neck"]] = bend(0.4, "nod", "tilt", "look")
    turns[:, BONE["head"]] = bend(0.6, "nod", "tilt", "look")
    squat = _column(angles, "squat")
    for side in "lr":
        arm = _arm_turns(
            *(_column(angles, f"{side}_{n}") for n in ("raise", "swing", "twist", "elbow"))
        )
        lift, spread, out, knee = (
            _column(angles, f"{side}_{n}") for n in ("lift", "spread", "turn_out", "knee")
        )
        leg = _leg_turns(lift + squat, spread, out, knee + 1.9 * squat, squat)
        for bone, turn in (arm | leg).items():
            # The formulas are those of the left side.
            mirrored = turn if side == "l" else _MIRROR @ turn @ _MIRROR
            turns[:, BONE[f"{side}_{bone}"]] = mirrored
    return turns


def _arm_turns(raised: Array, swing: Array, twist: Array, elbow: Array) -> dict[str, Array]:
    hanging = _swing(np.full_like(raised, np.pi / 4), np.zeros_like(raised))  # the A-pose's arm
    # The shoulder girdle follows an arm raised above the horizontal, or swung forward.
    lift = np.clip(0.35 * (raised - np.deg2rad(80)), 0, np.deg2rad(40)) * np.cos(swing)
    forward = 0.15 * np.clip(raised, 0, np.pi / 2) * np.clip(np.sin(swing), 0, 1)
    collar = _turn_z(lift) @ _turn_y(-forward)
    upper = collar.swapaxes(1, 2) @ _swing(raised, swing) @ _turn_y(twist)
    return {
        "collar": collar,
        "upper_arm": upper @ hanging.swapaxes(1, 2),
        "forearm": hanging @ _turn_x(-elbow) @ hanging.swapaxes(1, 2),
    }


def _leg_turns(
    lift: Array, spread: Array, out: Array, knee: Array, squat: Array
) -> dict[str, Array]:
    # A foot that bears weight stays level; a lifted one hangs.
    bearing = np.where((lift < np.deg2rad(40)) | (squat > 0.1), 1.0, 0.3)
    level = np.clip(lift - knee, -np.deg2rad(35), np.deg2rad(20))
    return {
        "thigh": _turn_z(spread) @ _turn_y(out) @ _turn_x(-lift),
        "shin": _turn_x(knee),
        "foot": _turn_x(bearing * level),
    }


def _step_on_floor(rest: Rest, height: float, bones: Array, heading: Array) -> Array:
    """Return the shift (T, 3) that puts the lower sole on the floor, at its place."""
    heights, centres, places = [], [], []
    for side in "lr":
        below = rest.pivots[f"{side}_foot"] * [1, 0, 1]
        sole = below + np.array([[0, 0, -0.06], [0, 0, 0.16]])  # heel and toes
        foot = bones[:, BONE[f"{side}_foot"]]
        points = sole @ foot[:, :3, :3].swapaxes(1, 2) + foot[:, None, :3, 3]  # (T, 2, 3)
        heights.append(points[:, :, 1].min(axis=1))
        centres.append(points.mean(axis=1))
        places.append(height * (heading @ (below + np.array([0, 0, 0.05]))))
    height_of = np.stack(heights, axis=1)  # (T, 2)
    lowest = height_of.min(axis=1, keepdims=True)
    weight = np.exp((lowest - height_of) / _SHARE_M)
    weight /= weight.sum(axis=1, keepdims=True)
    away = np.stack(places, axis=1) - np.stack(centres, axis=1)  # (T, 2, 3)
    shift = (weight[..., None] * away).sum(axis=1)
    soft = np.exp((lowest - height_of) / _SOFT_M).sum(axis=1)
    shift[:, 1] = _SOFT_M * np.log(soft) - lowest[:, 0]
    return shift


def _column(angles: Angles, name: str) -> Array:
    return angles[:, ANGLE[name]]


def _swing(raised: Array, swing: Array) -> Array:
    return _turn_y(-swing) @ _turn_z(raised) @ _turn_y(swing)


def _turn_x(angle: Array) -> Array:
    return _turn(angle, 1, 2)


def _turn_y(angle: Array) -> Array:
    return _turn(angle, 2, 0)


def _turn_z(angle: Array) -> Array:
    return _turn(angle, 0, 1)


def _turn(angle: Array, first: int, second: int) -> Array:
    """Return (T, 3, 3) rotations that turn axis `first` towards axis `second`."""
    matrix = np.tile(np.eye(3), (len(angle), 1, 1))
    matrix[:, first, first] = matrix[:, second, second] = np.cos(angle)
    matrix[:, second, first] = np.sin(angle)
    matrix[:, first, second] = -np.sin(angle)
    return matrix
