import pytest
import torch
from torch import nn

from repose import losses
from repose.errors import ReposeError
from repose.models import build_model, posewarp
from repose.models.blocks import channels_last
from repose.models.unet import UNet
from tests.models.posewarp_toy import FORMS, TOY, build, given
from tests.models.toys import SIZE, images, poses

FULL = TOY | {
    "sigma_px": 3.5,
    "kernel": 7,
    "encoder_widths": [64] * 2 + [128] * 9,
    "segment_widths": [128] * 4 + [32],
    "paint_widths": [128] * 4 + [64],
    "discriminator_widths": [64, 128, 256, 256, 256, 256],
    "discriminator_kernels": [5, 5, 3, 3, 3, 3],
    "discriminator_hidden": [256, 256],
}


def weights(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


@pytest.mark.parametrize(
    ("skeleton", "parts", "whole", "critic"),
    [
        ("mpii14", (2_555_723, 2_694_852, 2_612_739), 7_863_314, 6_625_409),
        ("upper7", (2_546_214, 2_639_748, 2_604_675), 7_790_637, 6_580_609),
    ],
)
def test_the_originals_weights_module_by_module(skeleton, parts, whole, critic):
    with torch.device("meta"):  # shapes only
        model = build_model(FULL | {"skeleton": skeleton}, 256)
    generator = model.generator
    modules = (generator.segmentation, generator.foreground, generator.background)
    assert tuple(weights(module) for module in modules) == parts
    assert weights(generator) == whole
    assert weights(model.discriminator) == critic


def test_the_unet_is_that_of_the_originals_baseline():
    with torch.device("meta"):
        net = UNet(3, 28, (64, *[128] * 3, *[256] * 7), (256, 256, 256, 128, 64), 7)
    assert weights(net) + 64 * 9 * 3 + 3 == 8_340_995


@pytest.mark.parametrize("form", FORMS)
def test_every_weight_learns_from_what_a_training_sees(form):
    model = build(**form)
    made = model.generator(*given())
    assert list(made) == ["image", "foreground", "alpha", "background"]
    losses.l1(made["image"], images(2, seed=2)).backward()
    for name, weight in model.generator.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_the_critic_learns_and_judges_image_by_image():
    critic = build().discriminator
    source, _, joints = given(3)
    image, target_joints = images(3, seed=1), poses(3, seed=2)
    logits = critic(source, image, joints, target_joints)
    assert logits.shape == (3,)
    alone = critic(source[1:2], image[1:2], joints[1:2], target_joints[1:2])
    torch.testing.assert_close(logits[1:2], alone)
    for changed in ((joints, joints), (target_joints, target_joints)):
        assert not torch.allclose(critic(source, image, *changed), logits, atol=1e-5)
    logits.sum().backward()
    assert all(weight.grad.abs().sum() > 0 for weight in critic.parameters())


@pytest.mark.parametrize("form", FORMS)
def test_inner_views_can_be_looked_at(form):
    made = build(**form).generator.eval()(*given())
    assert list(made) == ["image", "segments", "warped", "foreground", "alpha", "background"]
    for name, view in made.items():
        assert view.shape == (2, 1 if name == "alpha" else 3, SIZE, SIZE)
        assert view.dtype == torch.float32
        assert view.amin() >= (0 if name == "alpha" else -1)
        assert view.amax() <= 1
    alpha = made["alpha"]
    torch.testing.assert_close(
        made["image"], alpha * made["foreground"] + (1 - alpha) * made["background"]
    )


@pytest.mark.parametrize("form", FORMS)
def test_half_precision_and_layout_stay_near(form):
    model = build(**form)
    wanted = model.generator(*given())["image"]
    channels_last(model)
    with torch.autocast("cpu", torch.bfloat16):
        made = model.generator.eval()(*given())
        logits = model.discriminator(images(2), made["image"], poses(2), poses(2))
    assert {value.dtype for value in (*made.values(), logits)} == {torch.float32}
    assert (made["image"] - wanted).abs().mean() < 0.02
    (made["image"].mean() + logits.mean()).backward()
    assert all(torch.isfinite(weight.grad).all() for weight in model.parameters())


@pytest.mark.parametrize("option", sorted(posewarp.COMPAT))
def test_each_compat_option_changes_something(option):
    made = [
        build(skeleton="upper7", compat=compat).generator(*given())["image"]
        for compat in ([], [option])
    ]
    assert torch.isfinite(made[1]).all()
    assert not torch.equal(*made)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"skeleton": "mpii15"}, "did you mean 'mpii14'?"),
        ({"compat": ["left_shoulder"]}, "did you mean 'right_shoulder'?"),
        ({"sigma_px": 0.0}, "sigma_px above 0"),
        ({"noise_fill": -1.0}, "noise_fill at least 0"),
        ({"encoder_widths": [4, 6, 8, 8]}, "encoder_widths of even length"),
        ({"segment_widths": [8]}, "segment_widths"),
        ({"paint_widths": [8, 8, 8]}, "paint_widths"),
        ({"discriminator_kernels": [3]}, "discriminator_kernels"),
        ({"kernel": 4}, "a kernel of 4 px"),
        ({"encoder_widths": [4] * 13, "segment_widths": [4] * 6, "paint_widths": [4] * 6}, "64"),
        ({"discriminator_widths": [4] * 7, "discriminator_kernels": [3] * 7}, "multiple of 64"),
    ],
)
def test_what_cannot_be_built_is_named(changes, said):
    with pytest.raises(ReposeError) as error:
        build(**changes)
    assert error.value.code == "bad-network"
    assert said in str(error.value)


@pytest.mark.parametrize("size", [31, 33, 34])
def test_odd_sizes_are_refused(size):
    with pytest.raises(ReposeError, match="a multiple of 4"):
        build_model(TOY, size)


def test_no_widths_no_discriminator():
    assert build(discriminator_widths=[], discriminator_kernels=[]).discriminator is None


@pytest.mark.slow
@pytest.mark.parametrize("shortcuts", [False, True])
def test_two_pairs_are_learned_by_heart(shortcuts):
    widths = {"encoder_widths": [8, 8, 16, 16, 16], "paint_widths": [16, 16]}
    generator = build(**widths, shortcuts=shortcuts).generator
    ramp = torch.linspace(-0.8, 0.8, SIZE)
    y, x = torch.meshgrid(ramp, ramp, indexing="ij")
    target = torch.stack([torch.stack([x, y, x * y]), torch.stack([-x, y, y])])
    optimiser = torch.optim.Adam(generator.parameters(), lr=0.01)
    course = []
    for _ in range(120):
        loss = losses.l1(generator(*given())["image"], target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        course.append(loss.item())
    assert course[-1] < 0.25 * course[0]
