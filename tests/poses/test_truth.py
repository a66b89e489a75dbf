import numpy as np
import pytest

from repose.errors import ReposeError
from repose.poses import Clip, load, names
from repose.poses.truth import project
from repose.skeleton import JOINT
from tests.poses.made import standing_mm

INTRINSICS = np.array([[450.0, 0, 128], [0, 450, 120], [0, 0, 1]])


@pytest.fixture
def truth(tmp_path):
    joints = np.stack([standing_mm(0.5 * i) + np.array([100 * i, 0, 4000]) for i in range(4)])
    np.savez(tmp_path / "a.npz", joints_mm=joints, intrinsics=INTRINSICS)
    return tmp_path / "a.npz", joints


def test_joints_are_those_of_the_source_frames(truth):
    path, joints = truth
    poses = load("truth").estimate([], Clip("a", (0, 3), path))
    for pose, source in zip(poses, (0, 3), strict=True):
        moved = joints[source] - joints[source][JOINT["pelvis"]]
        np.testing.assert_allclose(pose.joints_mm, moved, atol=1e-3)
        assert (pose.detected, pose.people, pose.score.min()) == (True, 1, 1)


def test_a_point_on_the_axis_projects_onto_the_centre_and_depth_is_weak_perspective():
    joints = standing_mm() + np.array([0, 0, 3000])
    joints[JOINT["nose"]] = 0, 0, 3200
    points = project(joints, INTRINSICS)
    np.testing.assert_allclose(points[JOINT["nose"]], (128, 120, 200 * 450 / 3000), rtol=1e-6)
    assert points[JOINT["pelvis"], 2] == 0


def test_depth_and_width_have_one_scale():
    # A quarter turn swaps x and z of a body far away.
    front, side = (
        project(standing_mm(yaw) + np.array([0, 0, 1e6]), INTRINSICS) for yaw in (0, np.pi / 2)
    )
    centre = front[JOINT["pelvis"]]
    np.testing.assert_allclose((front - centre)[:, 0], (side - centre)[:, 2], atol=1e-4)


def test_joints_shrink_with_the_frames(truth):
    path, _ = truth
    full = load("truth").estimate([], Clip("a", (2,), path))[0]
    half = load("truth").estimate([], Clip("a", (2,), path, scale=0.5))[0]
    np.testing.assert_allclose(half.joints_px, full.joints_px / 2, rtol=1e-5)
    np.testing.assert_array_equal(half.joints_mm, full.joints_mm)


def test_what_is_missing_is_said(truth, tmp_path):
    path, _ = truth
    cases = {
        "missing-truth": Clip("a", (0,)),
        "wrong-truth.*4 frames": Clip("a", (0, 4), path),
        "wrong-truth.*cannot read": Clip("a", (0,), tmp_path / "none.npz"),
    }
    for message, clip in cases.items():
        with pytest.raises(ReposeError, match=message):
            load("truth").estimate([], clip)
    with pytest.raises(ReposeError, match="missing-truth"):
        load("truth").estimate_images([])


def test_estimators_are_found_by_their_file():
    assert {"given", "mediapipe", "mmpose", "rtmlib", "truth"} <= set(names())
    with pytest.raises(ReposeError, match=r"unknown-estimator.*did you mean 'mediapipe'"):
        load("mediapip")
    with pytest.raises(ReposeError, match="unknown-estimator"):
        load("drawing")  # a module of the package, but no estimator
