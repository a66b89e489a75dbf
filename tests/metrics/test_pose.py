"""Pose scores: trivial poses, an independent loop, and what is missing."""

import numpy as np
import pytest

from repose.metrics.pose import (
    THRESHOLDS_MM,
    give_room,
    joint_distances_mm,
    pckh,
    pose_auc,
    pose_loss_mm,
)
from repose.skeleton import JOINT

PELVIS = JOINT["pelvis"]


def poses(seed, spread):
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 400, (19, 3))
    return true + rng.normal(0, spread, true.shape), true


def test_equal_poses_are_perfect_wherever_they_stand():
    _, true = poses(0, 0)
    distance = joint_distances_mm(true + np.array([100, -50, 3000]), true)
    assert pose_loss_mm(distance) == pytest.approx(0, abs=1e-9)
    # A shift by whole mm leaves rounding errors, which the threshold 0 may see.
    assert pose_auc(joint_distances_mm(true, true)) == 1


def test_a_known_distance_gives_a_known_area():
    _, true = poses(1, 0)
    moved = true + np.array([52, 0, 0])
    moved[PELVIS] = true[PELVIS]
    distance = joint_distances_mm(moved, true)
    np.testing.assert_allclose(distance, 52)
    # Correct at 55, 60, ..., 150: 20 of the 31 thresholds.
    assert pose_auc(distance) == pytest.approx(20 / 31)


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_a_plain_loop(seed):
    generated, true = poses(seed, 60)
    correct = 0
    total = 0.0
    for joint in range(19):
        if joint == PELVIS:
            continue
        a, b = generated[joint] - generated[PELVIS], true[joint] - true[PELVIS]
        distance = sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5
        total += distance
        correct += sum(distance <= threshold for threshold in range(0, 151, 5))
    ours = joint_distances_mm(generated, true)
    assert pose_loss_mm(ours) == pytest.approx(total / 18)
    assert pose_auc(ours) == pytest.approx(correct / 18 / 31)


def test_a_joint_that_only_the_truth_has_is_wrong_and_one_it_lacks_is_not_counted():
    generated, true = poses(3, 0)
    generated[0] = np.nan
    assert pose_auc(joint_distances_mm(generated, true)) == pytest.approx(17 / 18)
    true[0] = np.nan
    assert pose_auc(joint_distances_mm(generated, true)) == 1
    assert np.isnan(pose_auc(joint_distances_mm(generated, np.full((19, 3), np.nan))))


def test_no_person_in_the_generated_image_scores_nothing():
    _, true = poses(4, 0)
    distance = joint_distances_mm(np.full((19, 3), np.nan), true)
    assert pose_auc(distance) == 0
    assert np.isnan(pose_loss_mm(distance))


def test_batches_equal_single_poses():
    pairs = [poses(seed, 40) for seed in range(4)]
    together = joint_distances_mm(np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs]))
    for row, pair in zip(together, pairs, strict=True):
        np.testing.assert_array_equal(row, joint_distances_mm(*pair))


def test_thresholds_are_the_published_ones():
    assert THRESHOLDS_MM.tolist() == list(range(0, 151, 5))


def test_room_repeats_the_edges_and_never_shrinks():
    image = np.random.default_rng(0).integers(0, 256, (8, 6, 3), dtype=np.uint8)
    wide = give_room(image, 0.5, 0)
    assert wide.shape == (16, 14, 3)
    np.testing.assert_array_equal(wide[4:12, 4:10], image)
    assert (wide[:5, :5] == image[0, 0]).all()
    assert give_room(image, 0.5, 32).shape == (32, 28, 3)
    np.testing.assert_array_equal(give_room(image, 0, 8), image)


def heads(seed):
    """A head box of 20 x 10 px, the other joints anywhere."""
    rng = np.random.default_rng(seed)
    true = rng.uniform(0, 100, (19, 2))
    names = ("nose", "neck", "l_eye", "r_eye", "l_ear", "r_ear")
    true[[JOINT[name] for name in names]] = rng.uniform((40, 40), (60, 50), (6, 2))
    true[JOINT["nose"]], true[JOINT["neck"]] = (40, 40), (60, 50)
    return true


@pytest.mark.parametrize("seed", range(4))
def test_pckh_equals_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    true = heads(seed)
    generated = true + rng.normal(0, 8, true.shape)
    true[JOINT["l_knee"]] = np.nan
    generated[JOINT["r_wrist"]] = np.nan
    correct = counted = 0
    for joint in range(19):
        if joint == PELVIS or np.isnan(true[joint, 0]):
            continue
        counted += 1
        (gx, gy), (x, y) = generated[joint], true[joint]
        correct += bool(abs(gx - x) < 10 and abs(gy - y) < 5)  # False for NaN
    assert counted == 17
    assert pckh(generated, true) == pytest.approx(correct / counted)


def test_pckh_of_the_true_pose_of_nobody_and_without_a_head():
    true = heads(9)
    assert pckh(true, true) == 1
    assert pckh(true * np.nan, true) == 0
    assert pckh(true + np.array([10, 0]), true) == 0  # half the width is too far
    assert pckh(true + np.array([9.9, 4.9]), true) == 1
    headless = true.copy()
    for name in ("nose", "l_eye", "r_eye", "l_ear", "r_ear"):
        headless[JOINT[name]] = np.nan
    assert np.isnan(pckh(true, headless))
