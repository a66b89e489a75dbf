"""Parts as rectangles: equal to the plain version, and the rules where joints are missing."""

import numpy as np
import pytest
import torch

from benchmarks.people import poses
from benchmarks.plain import deformable as plain
from repose.parts.rectangles import (
    FACE,
    draw_rectangles,
    fit_rectangles,
    fit_whole,
    part_rectangles,
)
from repose.skeleton import FLIP, FLIP_PARTS, JOINT, PART, PARTS

SIZE = 64
SHAPE = (64, 48)


def people(count, seed, lacking=0.0):
    """Return poses in float64, with a share of the joints missing."""
    drawn = poses(count, seed, SIZE).double()
    random = torch.Generator().manual_seed(seed)
    drawn[torch.rand(drawn.shape[:2], generator=random) < lacking] = torch.nan
    return drawn


def masks(joints, pitch=1):
    grid = (SHAPE[0] // pitch, SHAPE[1] // pitch)
    return draw_rectangles(part_rectangles(joints), grid, pitch)


@pytest.mark.parametrize("pitch", [1, 4])
@pytest.mark.parametrize("lacking", [0.0, 0.1])
def test_masks_are_those_of_the_plain_version(lacking, pitch):
    joints = people(12, 0, lacking)
    drawn = masks(joints, pitch)
    assert drawn.any(3).any(2).any(0).all()
    for pose, ours in zip(joints.numpy(), drawn.numpy(), strict=True):
        np.testing.assert_array_equal(ours, plain.part_masks(pose, ours.shape[1:], pitch))


@pytest.mark.parametrize("lacking", [0.0, 0.1])
def test_fits_are_those_of_the_plain_version(lacking):
    source, target = people(16, 1, lacking), people(16, 2, lacking)
    found = fit_rectangles(source, target)
    whole = fit_whole(source, target)[:, 0]
    assert torch.isfinite(found).all(-1).all(-1).any(0).all()
    for n, pair in enumerate(zip(source.numpy(), target.numpy(), strict=True)):
        wanted = [*plain.part_moves(*pair), plain.whole_move(*pair)]
        for ours, matrix in zip([*found[n], whole[n]], wanted, strict=True):
            if matrix is None:
                assert ours.isnan().all()
            else:
                np.testing.assert_allclose(ours.numpy(), matrix, atol=1e-6, rtol=1e-6)


def test_fits_recover_one_affine_map_of_the_whole_image():
    target = people(4, 3)
    turn = torch.tensor([[0.9, -0.3, 5.0], [0.3, 0.9, -2.0], [0, 0, 1]], dtype=torch.float64)
    source = target.clone()
    source[..., :2] = target[..., :2] @ turn[:2, :2].T + turn[:2, 2]
    for found in (fit_rectangles(source, target), fit_whole(source, target)):
        torch.testing.assert_close(found, turn.expand_as(found), atol=1e-8, rtol=0)


def test_a_mirrored_person_has_mirrored_masks():
    joints = people(4, 4)
    mirrored = joints[:, list(FLIP)] * torch.tensor([-1.0, 1, 1])
    mirrored[..., 0] += SHAPE[1]
    assert torch.equal(masks(mirrored)[:, list(FLIP_PARTS)].flip(-1), masks(joints))


def test_a_person_one_cell_further_has_masks_one_cell_further():
    joints = people(2, 5)
    moved = masks(joints + torch.tensor([4.0, 0, 0]), 4)
    assert torch.equal(moved[..., 1:], masks(joints, 4)[..., :-1])


def test_bones_lie_in_their_parts():
    joints = people(6, 6)
    drawn = masks(joints)
    for n, (part, name) in enumerate((p, p[2:]) for p in PARTS[2:]):
        root, tip, _, _ = plain.LIMBS[name]
        bone = [joints[:, JOINT[part[:2] + end], :2] for end in (root, tip)]
        for share in (0.0, 0.5, 1.0):
            x, y = (bone[0] + share * (bone[1] - bone[0])).long().unbind(1)
            inside = (x >= 0) & (x < SHAPE[1]) & (y >= 0) & (y < SHAPE[0])
            assert inside.any()
            assert drawn[torch.arange(6)[inside], n + 2, y[inside], x[inside]].all()


def test_a_limb_that_the_source_lacks_is_taken_from_its_other_side():
    source, target = people(2, 7), people(2, 8)
    lacking = source.clone()
    lacking[:, JOINT["l_wrist"]] = torch.nan
    found = fit_rectangles(lacking, target)[:, PART["l_forearm"]]
    # The same as for a source that has its right forearm in both places.
    both = source.clone()
    for name in ("elbow", "wrist"):
        both[:, JOINT[f"l_{name}"]] = source[:, JOINT[f"r_{name}"]]
    torch.testing.assert_close(found, fit_rectangles(both, target)[:, PART["l_forearm"]])
    lacking[:, JOINT["r_elbow"]] = torch.nan
    assert fit_rectangles(lacking, target)[:, PART["l_forearm"]].isnan().all()


def test_a_limb_that_the_target_lacks_fills_nothing():
    source, target = people(2, 9), people(2, 10)
    target[:, JOINT["r_knee"]] = torch.nan
    for part in ("r_thigh", "r_shin"):
        assert fit_rectangles(source, target)[:, PART[part]].isnan().all()
        assert not masks(target)[:, PART[part]].any()
    assert torch.isfinite(fit_rectangles(source, target)[:, PART["l_shin"]]).all()


@pytest.mark.parametrize("corner", ["l_hip", "r_shoulder"])
def test_without_a_trunk_there_is_no_part(corner):
    source, target = people(2, 11), people(2, 12)
    lacking = target.clone()
    lacking[:, JOINT[corner]] = torch.nan
    assert not masks(lacking).any()
    for pair in ((source, lacking), (lacking, source)):
        assert fit_rectangles(*pair).isnan().all()
        assert fit_whole(*pair).isnan().all()


def test_a_limb_of_no_length_fills_nothing():
    source, target = people(2, 13), people(2, 14)
    for pose in (source, target):
        pose[0, JOINT["l_ankle"]] = pose[0, JOINT["l_knee"]]
    part = PART["l_shin"]
    assert not masks(target)[0, part].any()
    for pair in ((source, people(2, 14)), (people(2, 13), target)):
        assert fit_rectangles(*pair)[0, part].isnan().all()


def test_a_trunk_seen_along_its_axis_has_no_torso():
    joints = people(1, 15)
    joints[:, JOINT["l_hip"]] = joints[:, JOINT["l_shoulder"]] + torch.tensor([3.0, 1, 0])
    joints[:, JOINT["r_hip"]] = joints[:, JOINT["r_shoulder"]] - torch.tensor([3.0, 1, 0])
    assert not masks(joints)[:, PART["torso"]].any()
    assert torch.isfinite(masks(joints).float()).all()


def test_a_trunk_on_a_line_moves_nothing_but_keeps_the_width_of_a_limb():
    source, target = people(1, 16), people(1, 17)
    for name in ("l_shoulder", "r_shoulder", "l_hip", "r_hip"):
        target[:, JOINT[name], 0] = 20.0
    assert fit_rectangles(source, target)[:, PART["torso"]].isnan().all()
    width = masks(target)[0, PART["torso"]].any(0).sum().item()
    assert abs(width - 2 * 0.2 * plain.trunk(target[0].numpy())) <= 1


def test_the_head_needs_a_facial_point_that_both_have():
    source, target = people(1, 18), people(1, 19)
    source[:, [JOINT[name] for name in FACE[:3]]] = torch.nan
    assert torch.isfinite(fit_rectangles(source, target)[:, PART["head"]]).all()
    target[:, [JOINT[name] for name in FACE[3:]]] = torch.nan
    assert fit_rectangles(source, target)[:, PART["head"]].isnan().all()
    assert masks(target)[:, PART["head"]].any()  # the target alone has three


def test_the_neck_does_not_move_the_head():
    source, target = people(2, 20), people(2, 21)
    before = fit_rectangles(source, target)
    source[:, JOINT["neck"]] += 10
    assert torch.equal(fit_rectangles(source, target), before)


def test_parts_outside_of_the_image_have_no_cell():
    assert not masks(people(2, 22) + 500).any()
