import numpy as np

from repose.poses.drawing import LEFT, RIGHT, draw_skeleton
from repose.skeleton import FLIP, JOINT
from tests.poses.made import standing_px


def test_sides_have_their_colours_and_the_picture_is_not_touched():
    image = np.full((200, 200, 3), 30, np.uint8)
    joints = standing_px(200)
    drawn = draw_skeleton(image, joints)
    assert (image == 30).all()
    for name, colour in (("l_wrist", LEFT), ("r_wrist", RIGHT)):
        x, y, _ = joints[JOINT[name]].astype(int)
        np.testing.assert_array_equal(drawn[y, x], colour)


def test_the_mirrored_pose_is_the_mirrored_drawing_with_sides_changed():
    image = np.zeros((128, 128, 3), np.uint8)
    joints = standing_px(128, 0.4)
    mirrored = joints[list(FLIP)] * [-1, 1, 1] + [128, 0, 0]
    shapes = [draw_skeleton(image, j).any(axis=2) for j in (joints, mirrored)]
    assert (shapes[0] != shapes[1][:, ::-1]).mean() < 0.01  # antialiased rims


def test_unknown_and_doubtful_joints_are_left_out():
    image = np.zeros((64, 64, 3), np.uint8)
    joints = standing_px(64)
    assert not draw_skeleton(image, np.full_like(joints, np.nan)).any()
    score = np.ones(19)
    score[JOINT["l_ankle"]] = 0.1
    x, y, _ = joints[JOINT["l_ankle"]].astype(int)
    assert not draw_skeleton(image, joints, score, min_score=0.5)[y, x].any()
    joints[JOINT["nose"]] = 1e9  # far outside: no overflow
    draw_skeleton(image, joints)
