"""Augmentation is the same for images, joints and transforms, and is its own record."""

import numpy as np
import pytest
import torch

from repose.data import augmentation
from repose.data.augmentation import Ranges
from repose.parts import fit_part_affines, fit_part_transforms
from repose.skeleton import JOINT
from tests.training.toy import pose

NONE = Ranges(0, 0, 0, 0, 0, 0, 0, 0, 0)
MOVES = Ranges(0.3, 0.1, 0.2, 0.5, 0.02, 0, 0, 0, 0)
COLOURS = Ranges(0, 0, 0, 0, 0, 0.125, 0.5, 1.2, 0.5)
SIZE = 64


@pytest.fixture
def poses():
    random = np.random.default_rng(3)
    joints = np.stack([pose(random, SIZE) for _ in range(16)])
    return torch.from_numpy(joints).double().split(8)


def moves(joints, draws, which):
    own = draws.source_moves if which == "source" else draws.target_moves
    return augmentation.move_joints(joints, own.double(), draws.flipped)


def test_draws_depend_on_seed_and_step_alone():
    first = augmentation.draw(MOVES, 4, SIZE, seed=1, step=5)
    augmentation.draw(MOVES, 4, SIZE, seed=1, step=6)
    again = augmentation.draw(MOVES, 4, SIZE, seed=1, step=5)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    for seed, step in ((1, 6), (2, 5)):
        other = augmentation.draw(MOVES, 4, SIZE, seed=seed, step=step)
        assert not torch.equal(first.source_moves, other.source_moves)


def test_without_ranges_nothing_changes(poses):
    draws = augmentation.draw(NONE, 8, SIZE, seed=0, step=0)
    images = torch.rand(8, 3, SIZE, SIZE)
    torch.testing.assert_close(augmentation.move_images(images, draws.source_moves), images)
    torch.testing.assert_close(augmentation.colour_images(images, draws.colours), images)
    assert torch.equal(moves(poses[0], draws, "source"), poses[0])


@pytest.mark.parametrize("fit", [fit_part_transforms, fit_part_affines])
def test_composing_equals_fitting_again(poses, fit):
    source, target = poses
    draws = augmentation.draw(MOVES, 8, SIZE, seed=0, step=1)
    assert 0 < draws.flipped.sum() < 8
    composed = augmentation.move_transforms(fit(source, target).source_from_target, draws)
    again = fit(moves(source, draws, "source"), moves(target, draws, "target"))
    torch.testing.assert_close(composed, again.source_from_target, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_images_go_where_their_joints_go(flip):
    draws = augmentation.draw(Ranges(0.3, 0.1, 0.2, flip, 0, 0, 0, 0, 0), 8, SIZE, seed=0, step=2)
    joints = torch.full((8, 19, 3), 32.0)
    wrist, other = JOINT["l_wrist"], JOINT["r_wrist"]
    joints[:, wrist, :2] = torch.tensor([40.5, 25.5])  # the centre of pixel (row 25, column 40)
    images = torch.zeros(8, 1, SIZE, SIZE)
    y, x = torch.meshgrid(torch.arange(SIZE) + 0.5, torch.arange(SIZE) + 0.5, indexing="ij")
    images[:] = torch.exp(-((x - 40.5) ** 2 + (y - 25.5) ** 2) / 8)
    moved = augmentation.move_images(images, draws.source_moves)[:, 0]
    share = moved / moved.sum((1, 2), keepdim=True)
    found = torch.stack([(share * x).sum((1, 2)), (share * y).sum((1, 2))], dim=1)
    expected = augmentation.move_joints(joints, draws.source_moves, draws.flipped)
    named = other if flip else wrist
    torch.testing.assert_close(found, expected[:, named, :2], atol=0.05, rtol=0)


def test_what_comes_from_outside_repeats_the_border():
    draws = augmentation.draw(Ranges(0, 0.3, 0, 0, 0, 0, 0, 0, 0), 4, SIZE, seed=0, step=0)
    moved = augmentation.move_images(torch.full((4, 3, SIZE, SIZE), 0.7), draws.source_moves)
    torch.testing.assert_close(moved, torch.full_like(moved, 0.7))


def test_a_flip_undoes_itself(poses):
    draws = augmentation.draw(Ranges(0, 0, 0, 1.0, 0, 0, 0, 0, 0), 8, SIZE, seed=0, step=0)
    source, target = poses
    once = moves(source, draws, "source")
    assert (once[:, JOINT["l_wrist"], 0] == SIZE - source[:, JOINT["r_wrist"], 0]).all()
    torch.testing.assert_close(moves(once, draws, "source"), source)
    fitted = fit_part_transforms(source, target).source_from_target
    twice = augmentation.move_transforms(augmentation.move_transforms(fitted, draws), draws)
    torch.testing.assert_close(twice, fitted)
    images = torch.rand(8, 3, SIZE, SIZE)
    mirrored = augmentation.move_images(images, draws.source_moves)
    torch.testing.assert_close(mirrored, images.flip(-1), atol=1e-5, rtol=0)


def test_depth_scales_with_the_image_and_only_the_target_shifts_in_it(poses):
    draws = augmentation.draw(MOVES, 8, SIZE, seed=0, step=3)
    in_plane = torch.linalg.det(draws.source_moves[:, :2, :2].double()).abs().sqrt()
    torch.testing.assert_close(draws.source_moves[:, 2, 2].double(), in_plane)
    assert (draws.source_moves[:, 2, 3] == 0).all()
    assert (draws.target_moves[:, 2, 3] != 0).all()
    assert torch.equal(draws.source_moves[:, :2], draws.target_moves[:, :2])


def test_colours_keep_what_they_must():
    only = {
        "brightness": Ranges(0, 0, 0, 0, 0, 0.1, 0, 0, 0),
        "contrast": Ranges(0, 0, 0, 0, 0, 0, 0.5, 0, 0),
        "hue": Ranges(0, 0, 0, 0, 0, 0, 0, 1.2, 0),
        "saturation": Ranges(0, 0, 0, 0, 0, 0, 0, 0, 0.5),
    }
    image = torch.rand(4, 3, 5, 5) * 0.4 + 0.3
    grey = torch.full((4, 3, 5, 5), 0.5)
    luma = torch.tensor(augmentation.LUMA).float().view(3, 1, 1)
    for name, ranges in only.items():
        draws = augmentation.draw(ranges, 4, SIZE, seed=0, step=0)
        changed = augmentation.colour_images(image, draws.colours)
        assert not torch.allclose(changed, image), name
        still = augmentation.colour_images(grey, draws.colours)
        assert torch.allclose(still, grey, atol=1e-5) == (name != "brightness"), name
        if name in ("hue", "saturation"):  # neither makes anything lighter or darker
            torch.testing.assert_close((changed * luma).sum(1), (image * luma).sum(1))


def test_colours_stay_in_range():
    draws = augmentation.draw(COLOURS, 64, SIZE, seed=0, step=0)
    changed = augmentation.colour_images(torch.rand(64, 3, 8, 8), draws.colours)
    assert changed.min() >= 0
    assert changed.max() <= 1
