"""Lines and polygons against plain loops, and against areas that are known."""

import numpy as np
import pytest
import torch

from benchmarks.plain import vunet25d as plain
from repose.geometry.strokes import polygons, segment_nearness, strokes

SIZE = 24


def points(*shape: int, seed: int = 0, spread: float = 40.0) -> torch.Tensor:
    """Return points (*shape, 2) in px, some of them beyond the image."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(*shape, 2, generator=generator) - 0.5) * spread + SIZE / 2


def test_distances_are_those_of_a_plain_loop():
    start, end = points(3, 4), points(3, 4, seed=1)
    end[0, 0] = start[0, 0]  # a point
    squared, share = segment_nearness(start, end, SIZE)
    assert squared.shape == share.shape == (3, 4, SIZE, SIZE)
    for sample in range(3):
        for k in range(4):
            ends = (p[sample, k].double().numpy() for p in (start, end))
            distance, where = plain.nearest(*ends, SIZE)
            np.testing.assert_allclose(squared[sample, k].sqrt(), distance, atol=1e-4)
            np.testing.assert_allclose(share[sample, k], where, atol=1e-5)


def test_a_segment_with_a_missing_end_is_infinitely_far():
    start, end = points(1, 2), points(1, 2, seed=1)
    end[0, 1, 0] = torch.nan
    distance = segment_nearness(start, end, SIZE)[0].sqrt()
    assert torch.isfinite(distance[0, 0]).all()
    assert torch.isinf(distance[0, 1]).all()
    assert not strokes(start, end, 100.0, SIZE)[0, 1].any()


def test_strokes_may_each_have_their_width():
    start, end = points(2, 3), points(2, 3, seed=1)
    widths = torch.tensor([[1.0, 4.0, 9.0], [0.5, torch.nan, 2.0]])
    drawn = strokes(start, end, widths, SIZE)
    for sample in range(2):
        for k in range(3):
            ends = (p[sample, k].double().numpy() for p in (start, end))
            wanted = plain.line(*ends, widths[sample, k].item(), SIZE)
            np.testing.assert_array_equal(drawn[sample, k], wanted)
    assert torch.equal(strokes(start, end, 4.0, SIZE)[0, 1], drawn[0, 1])


def test_a_line_of_one_px_along_a_row_marks_that_row():
    start, end = torch.tensor([[[2.5, 7.5]]]), torch.tensor([[[9.5, 7.5]]])
    drawn = strokes(start, end, 1.0, SIZE)[0, 0]
    assert drawn.sum() == 8
    assert drawn[7, 2:10].all()


@pytest.mark.parametrize("corners", [3, 4, 5])
def test_polygons_are_those_of_a_plain_loop(corners):
    shape = points(4, 3, corners, spread=30.0)
    drawn = polygons(shape, SIZE)
    assert drawn.any()
    for sample in range(4):
        for k in range(3):  # most of five corners cross themselves
            wanted = plain.fill(shape[sample, k].double().numpy(), SIZE)
            np.testing.assert_array_equal(drawn[sample, k], wanted)


def test_areas_of_polygons():
    square = torch.tensor([[3.0, 4.0], [9.0, 4.0], [9.0, 14.0], [3.0, 14.0]])
    bow = square[[0, 2, 1, 3]]
    one_point = square[:1].expand(4, 2)
    lost = square.clone()
    lost[2] = torch.nan
    drawn = polygons(torch.stack([square, square.flip(0), bow, one_point, lost])[None], SIZE)[0]
    assert drawn[0].sum() == 60
    assert torch.equal(drawn[1], drawn[0])
    assert 0 < drawn[2].sum() < 60
    assert not drawn[3:].any()


def test_a_polygon_may_lie_beyond_the_image():
    square = torch.tensor([[-9.0, -9.0], [99.0, -9.0], [99.0, 99.0], [-9.0, 99.0]])
    drawn = polygons(torch.stack([square, square + 200])[None], SIZE)[0]
    assert drawn[0].all()
    assert not drawn[1].any()
