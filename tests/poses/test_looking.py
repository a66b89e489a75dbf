"""Boxes: from the whole picture to the person, and from frame to frame."""

import numpy as np
import pytest

from repose.poses.base import Clip, Settings
from repose.poses.composition import Keypoints
from repose.poses.looking import STRETCH, box_around, look_along, look_closer
from repose.poses.topdown import TopDownEstimator
from tests.poses.colours import standing

SIDE = 200


class Eye:
    """Sees the person of a frame, whose number its picture holds, within a box.

    Args:
        blind: Frames in which it is unsure of everything.
    """

    def __init__(self, points, blind=()):
        self.points, self.blind = points, blind
        self.looks = []

    def __call__(self, images, boxes):
        assert len(images) == len(boxes)
        frames = [int(image[0, 0, 0]) + 256 * int(image[0, 0, 1]) for image in images]
        self.looks.append(list(zip(frames, np.round(boxes).tolist(), strict=True)))
        scores = [0.1 if i in self.blind else 0.9 for i in frames]
        return [
            Keypoints(self.points[i].astype(np.float32), np.full(17, score, np.float32))
            for i, score in zip(frames, scores, strict=True)
        ]


def walk(frames):
    return [standing(10 + i, 40, 100) for i in range(frames)]


def clip(frames):
    images = np.zeros((frames, SIDE, SIDE, 3), np.uint8)
    images[:, 0, 0, 0], images[:, 0, 0, 1] = np.arange(frames) % 256, np.arange(frames) // 256
    return list(images)


def test_a_box_comes_from_the_frame_before():
    eye = Eye(walk(4))
    images = clip(4)
    found = look_along(eye, images, 0.5, 0.5)
    whole = [0, 0, SIDE, SIDE]
    around = [np.round(box_around(one, images[0])).tolist() for one in found]
    assert eye.looks == [
        [(0, whole)], [(0, around[0])], [(1, around[0])], [(2, around[1])], [(3, around[2])]
    ]  # fmt: skip
    for points, (left, top, right, bottom) in zip(eye.points[1:], around, strict=False):
        assert (points > [left, top]).all()
        assert (points < [right, bottom]).all()
        assert right - left < SIDE


def test_who_is_lost_is_looked_for_in_the_whole_picture():
    eye = Eye(walk(4), blind=(1,))
    look_along(eye, clip(4), 0.5, 0.5)
    assert eye.looks[3] == [(2, [0, 0, SIDE, SIDE])]
    assert eye.looks[4][0][1] != [0, 0, SIDE, SIDE]


def test_stretches_are_walked_side_by_side_and_begin_anew():
    frames = 2 * STRETCH + 3
    eye = Eye([standing(50, 40, 100)] * frames)
    found = look_along(eye, clip(frames), 0.5, 0.5)
    assert len(found) == frames
    whole = [0, 0, SIDE, SIDE]
    starts = [0, STRETCH, 2 * STRETCH]
    assert eye.looks[0] == [(start, whole) for start in starts]
    assert [i for i, _ in eye.looks[2]] == [start + 1 for start in starts]
    assert [i for i, _ in eye.looks[4]] == [3, STRETCH + 3]  # the last stretch has three frames
    assert all(box != whole for look in eye.looks[1:] for _, box in look)


def test_nobody_is_looked_at_once_only():
    eye = Eye(walk(3), blind=(0, 1, 2))
    look_closer(eye, clip(3), 0.5)
    assert len(eye.looks) == 1


def test_a_box_stays_within_the_picture_and_is_never_empty():
    image = clip(1)[0]
    for points in (standing(-90, 30, 150), standing(500, 500, 10), np.full((17, 2), 60.0)):
        left, top, right, bottom = box_around(Keypoints(points, np.ones(17)), image)
        assert 0 <= left < right <= SIDE
        assert 0 <= top < bottom <= SIDE


class Recorder:
    """A lifter that keeps what it is given and lifts everything to the same depth."""

    def __init__(self):
        self.clips = []

    def lift_clip(self, points, known):
        self.clips.append((points.copy(), known.tolist()))
        return self.lift_each(points)

    def lift_each(self, points):
        return np.concatenate([points * 5, np.zeros_like(points[..., :1])], axis=-1)


def test_all_frames_are_seen_before_one_is_lifted_and_the_unseen_stay_missing():
    eye, lifter = Eye(walk(5), blind=(2,)), Recorder()
    estimator = TopDownEstimator("x", "1", Settings(), eye, lifter)
    poses = estimator.estimate(iter(clip(5)), Clip("a", tuple(range(5))))
    [(points, known)] = lifter.clips
    assert known == [True, True, False, True, True]
    np.testing.assert_allclose(points[4], eye.points[4])
    assert [pose.detected for pose in poses] == known
    assert np.isnan(poses[2].joints_px).all()


def test_a_detector_gives_the_boxes_and_may_see_nobody():
    eye = Eye(walk(3))
    boxes = [np.array([5, 6, 70, 180], np.float32), None, np.array([7, 8, 90, 190], np.float32)]
    estimator = TopDownEstimator(
        "x", "1", Settings(), eye, None, lambda images: boxes[: len(images)]
    )
    poses = estimator.estimate(clip(3), Clip("a", (0, 1, 2)))
    assert eye.looks == [[(0, [5, 6, 70, 180]), (2, [7, 8, 90, 190])]]
    assert [pose.detected for pose in poses] == [True, False, True]
    assert [p.detected for p in estimator.estimate_images(clip(3))] == [True, False, True]


@pytest.mark.parametrize("frames", [0, 1])
def test_short_clips(frames):
    estimator = TopDownEstimator("x", "1", Settings(), Eye(walk(1)), Recorder())
    assert len(estimator.estimate(clip(frames), Clip("a", ()))) == frames
    assert len(estimator.estimate_images(clip(frames))) == frames
