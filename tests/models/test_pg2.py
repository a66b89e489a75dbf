import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.plain import pg2 as plain
from repose import losses
from repose.errors import ReposeError
from repose.models import build_model
from repose.models.blocks import channels_last
from repose.models.pg2 import COMPAT, SHOWN, pose_maps
from repose.models.two_stages import Fine, bound
from repose.parts.pose_mask import pose_mask
from repose.skeleton import FLIP, JOINT, JOINTS
from tests.models.toys import SIZE, images, poses

TOY: dict[str, Any] = {
    "network": "pg2",
    "window": [0, 0],
    "radius_px": 2.0,
    "width": 6,
    "levels": 3,
    "code": 8,
    "fine_levels": 2,
    "discriminator_widths": [4, 8, 8],
    "compat": [],
}

# The original's two sizes.
FASHION = TOY | {
    "radius_px": 4.0,
    "width": 128,
    "levels": 6,
    "code": 64,
    "fine_levels": 4,
    "discriminator_widths": [64, 128, 256, 512, 512],
}
MARKET = FASHION | {
    "window": [128, 64],
    "levels": 5,
    "fine_levels": 3,
    "discriminator_widths": [64, 128, 256, 512],
    "compat": ["bare_finest"],
}


def build(**changes: Any) -> nn.Module:
    """Build the toy; its refinement adds something, as after its first steps."""
    torch.manual_seed(0)
    model = build_model(TOY | changes, SIZE)
    nn.init.normal_(model.generator.fine.head.weight, std=0.1)
    return model


def given(count: int = 2):
    return images(count), poses(count), poses(count, seed=1)


