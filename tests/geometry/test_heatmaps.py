"""The maps against the formula, and what a missing joint leaves."""

import torch

from benchmarks.people import poses
from repose.geometry.heatmaps import heatmap_factors, heatmaps

GRID = (6, 8, 10)


def test_maps_are_gaussians_at_voxel_centres():
    joints = poses(2, 0, 64)
    maps = heatmaps(joints, 64, GRID, 5.0)
    assert maps.shape == (2, 19, *GRID)
    for k, j, i in ((0, 0, 0), (3, 4, 5), (5, 7, 9), (2, 6, 3)):
        centre = torch.tensor([(i + 0.5) * 6.4, (j + 0.5) * 8, (k + 0.5) * 64 / 6 - 32])
        expected = torch.exp(-(joints - centre).square().sum(-1) / 50)
        torch.testing.assert_close(maps[:, :, k, j, i], expected)


def test_a_joint_at_a_voxel_centre_has_a_one_there():
    joint = torch.tensor([[[(3 + 0.5) * 6.4, (2 + 0.5) * 8, (1 + 0.5) * 64 / 6 - 32]]])
    maps = heatmaps(joint, 64, GRID, 2.0)
    torch.testing.assert_close(maps[0, 0, 1, 2, 3], torch.tensor(1.0))
    assert maps.argmax() == (1 * 8 + 2) * 10 + 3


def test_factors_multiply_to_the_maps():
    joints = poses(2, 1, 64)
    z, y, x = heatmap_factors(joints, 64, GRID, 5.0)
    assert [t.shape[2] for t in (z, y, x)] == list(GRID)
    product = torch.einsum("bjz,bjy,bjx->bjzyx", z, y, x)
    torch.testing.assert_close(product, heatmaps(joints, 64, GRID, 5.0))


def test_a_missing_joint_has_an_empty_map_and_no_other_changes():
    joints = poses(1, 2, 64)
    maps = heatmaps(joints, 64, GRID, 5.0)
    joints[0, 4, 2] = torch.nan
    without = heatmaps(joints, 64, GRID, 5.0)
    assert not without[0, 4].any()
    kept = [j for j in range(19) if j != 4]
    torch.testing.assert_close(without[:, kept], maps[:, kept])
