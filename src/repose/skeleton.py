"""The one table of joints and body parts, and how other joint sets convert into it.

The canonical skeleton has 19 joints (the CMU Panoptic set, as in Knoche et al. 2020) and ten
rigid parts. Left and right are the person's own. Every other joint set comes in through
`convert`; a joint that a set lacks is derived by one of the rules in `RULES` or is missing (NaN,
score 0), never silently zero.
"""

import numpy as np
from numpy.typing import NDArray

from repose.errors import ReposeError, nearest

JOINTS = (
    "neck",
    "nose",
    "l_shoulder",
    "l_elbow",
    "l_wrist",
    "l_hip",
    "l_knee",
    "l_ankle",
    "r_shoulder",
    "r_elbow",
    "r_wrist",
    "r_hip",
    "r_knee",
    "r_ankle",
    "l_eye",
    "l_ear",
    "r_eye",
    "r_ear",
    "pelvis",
)
JOINT = {name: index for index, name in enumerate(JOINTS)}

PARTS = (
    "torso",
    "head",
    "l_upper_arm",
    "l_forearm",
    "r_upper_arm",
    "r_forearm",
    "l_thigh",
    "l_shin",
    "r_thigh",
    "r_shin",
)
PART = {name: index for index, name in enumerate(PARTS)}

BONES = (
    ("nose", "neck"),
    ("neck", "pelvis"),
    ("neck", "l_shoulder"),
    ("l_shoulder", "l_elbow"),
    ("l_elbow", "l_wrist"),
    ("neck", "r_shoulder"),
    ("r_shoulder", "r_elbow"),
    ("r_elbow", "r_wrist"),
    ("pelvis", "l_hip"),
    ("l_hip", "l_knee"),
    ("l_knee", "l_ankle"),
    ("pelvis", "r_hip"),
    ("r_hip", "r_knee"),
    ("r_knee", "r_ankle"),
    ("l_ear", "l_eye"),
    ("l_eye", "nose"),
    ("r_ear", "r_eye"),
    ("r_eye", "nose"),
)
EDGES = tuple((JOINT[a], JOINT[b]) for a, b in BONES)


def mirror_name(name: str) -> str:
    """Return the name of the joint or part on the other side: l_ and r_ change places."""
    side, _, rest = name.partition("_")
    return {"l": f"r_{rest}", "r": f"l_{rest}"}.get(side, name)


FLIP = tuple(JOINT[mirror_name(name)] for name in JOINTS)
FLIP_PARTS = tuple(PART[mirror_name(name)] for name in PARTS)

_LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")


def _side(side: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for name in names)


def _sides(order: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for name in names for side in order)


JOINT_SETS: dict[str, tuple[str, ...]] = {
    "repose19": JOINTS,
    "coco17": ("nose", *_sides("lr", ("eye", "ear", *_LIMBS))),
    # A joint of the face, hands and feet that nothing here uses keeps its place as "-".
    "blazepose33": (
        "nose",
        *("-", "l_eye", "-", "-", "r_eye", "-", "l_ear", "r_ear", "-", "-"),
        *_sides("lr", ("shoulder", "elbow", "wrist")),
        *("-",) * 6,
        *_sides("lr", ("hip", "knee", "ankle")),
        *("-",) * 4,
    ),
    "openpose18": (
        *("nose", "neck"),
        *_side("r", ("shoulder", "elbow", "wrist")),
        *_side("l", ("shoulder", "elbow", "wrist")),
        *_side("r", ("hip", "knee", "ankle")),
        *_side("l", ("hip", "knee", "ankle")),
        *_sides("rl", ("eye", "ear")),
    ),
    # Index 7, the thorax, lies between the shoulders: the neck here. The upper neck (8) and the
    # top of the head (9) are neither neck nor nose.
    "mpii16": (
        *("r_ankle", "r_knee", "r_hip", "l_hip", "l_knee", "l_ankle"),
        *("pelvis", "neck", "-", "-"),
        *("r_wrist", "r_elbow", "r_shoulder", "l_shoulder", "l_elbow", "l_wrist"),
    ),
    # Balakrishnan et al. (2018): without MPII's pelvis and thorax; 0 is the top of the head and 1
    # the upper neck, so that the neck comes from the shoulders.
    "mpii14": (
        *("-", "-"),
        *_side("r", ("shoulder", "elbow", "wrist")),
        *_side("l", ("shoulder", "elbow", "wrist")),
        *_side("r", ("hip", "knee", "ankle")),
        *_side("l", ("hip", "knee", "ankle")),
    ),
    # VGG YouTube Pose: 0 is the middle of the head, which is not the nose.
    "youtube7": ("-", *_sides("rl", ("wrist", "elbow", "shoulder"))),
    # Human3.6M as recorded: toes, thumbs, ends and doubled joints have no place here. 13 is the
    # thorax, between the shoulders; 14, called neck base or nose, is where mmpose and MotionBERT
    # put COCO's nose when they lift; 15 is the top of the head.
    "h36m32": (
        *("pelvis", *_side("r", ("hip", "knee", "ankle")), "-", "-"),
        *(*_side("l", ("hip", "knee", "ankle")), "-", "-"),
        *("-", "-", "neck", "nose", "-"),
        *("-", *_side("l", ("shoulder", "elbow", "wrist")), *("-",) * 4),
        *("-", *_side("r", ("shoulder", "elbow", "wrist")), *("-",) * 4),
    ),
}

