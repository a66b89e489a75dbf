import time

import numpy as np
import pandas as pd
import pytest

from repose.data.pair_facts import pose_distance, scale_change, view_change_rad, visible_share
from repose.data.pairs import OutfitIndex, PairSampler, leaks, list_pairs, sample_pairs
from repose.errors import ReposeError
from repose.skeleton import FLIP, JOINT
from tests.poses.made import standing_mm, standing_px


def frames(**counts):
    """Make a table with so many frames of each outfit `person_outfit`."""
    names = [name for name, count in counts.items() for _ in range(count)]
    table = pd.DataFrame({"outfit": names, "split": "train"})
    return table.assign(person=[name.partition("_")[0] for name in names])


@pytest.fixture
def table():
    return frames(a_1=2, a_2=10, b_1=30, c_1=1).sample(frac=1, random_state=0)


@pytest.fixture
def index(table):
    return OutfitIndex.of(table, ["train"])


def test_the_same_seed_and_step_give_the_same_pairs(index):
    ahead = sample_pairs(7, 10**6, index, 8)
    for step in (0, 3, 1):
        sample_pairs(7, step, index, 8)
    np.testing.assert_array_equal(sample_pairs(7, 10**6, index, 8), ahead)
    np.testing.assert_array_equal(sample_pairs(7, 10**6, index, 3), ahead[:3])
    assert not np.array_equal(sample_pairs(8, 10**6, index, 8), ahead)
    assert not np.array_equal(sample_pairs(7, 10**6 + 1, index, 8), ahead)


def test_pairs_are_two_frames_of_one_outfit_drawn_evenly(table, index):
    pairs = sample_pairs(0, 0, index, 60_000)
    outfit = table["outfit"].to_numpy()
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert (outfit[pairs[:, 0]] == outfit[pairs[:, 1]]).all()
    shares = pd.Series(outfit[pairs[:, 0]]).value_counts(normalize=True)
    assert set(shares.index) == {"a_1", "a_2", "b_1"}  # one frame makes no pair
    np.testing.assert_allclose(shares, 1 / 3, atol=0.01)
    of_a2 = pd.DataFrame(pairs[outfit[pairs[:, 0]] == "a_2"])
    counts = of_a2.value_counts()
    assert len(counts) == 90  # every ordered pair of ten
    np.testing.assert_allclose(counts / counts.mean(), 1, atol=5 / np.sqrt(counts.mean()))


def test_the_sampler_keeps_to_its_splits(table):
    split = table.assign(split=np.where(table["person"] == "b", "test", "train"))
    split.index = range(len(split))
    rows = PairSampler(split, ["train"], seed=1, batch=500)(12)
    assert rows.shape == (500, 2)
    assert set(split["person"][rows.ravel()]) == {"a"}
    with pytest.raises(ReposeError, match=r"no-pairs.*0 usable frames in valid"):
        PairSampler(split, ["valid"], seed=1, batch=2)


def test_a_frame_may_be_paired_with_itself(table):
    split = table.assign(split="train")
    pairs, itself = (
        PairSampler(split, ["train"], seed=1, batch=50, itself=yes)(3) for yes in (False, True)
    )
    assert (itself[:, 0] == itself[:, 1]).all()
    np.testing.assert_array_equal(itself[:, 1], pairs[:, 1])


def test_sampling_takes_no_time(index):
    began = time.process_time()
    for step in range(1000):
        sample_pairs(0, step, index, 16)
    assert time.process_time() - began < 1.0  # s, of 1000 steps


def test_a_list_takes_outfits_in_turn_and_no_pair_twice(table, index):
    pairs = list_pairs(0, index, 300)
    outfit = table["outfit"].to_numpy()
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert (outfit[pairs[:, 0]] == outfit[pairs[:, 1]]).all()
    counts = pd.Series(outfit[pairs[:, 0]]).value_counts()
    assert counts.to_dict() == {"b_1": 100, "a_2": 90, "a_1": 2}  # all there are of a_1 and a_2
    assert sorted(outfit[pairs[:6, 0]]) == ["a_1", "a_1", "a_2", "a_2", "b_1", "b_1"]
    np.testing.assert_array_equal(list_pairs(0, index, 300), pairs)
    assert not np.array_equal(list_pairs(1, index, 300), pairs)
    assert len(list_pairs(0, index, 1)) == 1


