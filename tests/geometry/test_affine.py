"""Laws of the affine fit and of composition."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import SimilarityTransform

from repose.geometry.affine import compose, fit_affine
from repose.geometry.helmert import fit_helmert
from tests.geometry.test_helmert import draw, rotations


def apply(matrix: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    n = points.shape[-1]
    return points @ matrix[..., :n, :n].mT + matrix[..., None, :n, n]


def homogeneous(linear: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    n = linear.shape[-1]
    matrix = torch.eye(n + 1, dtype=linear.dtype).repeat(len(linear), 1, 1)
    matrix[:, :n, :n], matrix[:, :n, n] = linear, shift
    return matrix


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 8))
def test_a_known_affine_map_is_recovered(seed, count):
    target = draw(seed, 5, count, 2) * 30
    truth = homogeneous(draw(seed + 1, 5, 2, 2), draw(seed + 2, 5, 2) * 40)
    fit = fit_affine(apply(truth, target), target)
    kept = ~fit.degenerate
    torch.testing.assert_close(fit.source_from_target[kept], truth[kept], atol=1e-5, rtol=1e-5)
    assert (fit.residual[kept] < 1e-5).all()


def test_equal_to_numpy_least_squares():
    source, target = draw(0, 50, 4, 2) * 40, draw(1, 50, 4, 2) * 40
    fit = fit_affine(source, target)
    for a, b, matrix, residual in zip(
        *(t.numpy() for t in (source, target, *fit[:2])), strict=True
    ):
        rows, error, _, _ = np.linalg.lstsq(np.c_[b, np.ones(4)], a, rcond=None)
        np.testing.assert_allclose(matrix[:2], rows.T, atol=1e-7)
        np.testing.assert_allclose(residual, np.sqrt(error.sum() / 4), atol=1e-7)


def test_points_on_a_line_get_a_similarity():
    place = torch.tensor([-1.0, 0.5, 2.0, 3.0])[:, None].double()
    target = place * draw(2, 20, 1, 2) + 3
    source = draw(3, 20, 4, 2)
    for a, b in ((source, target), (target, source)):
        fit = fit_affine(a, b)
        assert fit.degenerate.all()
        for one, other, matrix in zip(a.numpy(), b.numpy(), fit.source_from_target, strict=True):
            theirs = SimilarityTransform.from_estimate(other, one)
            scale = torch.linalg.det(matrix[:2, :2]).sqrt()
            # Umeyama's scale is that of least squares, too, so the whole matrix agrees.
            np.testing.assert_allclose(scale, theirs.scale, atol=1e-8)
            np.testing.assert_allclose(matrix, theirs.params, atol=1e-7)


def test_coinciding_points_only_shift():
    target = draw(4, 6, 1, 2).repeat(1, 4, 1)
    source = draw(5, 6, 4, 2)
    fit = fit_affine(source, target)
    assert fit.degenerate.all()
    moved = apply(fit.source_from_target, target)
    torch.testing.assert_close(moved[:, 0], source.mean(1))
    torch.testing.assert_close(
        fit.source_from_target[:, :2, :2], torch.eye(2).double().expand(6, 2, 2)
    )


def test_composing_equals_fitting_the_moved_points():
    source, target = draw(6, 20, 5, 2) * 30, draw(7, 20, 5, 2) * 30
    before, after = (
        homogeneous(draw(s, 20, 2, 2) + 2 * torch.eye(2), draw(s + 1, 20, 2) * 9) for s in (8, 18)
    )
    fit = fit_affine(source, target).source_from_target
    refit = fit_affine(apply(before, source), apply(after, target)).source_from_target
    # Moves of the target change the unknowns, those of the source the metric, which an affine
    # least-squares fit of each row does not see.
    torch.testing.assert_close(compose(before, fit, after), refit, atol=1e-8, rtol=1e-8)


def test_composing_a_similarity_equals_fitting_the_moved_points_in_space():
    source, target = draw(9, 20, 5, 3) * 30, draw(10, 20, 5, 3) * 30
    mirror = torch.diag(torch.tensor([-1.0, 1, 1], dtype=torch.float64))
    linear = 1.3 * rotations(11, 20) @ mirror
    before, after = (homogeneous(linear, draw(s, 20, 3) * 9) for s in (12, 13))
    fit = fit_helmert(source, target).source_from_target
    refit = fit_helmert(apply(before, source), apply(after, target)).source_from_target
    torch.testing.assert_close(compose(before, fit, after), refit, atol=1e-8, rtol=1e-8)


def test_composing_with_nothing_changes_nothing():
    fit = homogeneous(draw(14, 20, 3, 3), draw(15, 20, 3))
    unit = torch.eye(4, dtype=torch.float64).expand(20, 4, 4)
    torch.testing.assert_close(compose(unit, fit, unit), fit)
    move = homogeneous(rotations(16, 20), draw(17, 20, 3))
    there = compose(move, fit, move)
    torch.testing.assert_close(compose(torch.linalg.inv(move), there, torch.linalg.inv(move)), fit)
