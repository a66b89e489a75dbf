import numpy as np
import pytest

from repose.errors import ReposeError
from repose.poses import Clip, load
from repose.poses.given import as_pose
from repose.skeleton import JOINT
from tests.poses.made import standing_mm, standing_px

ALL = np.ones(19, np.float32)
NONE = np.full((19, 3), np.nan, np.float32)


def test_joints_in_px_with_depth_become_metric_by_the_torso():
    pixels = standing_px(256, 0.7).astype(np.float32)
    pose = as_pose(pixels, NONE, ALL, scale=0.5)
    np.testing.assert_allclose(pose.joints_mm, standing_mm(0.7), atol=0.05)
    np.testing.assert_allclose(pose.joints_px, 0.5 * pixels)
    assert (pose.detected, pose.people) == (True, 1)


def test_metric_joints_that_are_given_are_kept():
    pose = as_pose(standing_px(256).astype(np.float32), 2 * standing_mm(), ALL, scale=1.0)
    np.testing.assert_array_equal(pose.joints_mm, 2 * standing_mm())


@pytest.mark.parametrize("lacking", ["neck", "pelvis"])
def test_without_a_trunk_or_its_depth_there_is_nothing_metric(lacking):
    for place in (slice(None), 2):
        pixels = standing_px(256).astype(np.float32)
        pixels[JOINT[lacking], place] = np.nan
        pose = as_pose(pixels, NONE, ALL, scale=1.0)
        assert np.isnan(pose.joints_mm).all()
        assert pose.detected


def test_a_pose_without_a_joint_is_missing():
    assert not as_pose(NONE, NONE, 0 * ALL, scale=1.0).detected


def test_the_estimator_takes_what_the_clip_brings():
    pose = as_pose(standing_px(64).astype(np.float32), NONE, ALL, scale=1.0)
    estimator = load("given")
    assert estimator.exact
    assert estimator.estimate([None], Clip("a", (0,), given=(pose,))) == [pose]
    for attempt in (
        lambda: estimator.estimate([None], Clip("a", (0,))),
        lambda: estimator.estimate_images([]),
    ):
        with pytest.raises(ReposeError, match="missing-truth"):
            attempt()
