"""The sparse warp equals the dense one, in value, gradient and every corner case."""

import pytest
import torch

from benchmarks.people import poses
from repose.geometry.plan import plan_warp
from repose.geometry.warp import warp_parts
from repose.parts import fit_part_affines, fit_part_transforms, part_masks, project, to_grid

LAST = torch.channels_last_3d
FIRST = torch.contiguous_format


@pytest.fixture(autouse=True)
def _same_numbers_every_time():
    torch.manual_seed(0)


def people(pairs, channels, grid, size, dtype=torch.float64, seed=0):
    """Return volume, masks, transforms and a gradient for random people."""
    source, target = poses(pairs, seed, size), poses(pairs, seed + 1, size)
    transforms = fit_part_transforms(source.to(dtype), target.to(dtype)).source_from_target
    random = torch.Generator().manual_seed(seed)
    volume, gradient = (
        torch.randn(pairs, channels, *grid, generator=random, dtype=dtype) for _ in range(2)
    )
    return volume, part_masks(source, size, grid), to_grid(transforms, size, grid), gradient


def anything(parts, grid, seed, share=0.3, spread=0.3):
    """Return random masks and any affine transforms near the identity."""
    random = torch.Generator().manual_seed(seed)
    masks = torch.rand(2, parts, *grid, generator=random) < share
    transforms = torch.eye(4, dtype=torch.float64).repeat(2, parts, 1, 1)
    noise = torch.randn(2, parts, 3, 4, generator=random, dtype=torch.float64)
    transforms[..., :3, :] += spread * noise
    return masks, transforms


def both(volume, masks, transforms, gradient, **options):
    volume = volume.detach().requires_grad_()
    moved = warp_parts(volume, masks, transforms, **options)
    (back,) = torch.autograd.grad(moved, volume, gradient)
    return moved.detach(), back


def check(tensors, tolerance=1e-12, **options):
    volume, masks, transforms, gradient = tensors
    expected = both(*tensors, method="dense", **options)
    for layout in (FIRST, LAST):
        laid_out = volume.contiguous(memory_format=layout)
        grad = gradient.contiguous(memory_format=layout)
        found = both(laid_out, masks, transforms, grad, **options)
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other, atol=tolerance, rtol=0)
            assert one.is_contiguous(memory_format=layout)
    return expected


@pytest.mark.parametrize(
    ("pairs", "channels", "grid", "size"),
    [(1, 8, (16, 32, 32), 128), (3, 4, (8, 16, 16), 64), (2, 3, (7, 9, 12), 64)],
)
def test_people_in_float64(pairs, channels, grid, size):
    moved, back = check(people(pairs, channels, grid, size))
    assert (moved != 0).any()
    assert (back != 0).any()


def test_people_in_float32_are_near_the_float64_reference():
    exact = people(2, 16, (16, 32, 32), 256, seed=3)
    found = both(*(t.float() if t.dtype == torch.float64 else t for t in exact))
    for one, other in zip(found, both(*exact, method="dense"), strict=True):
        torch.testing.assert_close(one.double(), other, atol=1e-4, rtol=0)


def test_a_prepared_plan_changes_no_bit_and_may_be_used_again():
    tensors = people(2, 4, (8, 16, 16), 64, torch.float32)
    plan = plan_warp(*tensors[1:3])
    for _ in range(2):
        for one, other in zip(both(*tensors), both(*tensors, plan=plan), strict=True):
            assert torch.equal(one, other)


def test_the_plan_is_small():
    _, masks, transforms, _ = people(2, 1, (32, 64, 64), 256, torch.float32)
    rows = plan_warp(masks, transforms).rows
    assert len(rows.where) < 0.01 * masks.numel()


