import itertools

import pytest
import torch

from repose import losses
from repose.models import warp3d
from repose.parts import fit_part_affines, part_masks, project
from tests.models.toys import SIZE, TOY, build, images, poses

ABLATIONS = list(itertools.product(["3d", "2d"], ["3d", "2d"]))


def given(count: int = 2):
    return images(count), poses(count), poses(count, seed=1)


@pytest.mark.parametrize("shortcuts", [False, True])
@pytest.mark.parametrize(("warp", "pose"), ABLATIONS)
def test_every_weight_of_every_ablation_learns(warp, pose, shortcuts):
    model = build(warp=warp, pose=pose, shortcuts=shortcuts)
    made = model.generator(*given())
    assert {k: tuple(v.shape) for k, v in made.items()} == {
        "image": (2, 3, SIZE, SIZE),
        "foreground": (2, 3, SIZE, SIZE),
        "alpha": (2, 1, SIZE, SIZE),
        "background": (2, 3, SIZE, SIZE),
    }
    losses.l1(made["image"], images(2, seed=2)).backward()
    for name, weight in model.generator.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_the_image_is_foreground_over_background():
    made = build().generator(*given())
    alpha = made["alpha"]
    torch.testing.assert_close(
        made["image"], alpha * made["foreground"] + (1 - alpha) * made["background"]
    )
    assert ((alpha > 0) & (alpha < 1)).all()
    assert made["image"].abs().max() <= 1


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_images_of_any_stride_come_out_whole(stride):
    ups = list(range(stride.bit_length() - 1))
    made = build(stride=stride, decoder_ups=ups).generator(*given())
    assert made["image"].shape == (2, 3, SIZE, SIZE)


@pytest.mark.parametrize("warp", ["3d", "2d"])
def test_transforms_may_come_from_outside(warp):
    generator = build(warp=warp).generator
    source, source_joints, target_joints = given()
    moves = generator.fit(source_joints, target_joints)
    assert moves.shape == ((2, 10, 4, 4) if warp == "3d" else (2, 10, 3, 3))
    torch.testing.assert_close(
        generator(source, source_joints, target_joints, moves)["image"],
        generator(source, source_joints, target_joints)["image"],
    )


def test_an_unchanged_pose_moves_nothing():
    joints = poses(2)
    for warp in ("3d", "2d"):
        mover = build(warp=warp).generator.mover
        volume = torch.rand(2, 5, *mover.grid)
        masks = mover.masks(joints)
        moved = mover.move(volume, masks, mover.fit(joints, joints))
        if warp == "2d":
            masks = project(masks)[:, :, None].expand_as(masks)
        wanted = volume * masks.any(dim=1, keepdim=True)
        torch.testing.assert_close(moved, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("nearest", [False, True])
def test_the_flat_warp_moves_each_depth_alike(nearest):
    """Slice by slice and part by part with torch's own sampling of images."""
    mover = build(warp="2d", compat=["nearest"] if nearest else []).generator.mover
    source, target = poses(1), poses(1, seed=1)
    volume = torch.randn(1, 3, *mover.grid)
    moves = mover.fit(source, target)
    masks = project(part_masks(source, SIZE, mover.grid))
    height, width = mover.grid[1:]
    y, x = torch.meshgrid(
        (torch.arange(height) + 0.5) * SIZE / height,
        (torch.arange(width) + 0.5) * SIZE / width,
        indexing="ij",
    )
    points = torch.stack([x, y, torch.ones_like(x)], dim=-1) @ moves.mT[0, :, None, :, :2]
    pieces = torch.nn.functional.grid_sample(
        (volume.transpose(1, 2) * masks[0, :, None, None, None])[:, 0].flatten(1, 2),
        points / SIZE * 2 - 1,
        mode="nearest" if nearest else "bilinear",
        align_corners=False,
    )
    wanted = pieces.amax(dim=0).unflatten(0, (mover.grid[0], 3)).transpose(0, 1)
    moved = mover.move(volume, mover.masks(source), moves)
    torch.testing.assert_close(moved[0], wanted, atol=1e-4, rtol=1e-4)


def test_the_originals_shifts_are_too_long_by_one_voxel_in_a_grid():
    source, target = poses(1), poses(1, seed=1)
    moves = fit_part_affines(source, target).source_from_target
    ours = build(warp="2d").generator.mover.to_slice(moves)
    original = build(warp="2d", compat=["shift_65"]).generator.mover.to_slice(moves)
    voxels = SIZE // TOY["stride"]
    torch.testing.assert_close(original[..., :2, 3], ours[..., :2, 3] * (voxels + 1) / voxels)
    torch.testing.assert_close(original[..., :3], ours[..., :3])


@pytest.mark.parametrize(("pose", "sees"), [("3d", True), ("2d", False)])
def test_a_flat_pose_hides_the_targets_depth(pose, sees):
    generator = build(warp="2d", pose=pose).generator
    source, source_joints, target_joints = given(1)
    away = target_joints + torch.tensor([0.0, 0.0, 4.0])
    near, far = (generator(source, source_joints, t)["image"] for t in (target_joints, away))
    assert torch.equal(near, far) is not sees


@pytest.mark.parametrize("option", sorted(warp3d.COMPAT))
def test_each_compat_option_changes_something(option):
    flat = {"warp": "2d", "pose": "2d"} if option not in ("reflections", "masks") else {}

    def outcome(*compat: str) -> torch.Tensor:
        model = build(**flat, compat=compat)
        made = model.generator(*given(4))["image"]
        logits = model.discriminator(images(4), images(4, seed=1), poses(4), poses(4))
        return torch.cat([made.flatten(), logits])

    plain, original = outcome(), outcome(option)
    assert torch.isfinite(original).all()
    assert not torch.equal(original, plain)


@pytest.mark.parametrize("shortcuts", [False, True])
def test_half_precision_stays_near(shortcuts):
    model = build(shortcuts=shortcuts)
    wanted = model.generator(*given())["image"]
    with torch.autocast("cpu", torch.bfloat16):
        made = model.generator(*given())
        logits = model.discriminator(images(2), made["image"], poses(2), poses(2))
    assert {value.dtype for value in (*made.values(), logits)} == {torch.float32}
    assert (made["image"] - wanted).abs().mean() < 0.02
    (made["image"].mean() + logits.mean()).backward()
    assert all(torch.isfinite(weight.grad).all() for weight in model.parameters())


def test_missing_joints_do_no_harm():
    source, source_joints, target_joints = given()
    source_joints[0, 3] = target_joints[1, 10] = torch.nan
    made = build().generator(source, source_joints, target_joints)["image"]
    assert torch.isfinite(made).all()


@pytest.mark.slow
def test_two_pairs_are_learned_by_heart():
    generator = build(decoder_widths=[32, 32]).generator
    source, source_joints, target_joints = given()
    ramp = torch.linspace(-0.8, 0.8, SIZE)
    y, x = torch.meshgrid(ramp, ramp, indexing="ij")
    target = torch.stack([torch.stack([x, y, x * y]), torch.stack([-x, y, y])])
    moves = generator.fit(source_joints, target_joints)
    optimiser = torch.optim.Adam(generator.parameters(), lr=0.01)
    course = []
    for _ in range(60):
        loss = losses.l1(generator(source, source_joints, target_joints, moves)["image"], target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        course.append(loss.item())
    assert course[-1] < 0.2 * course[0]
