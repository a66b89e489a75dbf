"""From 2D keypoints and a depth to a pose: the rules that all top-down estimators share.

A lifter trained on Human3.6M gives 17 joints and no eyes and ears, and a single-stage estimator
gives depths in metres beside places in pixels. What is missing comes by one of these rules:

- *turned head*: eyes and ears lie where the picture shows them, as deep as a rigid mean head lies
  when it is turned so that its picture fits the five keypoints of the face;
- *adult scale*: of a person of unknown size, arms, legs and trunk together are as long as a mean
  adult's, which says how many px a mm is.
"""

from dataclasses import dataclass

import numpy as np

from repose.poses.base import TORSO_MM, Array, Pose, px_per_mm
from repose.skeleton import JOINT, JOINTS, convert

COCO = 17  # the body in each of the sets below stands first, in COCO's order
COCO_SETS = {17: "coco17", 26: "halpe26", 133: "coco_wholebody133"}
TRUNK = [JOINT[name] for name in ("l_shoulder", "r_shoulder", "l_hip", "r_hip")]

# A mean adult's head, mm: x to the person's left, y down, z backwards, from the tip of the nose.
# Pupils 63 mm apart (Dodgson 2004), ears 145 mm (bitragion breadth); the rest rounded.
FACE = ("nose", "l_eye", "r_eye", "l_ear", "r_ear")
HEAD_MM = np.array(
    [(0, 0, 0), (31.5, -38, 30), (-31.5, -38, 30), (72.5, -18, 118), (-72.5, -18, 118)]
)
_FACE = [JOINT[name] for name in FACE]

# Lengths of an adult of 1.7 m (Drillis and Contini 1966, shares of the height), mm.
_LIMBS_MM = {
    ("shoulder", "elbow"): 316.0,
    ("elbow", "wrist"): 248.0,
    ("hip", "knee"): 416.0,
    ("knee", "ankle"): 418.0,
}
_BONES = [("neck", "pelvis"), *((f"{s}_{a}", f"{s}_{b}") for s in "lr" for a, b in _LIMBS_MM)]
_STARTS, _ENDS = ([JOINT[bone[i]] for bone in _BONES] for i in (0, 1))
BODY_MM = TORSO_MM + 2 * sum(_LIMBS_MM.values())


@dataclass(frozen=True)
class Keypoints:
    """What an estimator sees of one person in one picture.

    Args:
        points: (K, 2) px, pixel centres at integer + 0.5; K one of `COCO_SETS`.
        scores: (K,) in [0, 1].
        depth_mm: (K,) mm away from the camera, from any origin; None: not known.
    """

    points: Array
    scores: Array
    depth_mm: Array | None = None

    @property
    def trunk_score(self) -> float:
        """The mean score of shoulders and hips, by which a person is found or lost."""
        return float(self.scores[[5, 6, 11, 12]].mean())


def flat_pose(found: Keypoints) -> Pose:
    """Return the pose of an estimator that knows no depth: z and joints_mm are NaN."""
    points, scores = convert(found.points, found.scores, COCO_SETS[len(found.points)])
    unknown = np.full((len(JOINTS), 1), np.nan, np.float32)
    nowhere = np.full((len(JOINTS), 3), np.nan, np.float32)
    return Pose(np.hstack([points, unknown]), nowhere, scores, detected=True)


def lifted_pose(found: Keypoints, lifted_mm: Array) -> Pose:
    """Unite keypoints with the joints that were lifted from them.

    Args:
        found: The keypoints.
        lifted_mm: (17, 3) mm, "h36m17", camera axes, from any origin.

    Returns:
        The pose: x and y px from the keypoints, the rest from the lifted joints; eyes and ears by
        the rule of the turned head.
    """
    points, scores = convert(found.points, found.scores, COCO_SETS[len(found.points)])
    joints_mm, known = convert(lifted_mm, np.ones(len(lifted_mm)), "h36m17")
    joints_mm -= joints_mm[JOINT["pelvis"]]
    limbs = known > 0
    limbs[JOINT["nose"]] = False
    scale = px_per_mm(points[limbs], joints_mm[limbs])
    joints_mm[_FACE] = joints_mm[JOINT["nose"]] + turned_head(
        points[_FACE], scores[_FACE], max(scale, 1e-6)
    )
    joints_px = np.column_stack([points, joints_mm[:, 2] * scale])
    return Pose(joints_px.astype(np.float32), joints_mm, scores, detected=True)


def deep_pose(found: Keypoints) -> Pose:
    """Return the pose of a single-stage estimator, whose size comes by the adult scale."""
    assert found.depth_mm is not None
    known = np.column_stack([found.points, found.depth_mm])
    joints, scores = convert(known, found.scores, COCO_SETS[len(found.points)])
    joints_mm = joints - joints[JOINT["pelvis"]]
    scale = adult_scale(joints_mm)
    joints_mm[:, :2] /= scale
    joints_px = np.column_stack([joints[:, :2], joints_mm[:, 2] * scale])
    return Pose(joints_px.astype(np.float32), joints_mm, scores, detected=True)


def turned_head(points_px: Array, scores: Array, scale: float) -> Array:
    """Place the face by the rule of the turned head (see above).

    The first two rows of the rotation are the orthonormal ones nearest to the linear map that
    best carries the head onto its picture under parallel projection, keypoints weighed by score;
    the third is their cross product, so a head is never mirrored.

    Args:
        points_px: (5, 2) nose, eyes and ears, left before right.
        scores: (5,) weights of the points.
        scale: px per mm of the person.

    Returns:
        (5, 3) mm from the nose, camera axes.
    """
    seen = (points_px - points_px[0]) / scale
    weights = (scores + 1e-6)[:, None]
    middles = [(weights * points).sum(axis=0) / weights.sum() for points in (HEAD_MM, seen)]
    carried = np.linalg.lstsq(
        np.sqrt(weights) * (HEAD_MM - middles[0]), np.sqrt(weights) * (seen - middles[1])
    )[0].T  # (2, 3)
    left, _, right = np.linalg.svd(carried, full_matrices=False)
    rows = left @ right
    depth = HEAD_MM @ np.cross(rows[0], rows[1])
    return np.column_stack([seen, depth]).astype(np.float32)


def adult_scale(joints: Array) -> float:
    """Return px per mm by the rule of the adult scale (see above).

    Args:
        joints: (19, 3) x and y in px, z in mm.
    """
    bones = joints[_ENDS] - joints[_STARTS]
    flat, deep = np.linalg.norm(bones[:, :2], axis=1), np.abs(bones[:, 2])
    if flat.sum() < 1e-6:
        return 1e-6
    if deep.sum() >= BODY_MM:  # no size fits; then as if nobody leaned
        return float(flat.sum() / BODY_MM)
    # The length falls as the scale grows, so its logarithm is found by halving.
    low, high = np.log(flat.sum() / BODY_MM * np.array([0.1, 1e4]))
    for _ in range(60):
        middle = (low + high) / 2
        longer = np.hypot(flat / np.exp(middle), deep).sum() > BODY_MM
        low, high = (middle, high) if longer else (low, middle)
    return float(np.exp((low + high) / 2))