def test_gradcheck():
    masks, transforms = anything(3, (3, 4, 5), 0)
    volume = torch.randn(2, 2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    plan = plan_warp(masks, transforms)
    assert torch.autograd.gradcheck(lambda v: warp_parts(v, masks, transforms, plan=plan), volume)


@pytest.mark.parametrize("seed", range(6))
def test_any_affine_transforms_and_masks(seed):
    masks, transforms = anything(4, (5, 6, 7), seed, spread=0.5 + seed)
    volume, gradient = torch.randn(2, 2, 3, 5, 6, 7, dtype=torch.float64)
    check((volume, masks, transforms, gradient))


def test_where_all_parts_reach_the_largest_wins_even_below_zero():
    masks, transforms = anything(2, (5, 6, 7), 1, share=1.0, spread=0.05)
    volume, gradient = torch.randn(2, 2, 3, 5, 6, 7, dtype=torch.float64)
    volume = -volume.abs()
    moved, back = check((volume, masks, transforms, gradient))
    assert (moved < 0).float().mean() > 0.5
    assert back.any()


def test_where_a_part_is_missing_nothing_is_below_zero():
    masks, transforms = anything(3, (5, 6, 7), 2, share=1.0)
    masks[:, 1] = False
    volume, gradient = torch.randn(2, 2, 3, 5, 6, 7, dtype=torch.float64)
    moved, _ = check((volume, masks, transforms, gradient))
    assert (moved >= 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_ties_share_the_gradient_as_in_the_reference(seed):
    # Quarters, and sides of 2^n + 1: both forms compute without rounding, so ties are ties.
    masks, transforms = anything(4, (5, 5, 9), seed, share=0.6)
    transforms = (transforms * 4).round() / 4
    masks[:, 2], transforms[:, 2] = masks[:, 1], transforms[:, 1]  # two parts that always tie
    volume = torch.randn(2, 3, 5, 5, 9, dtype=torch.float64).round()
    volume[:, 1] = volume[:, 1].clamp(min=0)  # zeros, which tie with parts that do not reach
    gradient = torch.randn_like(volume)
    _, back = check((volume, masks, transforms, gradient))
    moved = warp_parts(volume, masks[:, [1, 2]], transforms[:, [1, 2]], method="dense")
    assert (moved > 0).any()
    assert back[:, 1].any()


def test_a_zero_ties_with_the_parts_that_do_not_reach():
    masks, transforms = anything(3, (5, 6, 7), 8, share=1.0, spread=0.0)
    masks[:, 1:] = False
    gradient = torch.randn(2, 3, 5, 6, 7, dtype=torch.float64)
    _, back = check((torch.zeros_like(gradient), masks, transforms, gradient))
    torch.testing.assert_close(back, gradient / 3)


def test_ties_where_all_parts_reach():
    masks, transforms = anything(2, (4, 4, 4), 4, share=1.0, spread=0.0)
    volume = torch.randn(2, 3, 4, 4, 4, dtype=torch.float64).round()
    gradient = torch.randn_like(volume)
    moved, back = check((volume, masks, transforms, gradient))
    assert torch.equal(moved, volume)
    torch.testing.assert_close(back, gradient)


def test_the_same_input_gives_the_same_bits():
    tensors = people(2, 16, (8, 16, 16), 64, torch.float32)
    first = both(*tensors)
    for one, other in zip(both(*tensors), first, strict=True):
        assert torch.equal(one, other)


def test_half_precision_is_summed_in_float32():
    tensors = list(people(2, 8, (8, 16, 16), 64, torch.float32))
    tensors[0] = tensors[0].bfloat16()
    exact = [tensors[0].float(), *tensors[1:]]
    found = both(*tensors[:3], tensors[3].bfloat16())
    assert all(t.dtype == torch.bfloat16 for t in found)
    assert torch.equal(found[0], both(*exact)[0].bfloat16())
    torch.testing.assert_close(
        found[1].float(), both(*exact[:3], tensors[3].bfloat16().float())[1], atol=0, rtol=1e-2
    )


def test_moving_by_whole_voxels_moves_the_masked_features():
    masks, transforms = anything(1, (5, 6, 7), 5, spread=0.0)
    transforms[..., :3, 3] = torch.tensor([2.0, -1.0, 1.0])  # source = target + (2, -1, 1)
    volume = torch.rand(2, 3, 5, 6, 7, dtype=torch.float64)
    moved = warp_parts(volume, masks, transforms)
    cut = volume * masks
    torch.testing.assert_close(moved[:, :, :4, 1:, :5], cut[:, :, 1:, :5, 2:])
    moved[:, :, :4, 1:, :5] = 0
    assert not moved.any()


@pytest.mark.parametrize("kind", ["no masks", "outside", "not finite", "flat", "huge", "tiny"])
def test_degenerate_transforms(kind):
    masks, transforms = anything(3, (5, 6, 7), 6)
    if kind == "no masks":
        masks[:] = False
    elif kind == "outside":
        transforms[..., 0, 3] += 100
    elif kind == "not finite":
        transforms[0, 0] = torch.nan
        transforms[1, 2, 0, 3] = torch.inf
    elif kind == "flat":
        transforms[:, 1, :, 0] = 0  # all x read one point: no inverse
        transforms[:, 2, :3, :3] = 0
        transforms[:, 2, :3, 3] = 2.5
    elif kind == "huge":
        transforms[..., :3, :3] *= 1e6
    else:
        transforms[..., :3, :3] *= 1e-6
    volume, gradient = torch.randn(2, 2, 3, 5, 6, 7, dtype=torch.float64)
    moved, back = check((volume, masks, transforms, gradient))
    assert torch.isfinite(moved).all()
    assert torch.isfinite(back).all()
    if kind in ("no masks", "outside"):
        assert not moved.any()


def test_nearest():
    check(people(2, 4, (8, 16, 16), 64), interp="nearest")


def test_affine_maps_of_the_image_move_all_depths_alike():
    size, grid = 64, (6, 16, 16)
    source, target = poses(2, 0, size).double(), poses(2, 1, size).double()
    transforms = fit_part_affines(source, target).source_from_target
    flat = project(part_masks(source, size, grid))[:, :, None]  # (B, P, 1, H, W)
    volume, gradient = torch.randn(2, 2, 3, *grid, dtype=torch.float64)
    copies = flat.expand(-1, -1, grid[0], -1, -1)
    moved, _ = check((volume, copies, to_grid(transforms, size, grid), gradient))
    # Depths as so many more channels of one slice is the same.
    channels = volume.flatten(1, 2)[:, :, None]
    one_slice = warp_parts(channels, flat, to_grid(transforms, size, (1, 16, 16)))
    torch.testing.assert_close(one_slice[:, :, 0].unflatten(1, (3, 6)), moved)
