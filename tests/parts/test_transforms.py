"""Part transforms: what they recover, how they follow augmentation, and the original's."""

import numpy as np
import pytest
import torch

from benchmarks import straightforward
from benchmarks.people import poses
from repose.geometry.affine import compose
from repose.parts import fit_part_affines, fit_part_transforms, to_grid
from repose.skeleton import FLIP, FLIP_PARTS, JOINT, PART

SIZE = 256


def apply(matrix: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    n = points.shape[-1]
    return points @ matrix[..., :n, :n].mT + matrix[..., None, :n, n]


def augmentation(seed: int, batch: int, *, flip: bool) -> torch.Tensor:
    """Return (B, 4, 4) moves: turn, scale, shift and perhaps mirror the image."""
    random = np.random.default_rng(seed)
    moves = np.tile(np.eye(4), (batch, 1, 1))
    angle, scale = random.uniform(-0.3, 0.3, batch), random.uniform(0.8, 1.25, batch)
    sign = -1.0 if flip else 1.0
    moves[:, 0, 0], moves[:, 0, 1] = sign * scale * np.cos(angle), -sign * scale * np.sin(angle)
    moves[:, 1, 0], moves[:, 1, 1] = scale * np.sin(angle), scale * np.cos(angle)
    moves[:, 2, 2] = scale
    moves[:, :3, 3] = random.uniform(-30, 30, (batch, 3)) + np.array([SIZE * flip, 0, 0])
    return torch.from_numpy(moves)


def noisy(count: int, seed: int) -> torch.Tensor:
    """Return people whose bones change their length from pose to pose, as estimates do."""
    random = torch.Generator().manual_seed(seed)
    return poses(count, seed).double() + 4 * torch.randn(
        count, 19, 3, generator=random, dtype=torch.float64
    )


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("fit", [fit_part_transforms, fit_part_affines])
def test_composing_equals_refitting_on_the_moved_joints(flip, fit):
    source, target = noisy(8, 0), noisy(8, 1)
    moves = augmentation(2, 8, flip=flip)
    # The target may have its own shift, as its random depth.
    own = moves.clone()
    own[:, :3, 3] += torch.tensor([3.0, -2.0, 0.4])
    order = list(FLIP) if flip else slice(None)
    parts = list(FLIP_PARTS) if flip else slice(None)
    refit = fit(apply(moves, source)[:, order], apply(own, target)[:, order])
    first = fit(source, target)
    keep = [0, 1, 2, 3] if fit is fit_part_transforms else [0, 1, 3]
    flat = (moves[:, None][..., keep, :][..., keep], own[:, None][..., keep, :][..., keep])
    composed = compose(flat[0], first.source_from_target, flat[1])[:, parts]
    torch.testing.assert_close(composed, refit.source_from_target, atol=1e-6, rtol=1e-6)
    scale = torch.linalg.det(moves[:, :2, :2]).abs().sqrt()[:, None]
    torch.testing.assert_close(first.residual_px[:, parts] * scale, refit.residual_px)


def test_a_person_moved_as_a_whole_is_recovered_by_every_part():
    source = noisy(6, 3)
    target_from_source = augmentation(4, 6, flip=False)
    target = apply(target_from_source, source)
    expected = torch.linalg.inv(target_from_source)[:, None].expand(-1, 10, -1, -1)
    fit = fit_part_transforms(source, target)
    torch.testing.assert_close(fit.source_from_target, expected, atol=1e-7, rtol=1e-7)
    assert fit.residual_px.max() < 1e-7
    flat = fit_part_affines(source, target)
    keep = torch.tensor([0, 1, 3])
    torch.testing.assert_close(
        flat.source_from_target[:, 1:], expected[:, 1:, keep[:, None], keep], atol=1e-6, rtol=1e-6
    )


def test_limbs_with_equal_bones_fit_exactly_and_are_proper():
    fit = fit_part_transforms(poses(16, 5), poses(16, 6))
    assert fit.source_from_target.dtype == torch.float32
    assert fit.residual_px[:, 2:].max() < 1e-3
    assert (torch.linalg.det(fit.source_from_target[..., :3, :3]) > 0).all()
    assert not fit.degenerate.any()


def test_the_bend_of_a_limb_is_carried_along():
    source, target = poses(8, 7).double(), poses(8, 8).double()
    moved = fit_part_transforms(source, target).source_from_target
    for side in ("l", "r"):
        a, b, c = (JOINT[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist"))
        bend = [torch.linalg.cross(p[:, b] - p[:, a], p[:, c] - p[:, b]) for p in (source, target)]
        turn = moved[:, PART[f"{side}_upper_arm"], :3, :3]
        carried = torch.nn.functional.normalize((turn @ bend[1][..., None])[..., 0], dim=-1)
        torch.testing.assert_close(carried, torch.nn.functional.normalize(bend[0], dim=-1))


def test_a_straight_limb_is_marked_and_moves_by_the_shortest_arc():
    source, target = noisy(3, 9), noisy(3, 10)
    shoulder, elbow, wrist = (JOINT[f"l_{name}"] for name in ("shoulder", "elbow", "wrist"))
    target[:, wrist] = target[:, elbow] + 0.9 * (target[:, elbow] - target[:, shoulder])
    fit = fit_part_transforms(source, target)
    marked = [PART["l_upper_arm"], PART["l_forearm"]]
    assert fit.degenerate[:, marked].all()
    assert fit.degenerate.sum() == 6
    matrix = fit.source_from_target[:, marked[0]]
    ends = apply(matrix, target[:, [shoulder, elbow]])
    torch.testing.assert_close(ends, source[:, [shoulder, elbow]])
    scale = torch.linalg.det(matrix[:, :3, :3]) ** (1 / 3)
    turn = matrix[:, :3, :3] / scale[:, None, None]
    angle = torch.acos((turn.diagonal(dim1=1, dim2=2).sum(-1) - 1) / 2)
    bones = [torch.nn.functional.normalize(p[:, elbow] - p[:, shoulder]) for p in (source, target)]
    torch.testing.assert_close(angle, torch.acos((bones[0] * bones[1]).sum(-1)))


@pytest.mark.parametrize("fit", [fit_part_transforms, fit_part_affines])
def test_hopeless_joints_give_finite_transforms(fit):
    source, target = noisy(4, 11), noisy(4, 12)
    source[0] = torch.nan
    target[1, JOINT["r_knee"]] = torch.nan
    source[2, JOINT["l_elbow"]] = source[2, JOINT["l_shoulder"]]
    target[3] = 7.0
    found = fit(source, target)
    assert torch.isfinite(found.source_from_target).all()
    assert torch.isnan(found.residual_px[0]).all(), "nothing was fitted"
    assert torch.isfinite(found.residual_px[2:]).all()
    assert found.degenerate[0].all()
    assert found.degenerate[3].all()
    assert (torch.linalg.det(found.source_from_target) != 0).all()


def test_reflections_are_those_of_the_original():
    source, target = poses(24, 13), poses(24, 14)
    found = fit_part_transforms(source, target, compat_reflections=True)
    expected = np.stack(
        [
            straightforward.transforms(a, b)
            for a, b in zip(source.numpy(), target.numpy(), strict=True)
        ]
    )
    np.testing.assert_allclose(found.source_from_target, expected, atol=0.05)
    mirrored = np.linalg.det(expected[..., :3, :3]) < 0
    assert 0.3 < mirrored[:, 2:].mean() < 0.7
    sound = fit_part_transforms(source, target).source_from_target.numpy()
    left = np.array(
        [0, 1, PART["l_upper_arm"], PART["l_forearm"], PART["l_thigh"], PART["l_shin"]]
    )
    same = ~mirrored[:, left]
    np.testing.assert_allclose(sound[:, left][same], expected[:, left][same], atol=0.05)


@pytest.mark.parametrize("grid", [(32, 64, 64), (6, 12, 20), (1, 16, 16)])
def test_on_the_grid_a_transform_moves_voxel_centres_alike(grid):
    transforms = fit_part_transforms(noisy(3, 15), noisy(3, 16)).source_from_target
    on_grid = to_grid(transforms, SIZE, grid)
    counts = torch.tensor(grid[::-1], dtype=torch.float64)
    index = torch.rand(3, 10, 9, 3, dtype=torch.float64) * counts
    pixel = (index + 0.5) * SIZE / counts - torch.tensor([0, 0, SIZE / 2])
    moved = apply(transforms, pixel) + torch.tensor([0, 0, SIZE / 2])
    torch.testing.assert_close(apply(on_grid, index), moved * counts / SIZE - 0.5)


def test_on_the_grid_an_affine_map_leaves_depth_alone():
    transforms = fit_part_affines(noisy(3, 17), noisy(3, 18)).source_from_target
    on_grid = to_grid(transforms, SIZE, (8, 16, 16))
    index = torch.rand(3, 10, 9, 3, dtype=torch.float64) * 8
    moved = apply(on_grid, index)
    torch.testing.assert_close(moved[..., 2], index[..., 2])
    pixel = (index[..., :2] + 0.5) * 16
    torch.testing.assert_close((moved[..., :2] + 0.5) * 16, apply(transforms, pixel))
