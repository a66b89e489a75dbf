"""The sparse pull equals the dense one, in value, gradient and every corner case."""

import itertools

import pytest
import torch

from benchmarks.people import poses
from repose.geometry.pull import in_cells, plan_pull, pull_dense, pull_parts
from repose.parts.rectangles import draw_rectangles, fit_rectangles, part_rectangles

KINDS = list(itertools.product(["nearest", "linear"], ["max", "avg"]))


@pytest.fixture(autouse=True)
def _same_numbers_every_time():
    torch.manual_seed(0)


def anything(parts, grid, seed, share=0.3, spread=0.3):
    """Return random masks and any affine transforms near the identity."""
    random = torch.Generator().manual_seed(seed)
    masks = torch.rand(2, parts, *grid, generator=random) < share
    transforms = torch.eye(3, dtype=torch.float64).repeat(2, parts, 1, 1)
    noise = torch.randn(2, parts, 2, 3, generator=random, dtype=torch.float64)
    transforms[..., :2, :] += spread * noise
    return masks, transforms


def check(masks, transforms, channels=3, scale=1.0, **options):
    """Compare both forms on random features, in both memory layouts."""
    shape = (len(masks), channels, *masks.shape[2:])
    features, gradient = torch.randn(2, *shape, dtype=torch.float64) * scale
    features.requires_grad_()
    wanted = pull_dense(features, masks, transforms, **options)
    (back,) = torch.autograd.grad(wanted, features, gradient)
    for layout in (torch.contiguous_format, torch.channels_last):
        given = features.detach().contiguous(memory_format=layout).requires_grad_()
        moved = pull_parts(given, masks, transforms, **options)
        (found,) = torch.autograd.grad(moved, given, gradient.contiguous(memory_format=layout))
        torch.testing.assert_close(moved, wanted, atol=1e-10, rtol=0)
        torch.testing.assert_close(found, back, atol=1e-10, rtol=0)
        assert moved.is_contiguous(memory_format=layout)
    return wanted.detach()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("interp", "combine"), KINDS)
def test_any_affine_transforms_and_masks(interp, combine, seed):
    masks, transforms = anything(4, (6, 7), seed, spread=0.3 + 0.3 * seed)
    assert check(masks, transforms, interp=interp, combine=combine).any()


@pytest.mark.parametrize(("interp", "combine"), KINDS)
def test_people(interp, combine):
    source, target = (poses(3, seed, 64).double() for seed in (0, 1))
    for level in range(3):
        grid = (64 >> level, 32 >> level)
        masks = draw_rectangles(part_rectangles(target), grid, 2**level)
        moves = in_cells(fit_rectangles(source, target), 2**level)
        assert masks.any()
        check(masks, moves, interp=interp, combine=combine)


def test_the_largest_wins_and_the_mean_is_of_those_that_hold():
    masks = torch.zeros(1, 3, 2, 2, dtype=torch.bool)
    masks[0, :2, 0, 0] = masks[0, 0, 1, 1] = True
    still = torch.eye(3).repeat(1, 3, 1, 1)
    still[0, 1, 0, 2] = 1  # the second part looks one cell to the right
    features = torch.tensor([[[[2.0, 5.0], [0.0, 3.0]]]])
    assert pull_parts(features, masks, still)[0, 0].tolist() == [[5, 0], [0, 3]]
    mean = pull_parts(features, masks, still, combine="avg")
    assert mean[0, 0].tolist() == [[3.5, 0], [0, 3]]


def test_below_zero_only_where_all_parts_hold():
    masks, transforms = anything(2, (5, 6), 1, share=1.0, spread=0.0)
    features = -torch.rand(2, 3, 5, 6, dtype=torch.float64)
    assert torch.equal(pull_parts(features, masks, transforms), features)
    masks[:, 1, :, 3:] = False
    moved = pull_parts(features, masks, transforms)
    assert torch.equal(moved[..., :3], features[..., :3])
    assert not moved[..., 3:].any()


