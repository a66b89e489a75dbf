"""The two skeletons: their joints, their limbs' ends, and what is fitted to what."""

import numpy as np
import pytest
import torch

from benchmarks.people import poses
from benchmarks.plain import posewarp as plain
from repose.parts.limbs import HEAD_TOP, SKELETONS, fit_limbs, limb_ends, skeleton_points
from repose.skeleton import JOINT, JOINTS, mirror_name

NAMES = sorted(SKELETONS)


@pytest.mark.parametrize(("name", "joints", "limbs"), [("mpii14", 14, 10), ("upper7", 7, 5)])
def test_the_skeletons_are_whole(name, joints, limbs):
    skeleton = SKELETONS[name]
    assert (len(skeleton.joints), len(skeleton.limbs), len(skeleton.across)) == (
        (joints, limbs, limbs)
    )
    assert set(skeleton.joints) <= {*JOINTS, HEAD_TOP}
    used = {joint for limb in skeleton.limbs for end in limb for joint in end}
    assert used == set(skeleton.joints)


@pytest.mark.parametrize("name", NAMES)
def test_the_skeletons_have_two_like_sides(name):
    def mirrored(limb):
        return frozenset(frozenset(mirror_name(joint) for joint in end) for end in limb)

    limbs = {frozenset(map(frozenset, limb)) for limb in SKELETONS[name].limbs}
    assert {mirrored(limb) for limb in SKELETONS[name].limbs} == limbs


@pytest.mark.parametrize("name", NAMES)
def test_points_ends_and_fits_are_the_plain_ones(name):
    skeleton, size = SKELETONS[name], 64
    source, target = poses(6, 0, size), poses(6, 1, size)
    for index in range(6):  # a different joint is missing in each
        source[index, index] = target[index, 3 * index] = torch.nan
    ours, theirs = skeleton_points(source, skeleton), skeleton_points(target, skeleton)
    ends = limb_ends(ours, skeleton)
    fit, placed = fit_limbs(ours, theirs, skeleton)
    for index in range(6):
        count = len(skeleton.joints)
        own, other = (plain.points(p[index].double().numpy(), count) for p in (source, target))
        np.testing.assert_allclose(ours[index].numpy(), own, atol=1e-4)
        for number, limb in enumerate(plain.table(count)[1]):
            pair = own[list(limb)], other[list(limb)]
            np.testing.assert_allclose(ends[index, number], plain.ends(pair[0]), atol=1e-4)
            np.testing.assert_allclose(
                fit.source_from_target[index, number, :2], plain.similarity(*pair), atol=1e-3
            )
            assert placed[index, number] == (~np.isnan(sum(pair)).any(1)).any()


def test_the_top_of_the_head_lies_beyond_the_known_ears():
    joints = poses(3, 2, 64)
    joints[1, JOINT["l_ear"]] = torch.nan
    joints[2, [JOINT["l_ear"], JOINT["r_ear"]]] = torch.nan
    top = skeleton_points(joints, SKELETONS["mpii14"])[:, 0]
    left, right, neck = (joints[:, JOINT[n], :2] for n in ("l_ear", "r_ear", "neck"))
    torch.testing.assert_close(top[0], 0.65 * (left[0] + right[0]) - 0.3 * neck[0])
    torch.testing.assert_close(top[1], 1.3 * right[1] - 0.3 * neck[1])
    assert top[2].isnan().all()


def test_the_necks_lower_end_and_the_slip():
    skeleton = SKELETONS["upper7"]
    points = skeleton_points(poses(2, 3, 64), skeleton)
    right, left = points[:, 5], points[:, 6]
    sound, slip = (limb_ends(points, skeleton, right_shoulder=s) for s in (False, True))
    torch.testing.assert_close(sound[:, 4, 1], (right + left) / 2)
    torch.testing.assert_close(slip[:, 4, 1], right)
    torch.testing.assert_close(sound[:, :4], slip[:, :4])


def test_only_a_mirrored_trunk_is_mirrored():
    skeleton = SKELETONS["mpii14"]
    source = skeleton_points(poses(4, 4, 64), skeleton)
    behind = torch.stack((64 - source[..., 0], source[..., 1]), -1)
    for mirrors in (False, True):
        fit, _ = fit_limbs(source, behind, skeleton, mirrors=mirrors)
        flipped = torch.linalg.det(fit.source_from_target[..., :2, :2]) < 0
        assert not flipped[:, :9].any()
        assert flipped[:, 9].all() == mirrors
