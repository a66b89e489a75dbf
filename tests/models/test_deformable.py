import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.plain import deformable as plain
from repose import losses
from repose.models import build_model
from repose.models.deformable import COMPAT, DRAWN
from repose.skeleton import JOINTS
from tests.models.deformable_toy import SMALL, TOY, build, given
from tests.models.toys import SIZE, images


@pytest.mark.parametrize(
    "changes",
    [
        {"warp_skip": "none"},
        {"warp_skip": "full", "interp": "linear"},
        {"warp_skip": "stn"},
        {"combine": "avg", "rest": "still"},
        {"interp": "linear", "rest": "torso"},
        {"compat": ["layer_norm"], "warped_levels": 3},
        {"norm": "none", "warped_levels": 0, "critic": "none"},
        {"joints": "coco17", "window": [30, 18], **SMALL},
    ],
)
def test_every_weight_learns(changes):
    model = build(**changes)
    source, source_joints, target_joints = given(4)
    made = model.generator(source, source_joints, target_joints)
    assert {k: tuple(v.shape) for k, v in made.items()} == {"image": (4, 3, SIZE, SIZE)}
    losses.l1(made["image"], images(4, seed=2)).backward()
    if model.discriminator is not None:
        judged = model.discriminator(source, images(4, seed=2), source_joints, target_joints)
        judged.square().mean().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_openpose_has_all_joints_but_the_pelvis_in_its_order():
    names = DRAWN["openpose18"]
    assert sorted(names) == sorted(set(JOINTS) - {"pelvis"})
    assert names[1:5] == ("neck", "r_shoulder", "r_elbow", "r_wrist")
    assert names[8:14:3] == ("r_hip", "l_hip")


def seen_by(module, run):
    """Return the first argument of each call of a module while something runs."""
    seen = []
    handle = module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    run()
    handle.remove()
    return seen


def test_appearance_sees_the_source_and_pose_the_target():
    generator, baseline = build().generator, build(warp_skip="none").generator
    source, source_joints, target_joints = given()
    maps = generator.maps(source_joints), generator.maps(target_joints)
    (look,) = seen_by(generator.appearance, lambda: generator(*given()))
    assert torch.equal(look, torch.cat([source, maps[0]], dim=1))
    (pose,) = seen_by(generator.pose, lambda: generator(*given()))
    assert torch.equal(pose, maps[1])
    (everything,) = seen_by(baseline.encoder, lambda: baseline(*given()))
    assert torch.equal(everything, torch.cat([source, *maps], dim=1))


@pytest.mark.parametrize("count", [0, 2])
def test_the_decoder_sees_moved_features_up_to_the_warped_levels(count):
    generator = build(warped_levels=count).generator
    source, source_joints, target_joints = given()
    levels = generator.appearance(torch.cat([source, generator.maps(source_joints)], dim=1))
    wanted = generator.pose(generator.maps(target_joints))
    moved = generator.pull(levels, source_joints, target_joints)
    (seen,) = seen_by(generator.decoder, lambda: generator(*given()))
    for level, found in enumerate(seen):
        look = (moved if level < count else levels)[level]
        assert torch.equal(found, torch.cat([look, wanted[level]], dim=1))


@pytest.mark.parametrize("skip", ["none", "full", "stn", "mask"])
def test_the_views_are_there_to_look_at(skip):
    generator = build(warp_skip=skip, window=[30, 20], rest="still").generator
    trained = generator(*given())
    made = generator.eval()(*given())
    views = {"none": [], "mask": ["warped", "masks"]}.get(skip, ["warped"])
    assert list(trained) == ["image"]
    assert list(made) == ["image", *views]
    for name, view in made.items():
        assert view.shape == (2, 3, SIZE, SIZE), name
        assert view.dtype == torch.float32
        assert view.abs().max() <= 1


def test_warped_is_the_image_moved_like_features():
    generator = build(rest="torso").generator.eval()
    source, source_joints, target_joints = given(1)
    made = generator(source, source_joints, target_joints)
    pair = source_joints[0].double().numpy(), target_joints[0].double().numpy()
    wanted = 2 * plain.skip(((source[0] + 1) / 2).double().numpy(), *pair, 1, rest="torso") - 1
    same = np.isclose(made["warped"][0].numpy(), wanted, atol=1e-5).all(0)
    assert same.mean() > 0.99  # in float32 a few cells may fall to their other neighbour
    parts = plain.part_masks(pair[1], (SIZE, SIZE), 1).any(0)
    shown = (made["masks"][0] > -1).any(0).numpy()
    assert (parts == shown).mean() > 0.99


