"""Limb priors against the formula, written plainly, and their rules at the edges."""

import numpy as np
import pytest
import torch

from benchmarks.plain.posewarp import limb_map
from repose.geometry.limbs import limb_priors, log_with_background

SIZE = 32


def bones(seed: int, count: int = 6, limbs: int = 4) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.rand(count, limbs, 2, 2, generator=random) * 1.4 * SIZE - 0.2 * SIZE


def draw(ends: torch.Tensor, across_px: float = 2.0, size: int = SIZE) -> torch.Tensor:
    return limb_priors(ends, torch.full((ends.shape[1],), across_px), size)


@pytest.mark.parametrize("size", [32, 64])
def test_equal_to_the_formula_limb_by_limb(size):
    ends = bones(0) * size / SIZE
    ends[0, 0, 1] = ends[0, 0, 0]  # of zero length
    ends[1, 1] = torch.tensor([[9.0, 20.0], [9.0, 5.0]])  # upright
    across = torch.tensor([11.0, 11.0, 11.0, 13.0])
    ours = limb_priors(ends, across * size / 256, size)
    for pose, maps in zip(ends.double().numpy(), ours.numpy(), strict=True):
        for (start, end), width, drawn in zip(pose, across.tolist(), maps, strict=True):
            np.testing.assert_allclose(drawn, limb_map(start, end, width, size), atol=2e-5)


def test_a_limb_is_highest_at_its_middle_and_symmetric():
    prior = draw(torch.tensor([[[[8.5, 16.5], [24.5, 16.5]]]]))[0, 0]
    assert prior.argmax() == 16 * SIZE + 16
    torch.testing.assert_close(prior.amax(), torch.tensor(1.0), atol=1e-5, rtol=0)
    torch.testing.assert_close(prior[:, 12], prior[:, 20])
    # One deviation to the side and, by L^2 / 1.5, to the front.
    expected = torch.exp(torch.tensor([-0.5, -0.5 * 16 / (16**2 / 1.5)]))
    torch.testing.assert_close(torch.stack((prior[18, 16], prior[16, 20])), expected)


def test_the_order_of_the_ends_does_not_matter():
    ends = bones(1)
    torch.testing.assert_close(draw(ends), draw(ends.flip(2)), atol=1e-6, rtol=1e-5)


def test_mirrored_limbs_have_mirrored_maps():
    ends = bones(2)
    mirrored = torch.stack((SIZE - ends[..., 0], ends[..., 1]), -1)
    torch.testing.assert_close(draw(mirrored), draw(ends).flip(-1), atol=1e-5, rtol=1e-4)


def test_twice_the_size_is_the_same_picture():
    ends = bones(3).clamp(4, SIZE - 4)
    large = draw(2 * ends, 4.0, 2 * SIZE)
    # Pixel centres of the small picture lie between those of the large one.
    small = torch.nn.functional.avg_pool2d(large, 2)
    torch.testing.assert_close(small, draw(ends), atol=0.08, rtol=0)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_missing_end_leaves_an_empty_map_and_no_other_changes(value):
    ends = bones(4)
    before = draw(ends)
    ends[2, 1, 0, 1] = value
    after = draw(ends)
    assert not after[2, 1].any()
    after[2, 1] = before[2, 1]
    torch.testing.assert_close(after, before, atol=0, rtol=0)


def test_a_limb_far_outside_leaves_nothing():
    far = torch.tensor([[[[-900.0, -900.0], [-880.0, -900.0]]]])
    assert draw(far).amax() < 1e-6


def test_the_background_is_what_no_limb_takes():
    priors = torch.tensor([[[[0.0, 0.3]], [[0.0, 0.8]]]])
    logs = log_with_background(priors)
    expected = torch.tensor([[[[1.0, 0.2]], [[0.0, 0.3]], [[0.0, 0.8]]]])
    torch.testing.assert_close(logs.exp(), expected)
    assert logs.amin() == pytest.approx(np.log(1e-10), rel=1e-5)