def weights(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


@pytest.mark.parametrize(
    ("block", "size", "coarse", "fine", "critic"),
    [
        (FASHION, 256, 122_103_235, 12_696_067, 10_896_257),
        (MARKET, 128, 70_795_075, 6_058_883, 4_324_737),
        # With the skip that the original leaves out on Market-1501.
        (MARKET | {"compat": []}, 128, 70_795_075, 6_058_883 + 128 * 128 * 9, 4_324_737),
    ],
)
def test_the_originals_weights(block, size, coarse, fine, critic):
    with torch.device("meta"):
        model = build_model(block, size)
    assert weights(model.generator.coarse) == coarse
    assert weights(model.generator.fine) == fine
    assert weights(model.generator) == coarse + fine
    assert weights(model.discriminator) == critic


@pytest.mark.parametrize("compat", [[], ["bare_finest"]])
@pytest.mark.parametrize("fine_levels", [1, 2, 3])
def test_every_weight_learns(fine_levels, compat):
    model = build(fine_levels=fine_levels, compat=compat)
    made = model.generator(*given())
    assert {name: tuple(view.shape) for name, view in made.items()} == {
        "image": (2, 3, SIZE, SIZE)
    }
    losses.l1(made["image"], images(2, seed=2)).backward()
    pairs = torch.cat([images(2), made["image"].detach()])
    model.discriminator(pairs, pairs, poses(4), poses(4))[:2].mean().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_a_fresh_refinement_adds_nothing():
    made = build_model(TOY, SIZE).generator.eval()(*given())
    assert torch.equal(made["image"], made["coarse"])
    assert not made["difference"].any()


def test_the_views_are_there_to_look_at():
    generator = build().generator
    trained = generator(*given())
    made = generator.eval()(*given())
    assert list(made) == ["image", "coarse", "difference"]
    assert torch.equal(made["image"], trained["image"])
    for view in made.values():
        assert view.shape == (2, 3, SIZE, SIZE)
        assert view.dtype == torch.float32
        assert view.abs().max() <= 1
    torch.testing.assert_close(made["difference"], made["image"] - made["coarse"])
    assert made["difference"].abs().max() > 0.01


@pytest.mark.parametrize(
    ("coarse_learns", "fine_learns", "refined"),
    [(True, True, True), (True, False, False), (False, True, True), (False, False, True)],
)
def test_what_has_not_begun_to_learn_is_left_out(coarse_learns, fine_learns, refined):
    generator = build().generator
    generator.coarse.requires_grad_(coarse_learns)
    generator.fine.requires_grad_(fine_learns)
    for training in (True, False):
        image = generator.train(training)(*given())["image"]
        coarse = generator.eval()(*given())["coarse"]
        assert torch.equal(image, coarse) is not refined


def test_the_second_phase_leaves_the_coarse_stage_as_it_is():
    generator = build().generator
    generator.coarse.requires_grad_(False)
    losses.l1(generator(*given())["image"], images(2, seed=2)).backward()
    assert all(weight.grad is None for weight in generator.coarse.parameters())
    assert all(weight.grad is not None for weight in generator.fine.parameters())


def test_what_is_too_bright_or_dark_can_come_back():
    x = torch.tensor([-3.0, -0.5, 0.0, 1.0, 40.0], requires_grad=True)
    bounded = bound(x)
    assert bounded.tolist() == [-1.0, -0.5, 0.0, 1.0, 1.0]
    (bounded - torch.tensor([-0.9, 0, 0, 0, 0.9])).abs().sum().backward()
    assert x.grad.tolist() == [-1.0, -1.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("radius_px", [0.4, 1.5, 4.0])
def test_pose_maps_are_those_of_a_plain_loop(radius_px):
    joints = poses(3, jitter_px=4)
    joints[1, JOINT["nose"]] = torch.nan
    joints[2, JOINT["l_wrist"], :2] = torch.tensor([SIZE + 2.0, -3.0])
    shape = (SIZE, SIZE // 2)
    found = pose_maps(joints, shape, radius_px).numpy()
    order = [plain.OPENPOSE.index(JOINTS[index]) for index in SHOWN]
    for maps, pose in zip(found, joints.numpy(), strict=True):
        np.testing.assert_array_equal(maps, plain.pose_maps(pose, shape, radius_px)[order])


def test_pose_maps_are_solid_discs():
    joints = torch.full((1, 19, 3), torch.nan)
    joints[0, JOINT["neck"]] = torch.tensor([16.0, 12.0, 0.0])
    maps = pose_maps(joints, (32, 32), 4.0)
    assert maps.shape == (1, 18, 32, 32)
    assert set(maps.unique().tolist()) == {-1.0, 1.0}
    drawn = (maps[0, SHOWN.index(JOINT["neck"])] + 1) / 2
    assert drawn.sum().item() == pytest.approx(np.pi * 16, rel=0.05)
    assert (maps == 1).sum() == drawn.sum()
    y, x = drawn.nonzero().float().mean(0) + 0.5
    assert (x, y) == (16, 12)


def test_the_target_pose_is_seen_and_the_sources_is_not():
    generator = build().generator
    source, source_joints, target_joints = given()
    image = generator(source, source_joints, target_joints)["image"]
    assert torch.equal(generator(source, target_joints, target_joints)["image"], image)
    assert not torch.equal(generator(source, source_joints, source_joints)["image"], image)
    assert generator.needs_depth is False
    assert generator.fit(source_joints, target_joints) is None


def test_a_code_takes_what_is_seen_anywhere_everywhere():
    """Through the fully connected middle a corner of the source reaches the other corner."""
    generator = build().generator
    source, source_joints, target_joints = given(1)
    source.requires_grad_()
    image = generator(source, source_joints, target_joints)["image"]
    (gradient,) = torch.autograd.grad(image[..., -1, -1].sum(), source)
    assert gradient[..., 0, 0].abs().sum() > 0


def test_the_refinement_sees_the_neighbourhood_alone():
    fine = Fine(6, 2, bare=False)
    nn.init.normal_(fine.head.weight)
    x = torch.rand(1, 6, SIZE, SIZE, requires_grad=True)
    (gradient,) = torch.autograd.grad(fine(x)[..., -1, -1].sum(), x)
    assert gradient[..., -1, -1].abs().sum() > 0
    assert not gradient[..., 0, 0].any()


@pytest.mark.parametrize("option", sorted(COMPAT))
def test_each_compat_option_changes_something(option):
    def outcome(*compat: str) -> torch.Tensor:
        return build(compat=compat).generator(*given())["image"]

    plain_image, original = outcome(), outcome(option)
    assert torch.isfinite(original).all()
    assert not torch.equal(original, plain_image)


@pytest.mark.parametrize("window", [[32, 16], [24, 12], [21, 17], [1, 32]])
def test_a_window_is_drawn_into_the_square_of_the_source(window):
    model = build(window=window)
    source, source_joints, target_joints = given()
    generator = model.generator.eval()
    made = generator(source, source_joints, target_joints)
    top, left = ((SIZE - side) // 2 for side in window)
    inside = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    inside[top : top + window[0], left : left + window[1]] = True
    for name, around in (("image", source), ("coarse", source), ("difference", 0 * source)):
        assert torch.equal(made[name][..., ~inside], around[..., ~inside])
        assert not torch.equal(made[name][..., inside], around[..., inside])
    # What is around the window is not seen: neither by the generator nor by the critic.
    other = torch.where(inside, source, -source)
    again = generator(other, source_joints, target_joints)["image"]
    assert torch.equal(again[..., inside], made["image"][..., inside])
    judged = [model.discriminator(source, image, poses(2), poses(2)) for image in (source, other)]
    assert torch.equal(*judged)


@pytest.mark.parametrize("size", [17, 30, 33])
def test_odd_sizes_come_out_whole(size):
    model = build_model(TOY, size)
    source = torch.rand(1, 3, size, size) * 2 - 1
    made = model.generator.eval()(source, poses(1), poses(1))
    assert made["image"].shape == source.shape
    assert torch.isfinite(made["image"]).all()
    pair = torch.cat([source, made["image"]])
    assert model.discriminator(pair, pair, poses(2), poses(2)).shape == (2,)


def test_the_critic_judges_by_the_batch():
    critic = build().discriminator
    shown, joints = images(6), poses(6)
    assert critic.sees_together is True
    logits = critic(shown, shown, joints, joints)
    assert logits.shape == (6,)
    assert logits.dtype == torch.float32
    alone = critic(shown[:3], shown[:3], joints[:3], joints[:3])
    assert not torch.allclose(logits[:3], alone)
    # The image is all that it looks at, and looking leaves no trace.
    assert torch.equal(critic(shown.flip(0), shown, poses(6, seed=5), joints.flip(0)), logits)
    assert torch.equal(critic.eval()(shown, shown, joints, joints), logits)
    assert not list(critic.buffers())


def test_the_critic_is_one_that_normalises_over_the_batch():
    """So that training refuses to cut its batches up."""
    layers = build().discriminator.modules()
    assert sum(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in layers) == 2


def test_no_widths_no_critic():
    assert build(discriminator_widths=[]).discriminator is None


@pytest.mark.parametrize("triplet", [False, True])
def test_both_play_the_game(triplet):
    model = build()
    source, source_joints, target_joints = given()
    target = images(2, seed=2)
    image = model.generator(source, source_joints, target_joints)["image"]

    def judge(made: torch.Tensor) -> list[torch.Tensor]:
        shown = torch.cat([target, made, source][: 2 + triplet])
        count = len(shown) // 2
        joints = (given_joints.repeat(count, 1, 1) for given_joints in (source_joints, poses(2)))
        return list(model.discriminator(source.repeat(count, 1, 1, 1), shown, *joints).split(2))

    losses.adversarial_discriminator(*judge(image.detach()), real_label=1.0).backward()
    assert all(weight.grad is None for weight in model.generator.parameters())
    losses.adversarial_generator(judge(image)[1]).backward()
    assert all(weight.grad.abs().sum() > 0 for weight in model.generator.fine.parameters())


HARM = {
    "missing": lambda joints: joints.index_fill(1, torch.tensor([0, 3, 10]), torch.nan),
    "nobody": lambda joints: torch.full_like(joints, torch.nan),
    "no length": lambda joints: joints[:, :1].expand_as(joints),
    "outside": lambda joints: joints + 10 * SIZE,
    "mirrored": lambda joints: joints[:, FLIP] * torch.tensor([-1.0, 1, 1]) + SIZE,
}


@pytest.mark.parametrize(("harm", "count"), itertools.product(HARM, [1, 2]))
def test_no_pose_does_harm(harm, count):
    model = build()
    source, source_joints, target_joints = given(count)
    joints = HARM[harm](source_joints), HARM[harm](target_joints)
    image = model.generator(source, *joints)["image"]
    mask = pose_mask(joints[1], SIZE, 2.0)
    loss = losses.l1(image, source) + losses.l1_masked(image, source, mask)
    shown = torch.cat([source, image])
    logits = model.discriminator(shown, shown, *(j.repeat(2, 1, 1) for j in joints))
    (loss + losses.adversarial_generator(logits)).backward()
    assert torch.isfinite(image).all()
    assert all(torch.isfinite(weight.grad).all() for weight in model.parameters())


@pytest.mark.parametrize("last", [False, True])
def test_half_precision_stays_near(last):
    model = build(window=[32, 16])
    wanted = model.generator.eval()(*given())["image"]
    if last:
        channels_last(model)
    with torch.autocast("cpu", torch.bfloat16):
        made = model.generator(*given())
        shown = torch.cat([images(2), made["image"]])
        logits = model.discriminator(shown, shown, poses(4), poses(4))
    assert {value.dtype for value in (*made.values(), logits)} == {torch.float32}
    assert (made["image"] - wanted).abs().mean() < 0.02
    (made["image"].mean() + logits.square().mean()).backward()
    assert all(torch.isfinite(weight.grad).all() for weight in model.parameters())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"compat": ["bare_fine"]}, r"bare_fine.*did you mean 'bare_finest'"),
        ({"window": [32]}, r"window \[32\]"),
        ({"window": [64, 32]}, r"window \[64, 32\] in images of 32 px"),
        ({"width": 0}, "width is 0"),
        ({"levels": 0}, "levels is 0"),
        ({"fine_levels": 0}, "fine_levels is 0"),
        ({"code": -1}, "code is -1"),
        ({"radius_px": 0.0}, "radius_px is 0"),
        ({"discriminator_widths": [4] * 5}, "5 discriminator_widths leave one pixel"),
    ],
)
def test_what_cannot_be_built_is_refused(changes, words):
    with pytest.raises(ReposeError, match=f"bad-network.*{words}"):
        build_model(TOY | changes, SIZE)


@pytest.mark.slow
def test_two_pairs_are_learned_by_heart():
    """In two phases, as it is trained: each of them has something to do."""
    generator = build_model(TOY, SIZE).generator
    source, source_joints, target_joints = given()
    ramp = torch.linspace(-0.8, 0.8, SIZE)
    y, x = torch.meshgrid(ramp, ramp, indexing="ij")
    target = torch.stack([torch.stack([x, y, x * y]), torch.stack([-x, y, y])])
    ends = []
    for stage in (generator.coarse, generator.fine):
        generator.requires_grad_(False)
        stage.requires_grad_(True)
        optimiser = torch.optim.Adam(stage.parameters(), lr=0.005)
        course = []
        for _ in range(120):
            made = generator(source, source_joints, target_joints)["image"]
            loss = losses.l1(made, target)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            course.append(loss.item())
        ends += [course[0], course[-1]]
    assert ends[1] < 0.3 * ends[0]
    assert ends[2] < 1.3 * ends[1]  # the refinement begins where the coarse stage ended
    assert ends[3] < 0.8 * ends[1]
