"""One person per clip, in a world of blocks where everybody's place is known."""

import numpy as np
import pytest

from repose.poses.base import UNKNOWN, Clip
from repose.poses.tracking import Limits, follow, longest_run, without
from tests.poses.made import BlockEstimator, block_frame, block_pose

LIMITS = Limits(jump_torsos=1.0, second_every=0, second_score=0.5)
HER, HIM = 100, 200  # colours


def track(frames, limits=LIMITS, overlook=()):
    estimator = BlockEstimator(overlook)
    return follow(estimator, frames, estimator.estimate(frames, Clip("a", ())), limits)


def her(i):
    return 20 + 3 * i, 40, 32, HER


def centres(track):
    return [pose.centre[0] if pose.detected else None for pose in track.poses]


def test_one_person_is_left_as_estimated():
    frames = [block_frame(her(i)) for i in range(10)]
    found = track(frames)
    assert centres(found) == [28 + 3 * i for i in range(10)]
    assert (found.others, found.recovered, found.dropped, found.second) == (0, 0, 0, 0)
    assert all(pose.people == UNKNOWN for pose in found.poses)


@pytest.mark.parametrize("order", [1, -1], ids=["forward", "backward"])
def test_somebody_larger_does_not_take_over(order):
    # He comes in front of the camera for five frames: the estimator prefers him.
    frames = [block_frame(her(i), *([(180, 30, 40, HIM)] if i > 9 else [])) for i in range(15)]
    found = track(frames[::order])
    assert centres(found) == [28 + 3 * i for i in range(15)][::order]
    assert (found.others, found.dropped) == (5, 0)


def test_while_the_person_is_hidden_nobody_stands_in():
    frames = [
        block_frame(*([] if 12 <= i < 15 else [her(i)]), *([(190, 30, 40, HIM)] if i > 9 else []))
        for i in range(18)
    ]
    found = track(frames)
    expected = [None if 12 <= i < 15 else 28 + 3 * i for i in range(18)]
    assert centres(found) == expected
    assert found.dropped == 3
    assert not np.isfinite(found.poses[12].joints_px).any()
    assert found.poses[12].score.max() == 0


def test_a_known_stranger_is_never_taken_for_the_person():
    # She leaves for good; he walks to where she was.
    frames = [
        block_frame(
            *([her(i)] if i < 16 else []), *([(200 - 8 * (i - 12), 30, 40, HIM)] if i > 12 else [])
        )
        for i in range(25)
    ]
    found = track(frames)
    assert centres(found) == [28 + 3 * i if i < 16 else None for i in range(25)]


def test_after_a_gap_the_nearer_of_two_is_the_person():
    # She is hidden for three frames; when she is back he stands within her reach by then.
    here, beside = (20, 40, 32, HER), (58, 34, 40, HIM)
    people = {i: [here] for i in range(12)} | {i: [here, beside] for i in range(15, 18)}
    found = track([block_frame(*people.get(i, [])) for i in range(18)])
    assert centres(found) == [None if 12 <= i < 15 else 28 for i in range(18)]


def test_a_second_look_finds_whom_the_estimator_overlooked():
    frames = [block_frame(her(i)) for i in range(10)]
    found = track(frames, overlook=[0, 4, 5])
    assert centres(found) == [28 + 3 * i for i in range(10)]
    assert found.recovered == 3


def test_after_a_cut_the_person_is_found_again():
    frames = [block_frame((20 if i < 12 else 100, 40, 32, HER)) for i in range(24)]
    found = track(frames)
    assert centres(found)[:12] == [28] * 12
    assert centres(found)[-6:] == [108] * 6  # once there was time to get there


def test_a_clip_without_anybody_stays_empty():
    found = track([block_frame()] * 3)
    assert [pose.detected for pose in found.poses] == [False] * 3
    assert [pose.people for pose in found.poses] == [0] * 3


def test_second_persons_are_counted_where_looked_for():
    frames = [block_frame(her(i), *([(180, 30, 24, HIM)] if i >= 4 else [])) for i in range(8)]
    found = track(frames, Limits(jump_torsos=1.0, second_every=2, second_score=0.5))
    assert [pose.people for pose in found.poses] == [1, -1, 1, -1, 2, -1, 2, -1]
    assert (found.looked, found.second) == (4, 2)


def test_longest_run_spans_gaps_but_no_jumps():
    poses = [block_pose((x, 50), 40) for x in (10, 14, 150, 154, 158, 14)]
    assert longest_run(poses, 1.0) == [2, 3, 4]


def test_a_covered_person_is_gone_and_the_rest_is_untouched():
    frame = block_frame(her(0), (180, 30, 40, HIM))
    covered = without(frame, block_pose((28, 56), 32))
    assert not (covered == HER).any()
    np.testing.assert_array_equal(covered[:, 100:], frame[:, 100:])
