"""The maps against the formula, and what missing and outlying points leave."""

import numpy as np
import pytest
import torch

from benchmarks.plain.posewarp import heat_map
from repose.geometry.maps2d import heatmaps2d

GRID = (20, 24)


def places(seed: int, size: int = 48) -> torch.Tensor:
    return torch.rand(2, 5, 2, generator=torch.Generator().manual_seed(seed)) * size


def test_maps_are_gaussians_at_pixel_centres():
    points = places(0)
    maps = heatmaps2d(points, 48, GRID, 4.0)
    assert maps.shape == (2, 5, *GRID)
    for row, column in ((0, 0), (7, 13), (19, 23)):
        centre = torch.tensor([(column + 0.5) * 2, (row + 0.5) * 2.4])
        expected = torch.exp(-(points - centre).square().sum(-1) / 32)
        torch.testing.assert_close(maps[:, :, row, column], expected)


def test_equal_to_one_joint_after_the_other():
    points = places(1)
    plain = [[heat_map(p, 48, 24, 3.0) for p in pose] for pose in points.double().numpy()]
    maps = heatmaps2d(points, 48, (24, 24), 3.0)
    np.testing.assert_allclose(maps.numpy(), np.array(plain), atol=1e-6)


@pytest.mark.parametrize("bad", [(torch.nan, 3.0), (3.0, torch.nan), (torch.inf, 3.0)])
def test_a_missing_point_has_an_empty_map_and_no_other_changes(bad):
    points = places(2)
    maps = heatmaps2d(points, 48, GRID, 4.0)
    points[0, 3] = torch.tensor(bad)
    without = heatmaps2d(points, 48, GRID, 4.0)
    assert not without[0, 3].any()
    without[0, 3] = maps[0, 3]
    torch.testing.assert_close(without, maps, atol=0, rtol=0)


def test_what_reaches_in_from_outside_is_drawn_or_not():
    points = torch.tensor([[[-1.0, 5.0], [48.0, 5.0], [0.0, 5.0]]])
    assert (heatmaps2d(points, 48, GRID, 4.0).amax((-2, -1)) > 0.5).all()
    inside = heatmaps2d(points, 48, GRID, 4.0, outside=False).flatten(2).any(-1)
    assert inside.tolist() == [[False, False, True]]


def test_depth_is_ignored_and_nothing_learns_through_the_maps():
    points = torch.cat([places(3), torch.full((2, 5, 1), torch.nan)], -1).requires_grad_()
    maps = heatmaps2d(points, 48, GRID, 4.0)
    torch.testing.assert_close(maps, heatmaps2d(places(3), 48, GRID, 4.0), atol=0, rtol=0)
    assert not maps.requires_grad
