"""Part masks: laws of the clean ones, and the original's bit for bit."""

import numpy as np
import pytest
import torch

from benchmarks import straightforward
from benchmarks.people import poses
from repose.parts import part_masks, project
from repose.skeleton import FLIP, FLIP_PARTS, JOINT, PART

SIZE, GRID = 64, (8, 16, 16)


def at(masks: torch.Tensor, point: torch.Tensor, part: str) -> bool:
    """Tell whether a point (x, y, z) px of the only person lies in a part's mask."""
    depth, height, width = masks.shape[2:]
    x, y, z = point.tolist()
    voxel = (
        int((z + SIZE / 2) * depth / SIZE),
        int(y * height / SIZE),
        int(x * width / SIZE),
    )
    return bool(masks[(0, PART[part], *voxel)])


@pytest.mark.parametrize("seed", range(3))
def test_joints_and_bones_lie_in_their_parts(seed):
    pose = poses(1, seed, SIZE)
    masks = part_masks(pose, SIZE, (32, 64, 64))
    for side in ("l", "r"):
        for part, root, tip in (
            ("upper_arm", "shoulder", "elbow"),
            ("forearm", "elbow", "wrist"),
            ("thigh", "hip", "knee"),
            ("shin", "knee", "ankle"),
        ):
            a, b = (pose[0, JOINT[f"{side}_{name}"]] for name in (root, tip))
            for share in (0.0, 0.5, 1.0):
                assert at(masks, a + share * (b - a), f"{side}_{part}"), (part, share)
        assert at(masks, pose[0, JOINT[f"{side}_ear"]], "head")
        assert at(masks, pose[0, JOINT[f"{side}_hip"]], "torso")


def test_a_mirrored_person_has_mirrored_masks():
    pose = poses(4, 1, SIZE)
    mirrored = pose[:, list(FLIP)] * torch.tensor([-1.0, 1, 1]) + torch.tensor([SIZE, 0.0, 0])
    masks = part_masks(pose, SIZE, GRID)
    there = part_masks(mirrored, SIZE, GRID)[:, list(FLIP_PARTS)].flip(-1)
    assert (masks != there).float().mean() < 1e-5  # rounding on the surface


def test_a_person_one_voxel_further_has_masks_one_voxel_further():
    pose = poses(2, 2, SIZE, share=0.5)
    masks = part_masks(pose, SIZE, GRID)
    for axis, pitch in ((4, 4.0), (3, 4.0), (2, 8.0)):
        shift = torch.zeros(3)
        shift[4 - axis] = pitch
        moved = part_masks(pose + shift, SIZE, GRID)
        assert (moved.roll(-1, axis) != masks).float().mean() < 1e-5


def test_finer_grids_show_the_same_body():
    pose = poses(2, 3, 256)
    coarse, fine = (part_masks(pose, 256, (n // 2, n, n)).float() for n in (32, 64))
    # The margin of one voxel is thinner in a finer grid, so the share can only fall, not jump.
    ratio = fine.mean((0, 2, 3, 4)) / coarse.mean((0, 2, 3, 4))
    assert ((ratio > 0.3) & (ratio < 1)).all()


def test_a_missing_joint_takes_only_its_own_capsules():
    pose = poses(1, 4, SIZE)
    whole = part_masks(pose, SIZE, GRID)
    pose[0, JOINT["l_wrist"]] = torch.nan
    masks = part_masks(pose, SIZE, GRID)
    assert not masks[0, PART["l_forearm"]].any()
    others = [index for part, index in PART.items() if part != "l_forearm"]
    assert torch.equal(masks[:, others], whole[:, others])
    assert not part_masks(torch.full_like(pose, torch.nan), SIZE, GRID).any()


def test_samples_of_a_batch_do_not_touch():
    pose = poses(5, 5, SIZE)
    alone = torch.cat([part_masks(one[None], SIZE, GRID) for one in pose])
    assert torch.equal(part_masks(pose, SIZE, GRID), alone)


def test_projection_is_the_union_over_depth():
    masks = part_masks(poses(2, 6, SIZE), SIZE, GRID)
    flat = project(masks)
    assert flat.shape == (2, 10, 16, 16)
    assert torch.equal(flat, masks.sum(2) > 0)


@pytest.mark.parametrize(
    ("size", "grid", "count"), [(256, (32, 64, 64), 4), (64, (8, 16, 16), 6), (64, (9, 14, 20), 4)]
)
def test_compat_is_the_original_bit_for_bit(size, grid, count):
    people = poses(count, 7, size)
    people[1] += 0.3 * size  # partly outside
    drawn = part_masks(people, size, grid, compat=True).numpy()
    expected = [straightforward.masks(pose, size, grid) for pose in people.numpy()]
    np.testing.assert_array_equal(drawn, np.stack(expected) > 0)


def test_clean_and_original_masks_are_neighbours():
    people = poses(4, 8, 256)
    clean, stamped = (
        part_masks(people, 256, (32, 64, 64), compat=compat) for compat in (False, True)
    )
    overlap = (clean & stamped).sum((0, 2, 3, 4)) / (clean | stamped).sum((0, 2, 3, 4))
    assert (overlap > 0.5).all()
    assert (overlap < 0.9).all()