def test_leaking_persons_and_outfits_are_named():
    table = frames(a_1=2, b_1=2)
    assert leaks(table) == []
    table.loc[0, "split"] = "test"
    assert leaks(table) == ["person a (test, train)", "outfit a_1 (test, train)"]
    table["person"] = ["x", "y", "z", "z"]
    assert leaks(table) == ["outfit a_1 (test, train)"]


def test_pose_distance_of_a_shift_is_its_length():
    pose = standing_px(64)[None]
    assert pose_distance(pose, pose, 64) == 0
    moved = pose + np.array([3.0, 0, 4])
    np.testing.assert_allclose(pose_distance(pose, moved, 64), 5 / 64)


@pytest.mark.parametrize("start", [0.0, 2.0, -3.0])
def test_view_change_is_the_turn_either_way_round(start):
    turns = np.array([0, 0.5, -0.5, 3.0, np.pi, 3.5, 2 * np.pi - 0.1])
    source = np.stack([standing_mm(start)] * len(turns))
    target = np.stack([standing_mm(start + turn) for turn in turns])
    expected = [0, 0.5, 0.5, 3.0, np.pi, 2 * np.pi - 3.5, 0.1]
    np.testing.assert_allclose(view_change_rad(source, target), expected, atol=1e-6)
    mirrored = [x[:, list(FLIP)] * [-1, 1, 1] for x in (source, target)]
    np.testing.assert_allclose(view_change_rad(*mirrored), expected, atol=1e-6)


def test_joints_or_depths_that_are_missing_do_not_count_in_the_distance():
    pose = standing_px(64)[None]
    moved = pose + np.array([3.0, 0, 4])
    half = moved.copy()
    half[:, JOINT["l_knee"]] = np.nan
    np.testing.assert_allclose(pose_distance(pose, half, 64), 5 / 64)
    half[..., 2] = np.nan
    np.testing.assert_allclose(pose_distance(half, pose, 64), 3 / 64)
    nobody = np.full_like(pose, np.nan)
    assert np.isnan(pose_distance(pose, nobody, 64)).all()


def test_scale_change_is_that_of_the_person_whatever_the_pose():
    front, side = ((standing_px(64, yaw)[None], standing_mm(yaw)[None]) for yaw in (0.0, 1.3))
    larger = 1.5 * side[0] - 7
    np.testing.assert_allclose(scale_change(*front, larger, side[1]), 1.5)
    larger[:, JOINT["l_wrist"]] = np.nan
    np.testing.assert_allclose(scale_change(*front, larger, side[1]), 1.5)
    assert np.isnan(scale_change(*front, larger, np.full_like(larger, np.nan))).all()


def share(source, target, turn=0.0):
    return visible_share(source[None], target[None], np.array([turn]), 64)[0]


def test_a_pose_shows_all_of_itself_and_a_turn_hides_trunk_and_head():
    front, back = standing_px(64), standing_px(64, np.pi)
    assert share(front, front) == 1
    assert share(front, back, np.pi) < share(front, front, np.pi / 2) < 1
    limbs_only = share(front, back, np.pi)
    assert 0.2 < limbs_only < 0.8  # arms and legs are seen from both sides


def test_how_large_the_person_is_in_either_picture_does_not_matter():
    yaw = 1.0  # one arm hides behind the trunk
    small = (standing_px(64, yaw) - 32) * 0.6 + 32
    assert share(small, standing_px(64, yaw)) == pytest.approx(1, abs=0.12)
    assert share(standing_px(64, yaw), small) == pytest.approx(1, abs=0.12)


def test_what_another_part_hides_or_the_picture_cuts_off_does_not_count():
    open_arms = standing_px(64)
    behind = open_arms.copy()
    for joint, at in (("l_elbow", (33, 25, 20)), ("l_wrist", (33, 32, 20))):
        behind[JOINT[joint]] = at  # behind the back
    assert share(open_arms, open_arms) > share(behind, open_arms)
    assert share(behind, behind) == 1
    below = open_arms + np.array([0, 40, 0])
    assert share(below, open_arms) < 0.6
