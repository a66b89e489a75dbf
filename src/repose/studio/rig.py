"""Bones, the A-pose, and forward kinematics."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from repose.skeleton import JOINT, JOINTS
from repose.studio.people import Build

Array = NDArray[np.floating]

_TRUNK = (("pelvis", ""), ("spine", "pelvis"), ("chest", "spine"))
_NECK = (("neck", "chest"), ("head", "neck"))
_LIMBS = (
    ("collar", "chest"),
    ("upper_arm", "collar"),
    ("forearm", "upper_arm"),
    ("hand", "forearm"),
    ("thigh", "pelvis"),
    ("shin", "thigh"),
    ("foot", "shin"),
)
_TRUNK_NAMES = ("pelvis", "spine", "chest")


def _sided(side: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{side}_{bone}", parent if parent in _TRUNK_NAMES else f"{side}_{parent}")
        for bone, parent in _LIMBS
    )


PARENTS = dict(_TRUNK + _NECK + _sided("l") + _sided("r"))
BONES = tuple(PARENTS)
BONE = {name: index for index, name in enumerate(BONES)}

# The pivot of a bone is a joint of the skeleton.
_PIVOT_JOINTS = {
    "upper_arm": "shoulder",
    "forearm": "elbow",
    "hand": "wrist",
    "thigh": "hip",
    "shin": "knee",
    "foot": "ankle",
}
MIRROR = np.array([-1.0, 1.0, 1.0])
ABDUCTION_RAD = np.deg2rad(5.0)  # legs of the A-pose
ARM_DIRECTION = np.array([np.sin(np.pi / 4), -np.cos(np.pi / 4), 0.0])  # left arm of the A-pose


@dataclass(frozen=True)
class Rest:
    """The A-pose.

    Attributes:
        pivots: Bone name to the point (3,) about which it turns, in m.
        joints: (19, 3) joints in m.
        head_scale: Size of the head beside the body.
    """

    pivots: dict[str, Array]
    joints: Array
    head_scale: float

    def head_point(self, x: float, y: float, z: float) -> Array:
        """Return the rest-space point of head coordinates: m from the head's pivot, unscaled."""
        return self.pivots["head"] + self.head_scale * np.array([x, y, z])


def rest_pose(build: Build) -> Rest:
    """Place the bones of a build (sizes as shares of an average adult of 1.75 m)."""
    pivots: dict[str, Array] = {}
    ankle_height, thigh, shin = 0.097, 0.42 * build.legs, 0.405 * build.legs
    hip_height = ankle_height + (thigh + shin) * np.cos(ABDUCTION_RAD)
    neck_height = hip_height + 0.565
    pivots["pelvis"] = np.array([0.0, hip_height, 0.0])
    pivots["spine"] = np.array([0.0, hip_height + 0.15, -0.005])
    pivots["chest"] = np.array([0.0, hip_height + 0.30, -0.015])
    pivots["neck"] = np.array([0.0, neck_height, -0.018])
    pivots["head"] = np.array([0.0, neck_height + 0.078, 0.0])
    down = np.array([np.sin(ABDUCTION_RAD), -np.cos(ABDUCTION_RAD), 0.0])
    left = {"collar": np.array([0.03, neck_height - 0.03, 0.0])}
    left["upper_arm"] = np.array([0.172 * build.shoulders, neck_height - 0.047, -0.012])
    left["forearm"] = left["upper_arm"] + 0.285 * build.arms * ARM_DIRECTION
    left["hand"] = left["forearm"] + 0.25 * build.arms * ARM_DIRECTION
    left["thigh"] = np.array([0.090 * build.hips, hip_height, 0.0])
    left["shin"] = left["thigh"] + thigh * down
    left["foot"] = left["shin"] + shin * down + np.array([0.0, 0.0, -0.02])
    for name, pivot in left.items():
        pivots[f"l_{name}"] = pivot
        pivots[f"r_{name}"] = pivot * MIRROR
    rest = Rest(pivots, np.zeros((len(JOINTS), 3)), build.head)
    rest.joints[:] = _rest_joints(rest)
    return rest


def _rest_joints(rest: Rest) -> Array:
    joints = np.zeros((len(JOINTS), 3))
    joints[JOINT["nose"]] = rest.head_point(0.0, 0.064, 0.100)
    for side, sign in (("l", 1), ("r", -1)):
        joints[JOINT[f"{side}_eye"]] = rest.head_point(sign * 0.032, 0.098, 0.080)
        joints[JOINT[f"{side}_ear"]] = rest.head_point(sign * 0.076, 0.078, -0.003)
        for bone, joint in _PIVOT_JOINTS.items():
            joints[JOINT[f"{side}_{joint}"]] = rest.pivots[f"{side}_{bone}"]
    return _with_middles(joints)


def _with_middles(joints: Array) -> Array:
    """Set neck and pelvis as the pose estimators define them: mid-shoulder and mid-hip."""
    for middle, side in (("neck", "shoulder"), ("pelvis", "hip")):
        pair = joints[..., [JOINT[f"l_{side}"], JOINT[f"r_{side}"]], :]
        joints[..., JOINT[middle], :] = pair.mean(axis=-2)
    return joints


_CARRIERS = np.full(len(JOINTS), BONE["head"])
for _side in "lr":
    for _bone, _joint in _PIVOT_JOINTS.items():
        _CARRIERS[JOINT[f"{_side}_{_joint}"]] = BONE[f"{_side}_{_bone}"]


def place_bones(rest: Rest, rotations: Array, root: Array) -> Array:
    """Run forward kinematics.

    Args:
        rest: The A-pose.
        rotations: (T, bones, 3, 3) each bone's turn against its parent, about its pivot, in the
            axes of rest space.
        root: (T, 4, 4) `world_from_rest` of the pelvis before its own rotation.

    Returns:
        (T, 2 bones, 4, 4) `world_from_rest`: every bone, then every bone's helper, which has made
        half of the bone's turn. Skin bound to a helper keeps its volume where limbs bend.
    """
    count = len(BONES)
    halves = Rotation.from_matrix(rotations.reshape(-1, 3, 3)).as_rotvec() / 2
    half = Rotation.from_rotvec(halves).as_matrix().reshape(rotations.shape)
    world = np.zeros((len(rotations), 2 * count, 4, 4))
    for name, index in BONE.items():
        parent = world[:, BONE[PARENTS[name]]] if PARENTS[name] else root
        for slot, turn in ((index, rotations[:, index]), (count + index, half[:, index])):
            world[:, slot] = parent @ _about(turn, rest.pivots[name])
    return world


def carry_joints(rest: Rest, bones: Array) -> Array:
    """Carry the 19 joints along with posed bones: (T, 2 bones, 4, 4) to (T, 19, 3) world m."""
    carried = bones[:, _CARRIERS]
    joints = np.einsum("tjab,jb->tja", carried[..., :3, :3], rest.joints) + carried[..., :3, 3]
    return _with_middles(joints)


def _about(turn: Array, pivot: Array) -> Array:
    """Return (T, 4, 4) rotations by turn (T, 3, 3) about a pivot (3,)."""
    matrix = np.zeros((len(turn), 4, 4))
    matrix[:, :3, :3] = turn
    matrix[:, :3, 3] = pivot - turn @ pivot
    matrix[:, 3, 3] = 1
    return matrix
