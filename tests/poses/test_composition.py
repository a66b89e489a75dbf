"""From keypoints and a depth to a pose: places, axes, units, and the rules for what is missing."""

import numpy as np
import pytest

from repose.poses.composition import (
    BODY_MM,
    COCO,
    HEAD_MM,
    Keypoints,
    adult_scale,
    deep_pose,
    flat_pose,
    lifted_pose,
    turned_head,
)
from repose.skeleton import JOINT, JOINT_SETS
from tests.poses.made import standing_mm

SCALE = 0.2  # px per mm
SHIFT = np.array([100.0, 80.0])
LIMBS = [i for name, i in JOINT.items() if not name.endswith(("eye", "ear", "nose"))]


def keypoints(joints_mm, count=17, **more):
    points = np.full((count, 2), 7.0, np.float32)
    for i, name in enumerate(JOINT_SETS["coco17"]):
        points[i] = joints_mm[JOINT[name], :2] * SCALE + SHIFT
    if count == 26:
        points[18], points[19] = (
            joints_mm[JOINT[n], :2] * SCALE + SHIFT for n in ("neck", "pelvis")
        )
    return Keypoints(points, np.linspace(0.5, 1, count).astype(np.float32), **more)


def h36m(joints_mm):
    lifted = np.full((17, 3), 1e4, np.float32)  # spine and head, which nothing here may use
    for i, name in enumerate(JOINT_SETS["h36m17"]):
        if name != "-":
            lifted[i] = joints_mm[JOINT[name]]
    return lifted


def turn(yaw, pitch=0.0):
    c, s = np.cos(yaw), np.sin(yaw)
    nod_c, nod_s = np.cos(pitch), np.sin(pitch)
    about_y = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    return about_y @ np.array([[1, 0, 0], [0, nod_c, -nod_s], [0, nod_s, nod_c]])


@pytest.mark.parametrize("count", [17, 26, 133])
def test_lifted_joints_keep_their_places_axes_and_units(count):
    joints = standing_mm(0.4)
    joints -= joints[JOINT["pelvis"]]
    # A lifter's origin is its own affair.
    pose = lifted_pose(keypoints(joints, count), h36m(joints) + np.array([300, -20, 4000]))
    np.testing.assert_allclose(pose.joints_mm[LIMBS], joints[LIMBS], atol=0.1)
    np.testing.assert_allclose(
        pose.joints_px[LIMBS, :2], joints[LIMBS, :2] * SCALE + SHIFT, atol=1e-3
    )
    np.testing.assert_allclose(pose.joints_px[LIMBS, 2], joints[LIMBS, 2] * SCALE, atol=0.05)
    assert (pose.joints_mm[JOINT["pelvis"]] == 0).all()
    assert np.isfinite(pose.joints_px).all()
    scores = keypoints(joints, count).scores
    assert pose.score[JOINT["r_ankle"]] == scores[COCO - 1]
    assert pose.score[JOINT["l_ear"]] == scores[3]
    if count == 17:
        assert pose.score[JOINT["neck"]] == min(scores[5], scores[6])


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (0.9, 0), (-1.5, 0.2), (3.0, -0.3)])
def test_a_head_is_as_deep_as_it_is_turned(yaw, pitch):
    head = HEAD_MM @ turn(yaw, pitch).T
    placed = turned_head(head[:, :2] * SCALE + SHIFT, np.ones(5), SCALE)
    np.testing.assert_allclose(placed, head - head[0], atol=1e-3)


def test_a_doubtful_ear_turns_the_head_less():
    head = HEAD_MM @ turn(0.6).T
    points = head[:, :2] * SCALE
    points[3] += [0, 40]
    errors = [
        np.abs(turned_head(points, np.array([1, 1, 1, score, 1]), SCALE) - head)[[1, 2, 4]].max()
        for score in (1.0, 0.01)
    ]
    assert errors[1] < errors[0] / 3


def test_eyes_and_ears_of_a_lifted_pose_hang_on_its_nose():
    joints = standing_mm()
    joints -= joints[JOINT["pelvis"]]
    for name, offset in zip(("nose", "l_eye", "r_eye", "l_ear", "r_ear"), HEAD_MM, strict=True):
        joints[JOINT[name]] = joints[JOINT["nose"]] + offset @ turn(0.7).T
    pose = lifted_pose(keypoints(joints), h36m(joints))
    np.testing.assert_allclose(pose.joints_mm, joints, atol=0.5)
    np.testing.assert_allclose(pose.joints_px[:, 2], joints[:, 2] * SCALE, atol=0.2)


def adult(yaw):
    """A standing person whose limbs and trunk are together as long as a mean adult's."""
    joints = standing_mm(yaw)
    joints -= joints[JOINT["pelvis"]]
    bones = [("neck", "pelvis")] + [
        (f"{side}_{a}", f"{side}_{b}")
        for side in "lr"
        for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
    ]
    long = sum(np.linalg.norm(joints[JOINT[a]] - joints[JOINT[b]]) for a, b in bones)
    return joints * (BODY_MM / long)


@pytest.mark.parametrize("yaw", [0.0, 0.8, 1.57])
def test_a_person_of_unknown_size_is_as_tall_as_an_adult(yaw):
    joints = adult(yaw)
    depth = np.zeros(17, np.float32)
    for i, name in enumerate(JOINT_SETS["coco17"]):
        depth[i] = joints[JOINT[name], 2] + 5000
    pose = deep_pose(keypoints(joints, depth_mm=depth))
    # The rule of the neck is another than standing_mm's, by some mm.
    coco = [JOINT[name] for name in JOINT_SETS["coco17"]]
    np.testing.assert_allclose(pose.joints_mm[coco], joints[coco], atol=25)
    np.testing.assert_allclose(pose.joints_px[coco, 2], joints[coco, 2] * SCALE, atol=5)
    assert (pose.joints_mm[JOINT["pelvis"]] == 0).all()


def test_the_adult_scale_solves_its_equation_and_survives_nonsense():
    random = np.random.default_rng(0)
    joints = random.normal(size=(19, 3)) * [30, 30, 100]
    scale = adult_scale(joints)
    metric = joints / [scale, scale, 1]
    again = adult_scale(metric * [0.37, 0.37, 1])
    assert again == pytest.approx(0.37, rel=1e-6)
    assert adult_scale(joints * [1, 1, 1e3]) > 0  # deeper than any adult
    assert adult_scale(np.zeros((19, 3))) > 0


def test_without_a_depth_there_is_none_and_the_trunk_is_as_long_as_seen():
    joints = standing_mm()
    pose = flat_pose(keypoints(joints))
    assert np.isnan(pose.joints_px[:, 2]).all()
    assert np.isnan(pose.joints_mm).all()
    assert np.isfinite(pose.joints_px[:, :2]).all()
    trunk = pose.joints_px[JOINT["neck"]] - pose.joints_px[JOINT["pelvis"]]
    assert pose.torso_px == pytest.approx(np.linalg.norm(trunk[:2]))
