"""An estimator's errors: known at trivial input, and equal to formulas written another way."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from repose.metrics.pose_errors import Posed, align, pose_errors
from repose.skeleton import JOINT

PELVIS = JOINT["pelvis"]


def people(count, seed=0):
    random = np.random.default_rng(seed)
    mm = random.normal(size=(count, 19, 3)) * [150, 400, 100]
    mm -= mm[:, PELVIS : PELVIS + 1]
    return [Posed(joints * 0.2 + [128, 128, 0], joints) for joints in mm]


def disturbed(person, seed, px=4.0, mm=40.0):
    random = np.random.default_rng(seed)
    return Posed(
        person.px + random.normal(size=(19, 3)) * px, person.mm + random.normal(size=(19, 3)) * mm
    )


def test_the_truth_has_no_error():
    true = people(3)
    errors = pose_errors(zip(true, true, strict=True))
    assert errors[:5] == pytest.approx((1, 0, 1, 0, 0), abs=1e-9)
    assert errors.auc == 1


def test_means_are_those_of_the_formulas():
    true = people(4)
    found = [disturbed(person, i) for i, person in enumerate(true)]
    errors = pose_errors(zip(found, true, strict=True))
    px, mm, auc, right = [], [], [], []
    for one, other in zip(found, true, strict=True):
        px += [np.hypot(*(a - b)[:2]) for a, b in zip(one.px, other.px, strict=True)]
        head = [JOINT[n] for n in ("nose", "neck", "l_eye", "r_eye", "l_ear", "r_ear")]
        box = np.ptp(other.px[head, :2], axis=0)
        for joint in range(19):
            if joint == PELVIS:
                continue
            a, b = one.mm[joint] - one.mm[PELVIS], other.mm[joint] - other.mm[PELVIS]
            far = sum((a - b) ** 2) ** 0.5
            mm.append(far)
            auc.append(np.mean([far <= t for t in range(0, 151, 5)]))
            apart = np.abs(one.px[joint, :2] - other.px[joint, :2])
            right.append(apart[0] < box[0] / 2 and apart[1] < box[1] / 2)
    assert errors.error_px == pytest.approx(np.mean(px))
    assert errors.mpjpe == pytest.approx(np.mean(mm))
    assert errors.auc == pytest.approx(np.mean(auc))
    assert errors.pckh == pytest.approx(np.mean(right))


def test_the_alignment_is_the_best_one_that_a_search_finds():
    [true] = people(1)
    found = disturbed(true, 5)

    def residual(values):
        moved = np.exp(values[0]) * Rotation.from_rotvec(values[1:4]).apply(found.mm) + values[4:]
        return ((moved - true.mm) ** 2).sum() / 1e4

    best = minimize(residual, np.zeros(7), method="BFGS", options={"gtol": 1e-9})
    searched = best.x
    moved = (
        np.exp(searched[0]) * Rotation.from_rotvec(searched[1:4]).apply(found.mm) + searched[4:]
    )
    np.testing.assert_allclose(align(found.mm, true.mm), moved, atol=0.1)


def test_size_turn_and_place_do_not_count_after_alignment_but_a_mirror_does():
    [true] = people(1)
    turned = 1.3 * Rotation.from_rotvec([0.3, -1, 0.5]).apply(true.mm) + [9, -400, 70]
    errors = pose_errors([(Posed(true.px, turned), true)])
    assert errors.mpjpe > 100
    assert errors.pa_mpjpe == pytest.approx(0, abs=1e-6)
    mirrored = pose_errors([(Posed(true.px, true.mm * [-1, 1, 1]), true)])
    assert mirrored.pa_mpjpe > 50


def test_nobody_found_is_wrong_and_has_no_distance():
    true = people(2)
    nowhere = np.full((19, 3), np.nan)
    errors = pose_errors([(true[0], true[0]), (Posed(nowhere, nowhere), true[1])])
    assert errors.found == 0.5
    assert errors.error_px == errors.mpjpe == 0
    assert errors.pa_mpjpe == pytest.approx(0, abs=1e-9)
    assert errors.pckh == errors.auc == 0.5


def test_a_flat_estimator_is_scored_in_the_picture_alone():
    [true] = people(1)
    flat = Posed(true.px, np.full((19, 3), np.nan))
    errors = pose_errors([(flat, true)])
    assert (errors.found, errors.error_px, errors.pckh, errors.auc) == (1, 0, 1, 0)
    assert np.isnan([errors.mpjpe, errors.pa_mpjpe]).all()
    assert np.isnan(pose_errors([])).all()
