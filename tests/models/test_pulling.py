import itertools

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.plain import deformable as plain
from repose.models.pulling import RESTS, LearnedPull, PartPull, WholePull
from repose.skeleton import JOINT
from tests.models.toys import SIZE, poses


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize(
    ("rest", "interp", "combine"),
    itertools.product(RESTS, ["nearest", "linear"], ["max", "avg"]),
)
def test_deformable_skips_are_those_of_the_plain_version(rest, interp, combine, everywhere):
    source, target = (poses(4, seed=seed, jitter_px=3).double() for seed in (3, 4))
    source[1, JOINT["l_wrist"]] = target[2, JOINT["r_knee"]] = torch.nan
    source[3, JOINT["l_hip"]] = torch.nan
    levels = [torch.randn(4, 3, SIZE // n, SIZE // n // 2, dtype=torch.float64) for n in (1, 2)]
    moved = PartPull(rest, interp, combine, everywhere)(levels, source, target)
    options = {"rest": rest, "interp": interp, "combine": combine, "torso_everywhere": everywhere}
    for pitch, features, found in zip((1, 2), levels, moved, strict=True):
        for n in range(4):
            pair = source[n].numpy(), target[n].numpy()
            wanted = plain.skip(features[n].numpy(), *pair, pitch, **options)
            np.testing.assert_allclose(found[n].numpy(), wanted, atol=1e-6)


def test_the_whole_person_moves_as_in_the_plain_version():
    source, target = (poses(3, seed=seed).double() for seed in (5, 6))
    source[1, JOINT["l_knee"]] = torch.nan
    source[2, JOINT["l_hip"]] = torch.nan
    features = torch.randn(3, 2, SIZE, SIZE, dtype=torch.float64)
    (moved,) = WholePull("linear")([features], source, target)
    for n in range(2):
        matrix = plain.whole_move(source[n].numpy(), target[n].numpy())
        wanted = plain.move(features[n].numpy(), matrix, 1, "linear")
        np.testing.assert_allclose(moved[n].numpy(), wanted, atol=1e-6)
    assert moved[0].min() < 0  # a single part hides nothing below zero
    assert not moved[2].any()


def test_a_learned_move_starts_near_the_identity_and_learns_from_images():
    torch.manual_seed(0)
    learned = LearnedPull(range(18), (SIZE, SIZE))
    levels = [torch.randn(2, 3, SIZE // n, SIZE // n) for n in (1, 2)]
    source, target = poses(2), poses(2, seed=1)
    source[0, 3] = torch.nan
    moved = learned(levels, source, target)
    for one, other in zip(moved, levels, strict=True):
        assert (one - other).abs().mean() < 0.1
    nn.init.zeros_(learned.body[-1].weight)
    learned.body[-1].bias.data[2] = 4 / SIZE  # of half the width: two pixels to the right
    for one, other, shift in zip(learned(levels, source, target), levels, (2, 1), strict=True):
        torch.testing.assert_close(one[..., :-shift], other[..., shift:], atol=1e-4, rtol=1e-4)


def test_an_unchanged_pose_moves_nothing():
    joints = poses(2)
    features = torch.rand(2, 3, SIZE, SIZE)
    (moved,) = PartPull("still", "nearest", "max", False)([features], joints, joints)
    assert torch.equal(moved, features)
    (bare,) = PartPull("none", "nearest", "max", False)([features], joints, joints)
    assert torch.equal(bare, features * (bare != 0))
    assert 0.1 < (bare != 0).float().mean() < 0.9
