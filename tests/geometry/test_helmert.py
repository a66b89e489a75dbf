"""Laws of the Helmert fit, and two independent implementations."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import SimilarityTransform

from benchmarks import straightforward
from repose.geometry.helmert import fit_helmert, shortest_arc

SEEDS = st.integers(0, 2**32 - 1)


def draw(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def rotations(seed: int, count: int) -> torch.Tensor:
    q, r = torch.linalg.qr(draw(seed, count, 3, 3))
    q = q * torch.sign(torch.diagonal(r, dim1=-2, dim2=-1))[:, None]
    return q * torch.linalg.det(q)[:, None, None]


def apply(matrix: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    return points @ matrix[..., :3, :3].mT + matrix[..., None, :3, 3]


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(3, 8), st.floats(0.1, 10))
def test_a_known_transform_is_recovered(seed, count, scale):
    target = draw(seed, 5, count, 3) * 30
    truth = torch.eye(4, dtype=torch.float64).repeat(5, 1, 1)
    truth[:, :3, :3] = scale * rotations(seed + 1, 5)
    truth[:, :3, 3] = draw(seed + 2, 5, 3) * 50
    fit = fit_helmert(apply(truth, target), target)
    torch.testing.assert_close(fit.source_from_target, truth, atol=1e-8, rtol=1e-8)
    assert fit.residual.max() < 1e-8
    assert not fit.degenerate.any()


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(3, 8))
def test_the_rotation_is_proper_even_for_a_mirror_image(seed, count):
    target = draw(seed, 20, count, 3)
    source = target * torch.tensor([-1.0, 1, 1]) + 0.1 * draw(seed + 1, 20, count, 3)
    linear = fit_helmert(source, target).source_from_target[:, :3, :3]
    determinant = torch.linalg.det(linear)
    assert (determinant > 0).all()
    scale = determinant ** (1 / 3)
    unit = linear.mT @ linear / scale[:, None, None] ** 2
    torch.testing.assert_close(unit, torch.eye(3).double().expand(20, 3, 3))


def test_equal_to_scikit_image():
    source, target = draw(0, 50, 6, 3) * 40, draw(1, 50, 6, 3) * 40
    fit = fit_helmert(source, target).source_from_target
    for a, b, matrix in zip(source.numpy(), target.numpy(), fit.numpy(), strict=True):
        theirs = SimilarityTransform.from_estimate(b, a)
        np.testing.assert_allclose(matrix, theirs.params, atol=1e-8)


def test_no_small_change_lowers_the_residual():
    source, target = draw(2, 1, 7, 3) * 40, draw(3, 1, 7, 3) * 40
    fit = fit_helmert(source, target)

    def residual(matrix):
        return (source - apply(matrix, target)).square().sum(-1).mean(-1).sqrt()

    torch.testing.assert_close(residual(fit.source_from_target), fit.residual)
    for seed in range(30):
        turn = torch.matrix_exp(1e-2 * (lambda s: s - s.mT)(draw(seed, 3, 3)))
        change = torch.eye(4, dtype=torch.float64)
        change[:3, :3] = turn * (1 + 1e-2 * draw(seed + 50, 1))
        change[:3, 3] = 1e-1 * draw(seed + 99, 3)
        assert residual(change @ fit.source_from_target) > fit.residual


def test_weights_count_points_and_padding_changes_nothing():
    source, target = draw(4, 9, 5, 3), draw(5, 9, 5, 3)
    plain = fit_helmert(source, target)
    weights = torch.cat((torch.ones(9, 5), torch.zeros(9, 3)), 1)
    junk = draw(6, 9, 3, 3) * 1e3
    padded = fit_helmert(torch.cat((source, junk), 1), torch.cat((target, -junk), 1), weights)
    torch.testing.assert_close(padded.source_from_target, plain.source_from_target)
    twice = fit_helmert(source[:, [0, 0, 1, 2, 3]], target[:, [0, 0, 1, 2, 3]])
    weighted = fit_helmert(source[:, :4], target[:, :4], torch.tensor([2.0, 1, 1, 1]).expand(9, 4))
    torch.testing.assert_close(twice.source_from_target, weighted.source_from_target)


def test_a_missing_point_is_left_out_and_no_point_is_the_identity():
    source, target = draw(7, 4, 5, 3), draw(8, 4, 5, 3)
    without = fit_helmert(source[:, 1:], target[:, 1:])
    source[:, 0, 1] = torch.nan
    fit = fit_helmert(source, target)
    torch.testing.assert_close(fit.source_from_target, without.source_from_target)
    none = fit_helmert(torch.full_like(source, torch.nan), target)
    torch.testing.assert_close(none.source_from_target, torch.eye(4).double().expand(4, 4, 4))
    assert none.degenerate.all()


def test_points_on_a_line_turn_by_the_shortest_arc():
    place = torch.tensor([-1.0, 0.5, 2.0])[:, None].double()
    start, end = (torch.nn.functional.normalize(draw(s, 30, 3), dim=-1) for s in (9, 10))
    target, source = place * start[:, None] + 3, 2 * place * end[:, None] - 5
    fit = fit_helmert(source, target)
    assert fit.degenerate.all()
    assert fit.residual.max() < 1e-9
    turn = fit.source_from_target[:, :3, :3] / 2
    angle = torch.acos(((turn.diagonal(dim1=1, dim2=2).sum(-1) - 1) / 2).clamp(-1, 1))
    torch.testing.assert_close(angle, torch.acos((start * end).sum(-1)), atol=1e-6, rtol=0)


@pytest.mark.parametrize("axis", [[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, 0, 0.8]])
def test_a_half_turn_is_a_rotation_that_arrives(axis):
    start = torch.tensor(axis, dtype=torch.float64)
    turn = shortest_arc(start, -start)
    torch.testing.assert_close(turn @ start, -start)
    torch.testing.assert_close(turn.mT @ turn, torch.eye(3).double())
    assert torch.linalg.det(turn) > 0


def test_coinciding_points_only_shift():
    source, target = draw(11, 4, 3), draw(12, 4, 3)
    same = target[:, None].repeat(1, 3, 1)
    for a, b in ((source[:, None] + draw(13, 4, 3, 3), same), (same, draw(14, 4, 3, 3))):
        fit = fit_helmert(a, b)
        assert fit.degenerate.all()
        torch.testing.assert_close(
            fit.source_from_target[:, :3, :3], torch.eye(3).double().expand(4, 3, 3)
        )
        torch.testing.assert_close(fit.source_from_target[:, :3, 3], a.mean(1) - b.mean(1))


def test_reflections_are_allowed_as_the_original_allows_them():
    source, target = (40 * draw(s, 60, 3, 3).float() for s in (15, 16))
    ours = fit_helmert(source, target, allow_reflections=True).source_from_target
    theirs = np.stack(
        [straightforward.fit(b, a) for a, b in zip(source.numpy(), target.numpy(), strict=True)]
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-2)
    mirrored = np.linalg.det(theirs[:, :3, :3]) < 0
    assert 0.2 < mirrored.mean() < 0.8
    proper = fit_helmert(source, target).source_from_target
    np.testing.assert_allclose(proper[~mirrored], theirs[~mirrored], atol=2e-2)