@pytest.mark.parametrize("option", sorted(COMPAT))
def test_each_compat_option_changes_something(option):
    def outcome(*compat: str) -> torch.Tensor:
        return build(compat=compat).generator(*given())["image"]

    original = outcome(option)
    assert torch.isfinite(original).all()
    assert not torch.equal(original, outcome())


@pytest.mark.parametrize(
    "switch",
    [{"combine": "avg"}, {"interp": "linear"}, {"rest": "torso"}, {"rest": "still"}],
)
def test_each_switch_changes_something(switch):
    assert not torch.equal(
        build(**switch).generator(*given())["image"], build().generator(*given())["image"]
    )


def test_dropout_is_for_training_alone():
    generator = build(dropout=0.5).generator
    one, other = (generator(*given())["image"] for _ in range(2))
    assert not torch.equal(one, other)
    generator.eval()
    assert torch.equal(*(generator(*given())["image"] for _ in range(2)))


@pytest.mark.parametrize("critic", [{}, SMALL])
@pytest.mark.parametrize("window", [[32, 18], [24, 20], [21, 17], [32, 32]])
def test_a_window_is_drawn_into_the_square_of_the_source(window, critic):
    model = build(window=window, rest="still", **critic)
    source, source_joints, target_joints = given()
    generator = model.generator.eval()
    made = generator(source, source_joints, target_joints)
    top, left = ((SIZE - side) // 2 for side in window)
    inside = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    inside[top : top + window[0], left : left + window[1]] = True
    for name, around in (("image", source), ("warped", source), ("masks", -torch.ones(()))):
        outside = around.expand(2, 3, SIZE, SIZE)[..., ~inside]
        assert torch.equal(made[name][..., ~inside], outside)
    assert (made["image"] != source)[..., inside].float().mean() > 0.99
    # What is around the window is not seen: neither by the generator nor by the critic.
    other = torch.where(inside, source, -source)
    again = generator(other, source_joints, target_joints)["image"]
    assert torch.equal(again[..., inside], made["image"][..., inside])
    judged = [model.discriminator(x, x, source_joints, target_joints) for x in (source, other)]
    assert torch.equal(*judged)


def test_a_window_moves_poses_along():
    """The same person in the middle of a larger square gives the same image."""
    source, source_joints, target_joints = given()
    small = build(rest="still", critic="none").generator.eval()
    torch.manual_seed(0)
    large = build_model(
        TOY | {"window": [SIZE, SIZE], "rest": "still", "critic": "none"}, SIZE + 8
    ).generator.eval()
    padded = nn.functional.pad(source, (4, 4, 4, 4))
    shift = torch.tensor([4.0, 4.0, 0.0])
    made = large(padded, source_joints + shift, target_joints + shift)
    for name, wanted in small(source, source_joints, target_joints).items():
        torch.testing.assert_close(made[name][..., 4:-4, 4:-4], wanted, atol=1e-5, rtol=1e-5)


def test_depth_is_not_needed():
    generator = build().generator
    source, source_joints, target_joints = given()
    away = [joints * torch.tensor([1.0, 1, 0]) for joints in (source_joints, target_joints)]
    made = generator(source, source_joints, target_joints)["image"]
    assert torch.equal(generator(source, *away)["image"], made)
    assert generator.needs_depth is False
    assert generator.fit(source_joints, target_joints) is None


@pytest.mark.parametrize("skip", ["none", "mask"])
@pytest.mark.slow
def test_two_pairs_are_learned_by_heart(skip):
    generator = build(warp_skip=skip, critic="none").generator
    source, source_joints, target_joints = given()
    ramp = torch.linspace(-0.8, 0.8, SIZE)
    y, x = torch.meshgrid(ramp, ramp, indexing="ij")
    target = torch.stack([torch.stack([x, y, x * y]), torch.stack([-x, y, y])])
    optimiser = torch.optim.Adam(generator.parameters(), lr=0.01)
    course = []
    for _ in range(150):
        loss = losses.l1(generator(source, source_joints, target_joints)["image"], target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        course.append(loss.item())
    assert course[-1] < 0.25 * course[0]