# COCO's 17 and more. Halpe has neck and pelvis of its own; the other is the top of the head. The
# whole body adds 6 points of the feet, 68 of the face and 21 of each hand.
JOINT_SETS["halpe26"] = (*JOINT_SETS["coco17"], "-", "neck", "pelvis", *("-",) * 6)
JOINT_SETS["coco_wholebody133"] = (*JOINT_SETS["coco17"], *("-",) * 116)

# Which of Human3.6M's 32 joints are the 17 that move, in the order of "h36m17": pelvis, legs,
# spine, thorax, nose, top of the head, arms.
H36M17_FROM_32 = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
JOINT_SETS["h36m17"] = tuple(JOINT_SETS["h36m32"][index] for index in H36M17_FROM_32)

# How to derive a joint that a set lacks: the mean of two that it has.
RULES: dict[str, tuple[str, str]] = {
    "neck": ("l_shoulder", "r_shoulder"),
    "pelvis": ("l_hip", "r_hip"),
}


def convert(
    points: NDArray[np.floating], scores: NDArray[np.floating], from_set: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Convert joints of another set into the canonical 19.

    Args:
        points: (..., K, C) joints in any unit and frame, in the order of `JOINT_SETS[from_set]`.
        scores: (..., K) confidence of each.
        from_set: A key of `JOINT_SETS`.

    Returns:
        (..., 19, C) joints and (..., 19) scores. A derived joint is the mean of its two
        sources with the lower of their scores; a joint that cannot be derived is NaN with score 0.

    Raises:
        ReposeError: unknown-joint-set, or wrong-shape when K is not the set's number of joints.
    """
    if from_set not in JOINT_SETS:
        raise ReposeError(
            "unknown-joint-set", f"no joint set '{from_set}'", mend=nearest(from_set, JOINT_SETS)
        )
    names = JOINT_SETS[from_set]
    if points.shape[-2] != len(names) or scores.shape[-1] != len(names):
        raise ReposeError(
            "wrong-shape",
            f"{from_set} has {len(names)} joints, not {points.shape} with scores {scores.shape}",
        )
    where = {name: index for index, name in enumerate(names)}
    joints = np.full((*points.shape[:-2], len(JOINTS), points.shape[-1]), np.nan, np.float32)
    joint_scores = np.zeros(joints.shape[:-1], np.float32)
    for index, name in enumerate(JOINTS):
        if name in where:
            joints[..., index, :] = points[..., where[name], :]
            joint_scores[..., index] = scores[..., where[name]]
        elif name in RULES and all(source in where for source in RULES[name]):
            a, b = (where[source] for source in RULES[name])
            joints[..., index, :] = (points[..., a, :] + points[..., b, :]) / 2
            joint_scores[..., index] = np.minimum(scores[..., a], scores[..., b])
    return joints, joint_scores
