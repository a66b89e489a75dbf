"""Soft-argmax finds what was planted, in the order (x, y, z), and gradients flow through it."""

import pytest
import torch

from repose.geometry.soft_argmax import mass_near, soft_argmax


@pytest.mark.parametrize("cell", [(0, 0, 0), (1, 4, 2), (2, 6, 4)])
def test_a_planted_peak_is_found_in_the_middle_of_its_cell(cell):
    logits = torch.zeros(2, 3, 7, 5)
    logits[(slice(None), *cell)] = 50
    z, y, x = cell
    expected = torch.tensor([(x + 0.5) / 5, (y + 0.5) / 7, (z + 0.5) / 3])
    assert torch.allclose(soft_argmax(logits, axes=3), expected.expand(2, 3))


def test_nothing_planted_is_the_middle_and_two_peaks_lie_between():
    assert torch.allclose(soft_argmax(torch.zeros(4, 6, 8), axes=2), torch.tensor(0.5))
    logits = torch.zeros(6, 8)
    logits[1, 2] = logits[4, 5] = 50
    assert torch.allclose(soft_argmax(logits, axes=2), torch.tensor([4 / 8, 3 / 6]))


def test_a_constant_changes_nothing_and_a_shift_moves_by_a_cell():
    logits = torch.randn(9, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = soft_argmax(logits, axes=2)
    assert torch.allclose(soft_argmax(logits + 7, axes=2), found)
    lonely = torch.full((9, 11), -1e3, dtype=torch.float64)
    lonely[:, :9] = logits
    moved = lonely.roll(1, dims=-1)
    step = soft_argmax(moved, axes=2) - soft_argmax(lonely, axes=2)
    assert torch.allclose(step, torch.tensor([1 / 11, 0], dtype=torch.float64))


def test_gradients_are_right():
    logits = torch.randn(2, 2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda values: soft_argmax(values, axes=3), (logits,))


def test_mass_near_a_place_is_all_of_a_peak_and_a_share_of_nothing():
    peak = torch.zeros(8, 8)
    peak[3, 5] = 60
    place = torch.tensor([5.5 / 8, 3.5 / 8])
    assert mass_near(peak, place, radius=1.5) == pytest.approx(1)
    assert mass_near(torch.zeros(8, 8), place, radius=1.5) == pytest.approx(9 / 64)
    assert mass_near(peak, torch.tensor([0.1, 0.9]), radius=1.5) == pytest.approx(0, abs=1e-6)
