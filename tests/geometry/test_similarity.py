"""Laws of the similarity fit, its rules where points are lacking, and the units of its grids."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.plain.posewarp import sampling, similarity
from repose.geometry.affine import fit_affine
from repose.geometry.similarity import fit_similarity, to_sampling
from tests.geometry.test_affine import apply, homogeneous
from tests.geometry.test_helmert import draw


def turns(seed: int, count: int, *, mirror: bool = False) -> torch.Tensor:
    """Return (count, 3, 3) similarities, scale 0.3 to 3."""
    angle, scale = draw(seed, count) * 3, torch.exp(draw(seed + 1, count).clamp(-1, 1))
    linear = torch.stack((angle.cos(), -angle.sin(), angle.sin(), angle.cos()), -1)
    linear = scale[:, None, None] * linear.unflatten(-1, (2, 2))
    if mirror:
        linear = linear * linear.new_tensor([-1.0, 1.0])
    return homogeneous(linear, draw(seed + 2, count, 2) * 40)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.booleans())
def test_a_known_similarity_is_recovered(seed, count, mirrors):
    target, truth = draw(seed, 5, count, 2) * 30, turns(seed, 5)
    fit = fit_similarity(apply(truth, target), target, allow_mirrors=mirrors)
    kept = ~fit.degenerate
    torch.testing.assert_close(fit.source_from_target[kept], truth[kept], atol=1e-6, rtol=1e-6)
    assert (fit.residual[kept] < 1e-6).all()


@pytest.mark.parametrize("count", [2, 3, 4])
def test_equal_to_numpy_least_squares(count):
    source, target = draw(0, 40, count, 2) * 40, draw(1, 40, count, 2) * 40
    fit = fit_similarity(source, target)
    for a, b, matrix in zip(*(t.numpy() for t in (source, target, fit[0])), strict=True):
        np.testing.assert_allclose(matrix[:2], similarity(a, b), atol=1e-7)
    assert not fit.degenerate.any()


def test_there_and_back_is_nothing_for_two_points():
    one, other = draw(2, 20, 2, 2) * 30, draw(3, 20, 2, 2) * 30
    there = fit_similarity(one, other).source_from_target
    back = fit_similarity(other, one).source_from_target
    unit = torch.eye(3).double().expand(20, 3, 3)
    torch.testing.assert_close(there @ back, unit, atol=1e-7, rtol=0)


def test_equal_to_the_affine_fits_rule_for_a_line():
    place = torch.tensor([-1.0, 0.5, 2.0])[:, None].double()
    target, source = place * draw(4, 20, 1, 2) + 3, draw(5, 20, 3, 2)
    torch.testing.assert_close(
        fit_similarity(source, target).source_from_target,
        fit_affine(source, target).source_from_target,
    )


def test_mirrored_points_are_mirrored_only_where_allowed():
    target, truth = draw(6, 20, 4, 2) * 30, turns(7, 20, mirror=True)
    source = apply(truth, target)
    allowed = fit_similarity(source, target, allow_mirrors=True)
    torch.testing.assert_close(allowed.source_from_target, truth, atol=1e-6, rtol=1e-6)
    plain = fit_similarity(source, target)
    assert (torch.linalg.det(plain.source_from_target[:, :2, :2]) >= 0).all()
    assert (plain.residual > allowed.residual + 1).all()


def test_two_points_are_never_mirrored():
    one, other = draw(8, 50, 2, 2) * 30, draw(9, 50, 2, 2) * 30
    for source, target in ((one, other), (one, one * other.new_tensor([-1.0, 1.0]))):
        matrix = fit_similarity(source, target, allow_mirrors=True).source_from_target
        assert (torch.linalg.det(matrix[:, :2, :2]) > 0).all()


def test_weights_and_missing_points_leave_points_out():
    source, target = draw(10, 9, 4, 2) * 30, draw(11, 9, 4, 2) * 30
    wanted = fit_similarity(source[:, :3], target[:, :3]).source_from_target
    weights = torch.tensor([1.0, 1.0, 1.0, 0.0]).expand(9, 4)
    weighed = fit_similarity(source, target, weights).source_from_target
    torch.testing.assert_close(weighed, wanted)
    source[:5, 3] = torch.nan
    target[5:, 3, 0] = torch.nan
    torch.testing.assert_close(fit_similarity(source, target).source_from_target, wanted)


def test_rules_of_degenerate_points():
    source, target = draw(12, 4, 3, 2) * 30, draw(13, 4, 3, 2) * 30
    source[0] = torch.nan  # nothing in both: the identity
    target[1, 1:] = torch.nan  # one point in both: a shift
    source[2] = source[2, :1]  # a limb of no length in the source: a shift
    target[3] = target[3, :1]  # or in the target
    fit = fit_similarity(source, target, allow_mirrors=True)
    assert fit.degenerate.all()
    unit = torch.eye(3).double()
    torch.testing.assert_close(fit.source_from_target[0], unit)
    torch.testing.assert_close(fit.source_from_target[:, :2, :2], unit[:2, :2].expand(4, 2, 2))
    shift = fit.source_from_target[1:, :2, 2]
    torch.testing.assert_close(shift[0], source[1, 0] - target[1, 0])
    torch.testing.assert_close(shift[1:], source[2:].mean(1) - target[2:].mean(1))


def test_sampling_units_run_from_edge_to_edge():
    moves = turns(14, 6)
    ours = to_sampling(moves, 48)
    for one, matrix in zip(ours.numpy(), moves.numpy(), strict=True):
        np.testing.assert_allclose(one, sampling(matrix[:2], 48), atol=1e-9)
    edges = torch.tensor([[-1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]]).double().T
    px = apply(moves, (edges + 1) * 24)
    theirs = edges @ ours[:, :, :2].mT + ours[:, None, :, 2]
    torch.testing.assert_close((theirs + 1) * 24, px)
