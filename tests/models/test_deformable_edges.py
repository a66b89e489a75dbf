"""What is odd, missing, degenerate or wrong does no harm or is refused."""

import itertools

import pytest
import torch

from repose import losses
from repose.errors import ReposeError
from repose.models import build_model
from repose.models.blocks import channels_last
from repose.skeleton import FLIP, JOINT
from tests.models.deformable_toy import SMALL, TOY, build, given
from tests.models.toys import SIZE, images, poses


@pytest.mark.parametrize("size", [17, 30, 33])
def test_odd_sizes_come_out_whole(size):
    model = build_model(TOY | {"rest": "still"}, size)
    source = torch.rand(1, 3, size, size) * 2 - 1
    made = model.generator(source, poses(1), poses(1, seed=1))["image"]
    assert made.shape == source.shape
    assert torch.isfinite(made).all()
    made.mean().backward()
    assert model.discriminator(source, made, poses(1), poses(1)).dim() == 2


HARM = {
    "missing": lambda joints: joints.index_fill(1, torch.tensor([0, 3, 10]), torch.nan),
    "no trunk": lambda joints: joints.index_fill(1, torch.tensor([JOINT["l_hip"]]), torch.nan),
    "nobody": lambda joints: torch.full_like(joints, torch.nan),
    "no length": lambda joints: joints[:, :1].expand_as(joints),
    "on a line": lambda joints: joints * torch.tensor([0.0, 1, 1]),
    "outside": lambda joints: joints + 10 * SIZE,
    "mirrored": lambda joints: joints[:, FLIP] * torch.tensor([-1.0, 1, 1]) + SIZE,
}


@pytest.mark.parametrize("skip", ["none", "full", "stn", "mask"])
@pytest.mark.parametrize(("harm", "count"), itertools.product(HARM, [1, 2]))
def test_no_pose_does_harm(skip, harm, count):
    model = build(warp_skip=skip, interp="linear", rest="still")
    source, source_joints, target_joints = given(count)
    spoiled = HARM[harm](source_joints), HARM[harm](target_joints)
    for joints in (
        spoiled,
        (spoiled[0], target_joints),
        (source_joints, spoiled[1]),
    ):
        model.zero_grad()
        image = model.generator(source, *joints)["image"]
        assert torch.isfinite(image).all()
        logits = model.discriminator(source, image, *joints)
        (losses.l1(image, -source) + losses.adversarial_generator(logits)).backward()
        assert all(torch.isfinite(weight.grad).all() for weight in model.parameters())
    made = model.generator.eval()(source, *spoiled)
    assert all(torch.isfinite(view).all() for view in made.values())


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    "changes",
    [{"rest": "still"}, {"warp_skip": "stn", **SMALL}, {"compat": ["layer_norm"]}],
)
def test_half_precision_stays_near(changes, last):
    model = build(window=[32, 20], **changes)
    wanted = model.generator.eval()(*given())
    if last:
        channels_last(model)
    with torch.autocast("cpu", torch.bfloat16):
        made = model.generator(*given())
        logits = model.discriminator(images(2), made["image"], poses(2), poses(2))
    assert {value.dtype for value in (*made.values(), logits)} == {torch.float32}
    assert (made["image"] - wanted["image"]).abs().mean() < 0.02
    torch.testing.assert_close(made["warped"], wanted["warped"])
    (made["image"].mean() + logits.square().mean()).backward()
    assert all(torch.isfinite(weight.grad).all() for weight in model.parameters())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"warp_skip": "masks"}, r"warp_skip is 'masks'.*did you mean 'mask'"),
        ({"joints": "coco18"}, r"did you mean 'coco17'"),
        ({"interp": "bilinear"}, r"interp is 'bilinear'"),
        ({"combine": "mean"}, r"combine is 'mean'"),
        ({"rest": "moving"}, r"rest is 'moving'"),
        ({"norm": "batch"}, r"norm is 'batch'"),
        ({"critic": "big"}, r"critic is 'big'"),
        ({"compat": ["layer_norms"]}, r"layer_norms.*did you mean 'layer_norm'"),
        ({"compat": ["layer_norm"], "norm": "none"}, "norm is 'none' with"),
        ({"decoder_widths": [12]}, "3 encoder_widths and 1 decoder_widths"),
        ({"encoder_widths": [8], "decoder_widths": []}, "1 encoder_widths"),
        ({"warped_levels": 4}, "warped_levels is 4"),
        ({"dropout": 1.0}, "dropout 1.0"),
        ({"sigma_px": 0.0}, "sigma_px is 0.0"),
        ({"dropped_blocks": 3}, "in 3 blocks"),
        ({"window": [32]}, r"window \[32\]"),
        ({"window": [0, 32]}, r"window \[0, 32\]"),
        ({"window": [64, 32]}, r"window \[64, 32\] in images of 32 px"),
        ({"critic_widths": [4] * 5}, "patch critic of 5 critic_widths"),
        ({"critic": "small", "critic_widths": [4]}, r"small critic of critic_widths \[4\]"),
        ({"critic": "small", "window": [32, 15]}, r"on \[32, 15\] px"),
    ],
)
def test_what_cannot_be_built_is_refused(changes, words):
    with pytest.raises(ReposeError, match=f"bad-network.*{words}"):
        build_model(TOY | changes, SIZE)