def test_moving_by_whole_cells():
    masks, transforms = anything(1, (5, 6), 5, spread=0.0)
    transforms[..., :2, 2] = torch.tensor([2.0, -1.0])  # source = target + (2, -1)
    features = torch.rand(2, 3, 5, 6, dtype=torch.float64)
    for interp, combine in KINDS:
        moved = pull_parts(features, masks, transforms, interp=interp, combine=combine)
        torch.testing.assert_close(
            moved[:, :, 1:, :4], features[:, :, :4, 2:] * masks[:, :, 1:, :4]
        )
        moved[:, :, 1:, :4] = 0
        assert not moved.any()  # it looked beyond the border


@pytest.mark.parametrize("kind", ["no masks", "outside", "not finite", "flat", "huge", "tiny"])
@pytest.mark.parametrize(("interp", "combine"), KINDS)
def test_degenerate_transforms(interp, combine, kind):
    masks, transforms = anything(3, (5, 6), 6)
    if kind == "no masks":
        masks[:] = False
    elif kind == "outside":
        transforms[..., 0, 2] += 100
    elif kind == "not finite":
        transforms[0, 0] = torch.nan
        transforms[1, 2, 0, 2] = torch.inf
    elif kind == "flat":
        transforms[:, 1, :, 0] = 0
        transforms[:, 2, :2, :2] = 0
        transforms[:, 2, :2, 2] = 2.3
    elif kind == "huge":
        transforms[..., :2, :] *= 1e30
    else:
        transforms[..., :2, :] *= 1e-6
    moved = check(masks, transforms, interp=interp, combine=combine)
    assert torch.isfinite(moved).all()
    if kind in ("no masks", "outside"):
        assert not moved.any()


def test_transforms_beyond_all_numbers_do_no_harm():
    masks, transforms = anything(3, (5, 6), 6, share=1.0)
    moved = pull_parts(torch.rand(2, 1, 5, 6), masks, transforms.float() * 3e38)
    assert torch.isfinite(moved).all()


def test_ties_share_the_gradient_as_in_the_reference():
    masks, transforms = anything(3, (5, 5), 3, share=0.6, spread=0.0)
    masks[:, 2] = masks[:, 1]  # two parts that always tie
    check(masks, transforms)


def test_gradcheck():
    masks, transforms = anything(3, (4, 5), 0)
    features = torch.randn(2, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    for interp, combine in KINDS:
        plan = plan_pull(masks, transforms, interp=interp, combine=combine)
        assert torch.autograd.gradcheck(
            lambda f, plan=plan: pull_parts(f, masks, transforms, plan=plan), features
        )


def test_the_same_input_gives_the_same_bits_and_a_plan_changes_none():
    masks, transforms = anything(5, (9, 8), 1)
    features = torch.randn(2, 4, 9, 8, requires_grad=True)
    found = []
    for plan in (None, None, plan_pull(masks, transforms)):
        moved = pull_parts(features, masks, transforms, plan=plan)
        found.append((moved, *torch.autograd.grad(moved, features, moved.detach())))
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_half_precision_keeps_its_type_and_its_places():
    masks, transforms = anything(3, (9, 8), 2)
    features = torch.randn(2, 4, 9, 8).bfloat16().requires_grad_()
    moved = pull_parts(features, masks, transforms)
    assert moved.dtype == torch.bfloat16
    # The nearest cell is copied, so nothing is rounded.
    assert torch.equal(moved.float(), pull_parts(features.float(), masks, transforms))
    moved.sum().backward()
    assert features.grad.dtype == torch.bfloat16


@pytest.mark.parametrize("pitch", [1, 2, 8])
def test_cells_are_px_measured_from_their_centres(pitch):
    transforms = anything(3, (1, 1), 4)[1]
    transforms[..., :2, 2] *= 20
    moved = in_cells(transforms, pitch)
    cell = torch.tensor([3.0, 5.0, 1.0], dtype=torch.float64)
    px = torch.tensor([3.5 * pitch, 5.5 * pitch, 1.0], dtype=torch.float64)
    torch.testing.assert_close((moved @ cell)[..., :2] + 0.5, (transforms @ px)[..., :2] / pitch)
