"""A pose by itself: the right sides, the near limb on top, nothing where nothing is known."""

import numpy as np
import pytest

from repose.data.tables import read_table
from repose.poses.drawing import LEFT, RIGHT
from repose.report.pictures import GAP
from repose.report.skeletons import GROUND, LEAST_PX, draw_pose, overlay_strip
from repose.report.stored import stored_frames
from repose.skeleton import FLIP, JOINT
from tests.poses.made import standing_px
from tests.report.made import FRAMES, SIZE, make_run


def middle(joints, a, b):
    """Where a bone's middle is, px."""
    x, y = (joints[JOINT[a], :2] + joints[JOINT[b], :2]) / 2
    return int(y), int(x)


def near(colour, wanted):
    return np.abs(colour.astype(int) - wanted).max() < 30


def test_sides_have_the_colours_of_the_overlays():
    joints = standing_px(256)
    drawn = draw_pose(joints, 256)
    assert drawn.shape == (256, 256, 3)
    assert near(drawn[middle(joints, "l_shoulder", "l_elbow")], LEFT)
    assert near(drawn[middle(joints, "r_hip", "r_knee")], RIGHT)
    mirrored = draw_pose(joints[list(FLIP)] * [-1, 1, 1] + [256, 0, 0], 256)
    lit = [(image != GROUND).any(axis=2) for image in (drawn, mirrored)]
    assert (lit[0] != lit[1][:, ::-1]).mean() < 0.01


def test_small_crops_get_a_pose_large_enough_to_be_seen():
    joints = standing_px(64)
    drawn = draw_pose(joints, 64)
    assert drawn.shape == (LEAST_PX, LEAST_PX, 3)
    scaled = joints * (LEAST_PX / 64)
    assert near(drawn[middle(scaled, "l_shoulder", "l_elbow")], LEFT)


@pytest.mark.parametrize("near_side", ["l", "r"])
def test_the_near_limb_lies_over_the_far_one(near_side):
    joints = np.full((19, 3), np.nan)
    for side, depth in (("l", 20.0), ("r", 20.0)):
        z = -depth if side == near_side else depth
        slope = 60 if side == "l" else -60
        joints[JOINT[f"{side}_hip"]] = (128 - slope, 68, z)
        joints[JOINT[f"{side}_knee"]] = (128 + slope, 188, z)
    colour = draw_pose(joints, 256)[128, 128]
    assert near(colour, LEFT if near_side == "l" else RIGHT)


def test_nothing_is_drawn_of_what_is_not_known():
    assert (draw_pose(np.full((19, 3), np.nan), 64) == GROUND).all()
    joints = standing_px(64)
    joints[:, 2] = np.nan  # no depth: drawn all the same
    assert (draw_pose(joints, 64) != GROUND).any()
    joints[JOINT["l_wrist"]] = (1e9, -1e9, 0)
    draw_pose(joints, 64)


def test_a_strip_marks_frames_without_a_person(tmp_path):
    made = make_run(tmp_path)
    frames, _ = stored_frames(made.frames, "frames")
    poses = read_table(made.poses, "poses")
    own = poses[poses["clip"] == "p0_c0"]
    strip = overlay_strip("p0_c0", frames, own, FRAMES, SIZE)
    assert strip.shape == (SIZE, FRAMES * SIZE + (FRAMES - 1) * GAP, 3)
    # Only the second frame has no pose: a red stroke starts in its corner; the stripes are grey.
    corners = [strip[0, i * (SIZE + GAP)].astype(int) for i in range(FRAMES)]
    assert [bool(red - green > 50) for red, green, _ in corners] == [False, True, False, False]
    assert overlay_strip("p0_c0", frames, own.iloc[:0], 3, SIZE) is None
