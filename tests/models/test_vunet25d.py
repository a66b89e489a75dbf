"""The variational U-Net: its weights at full size, what does it no harm, the depth swap."""

from pathlib import Path

import pytest
import torch
import yaml
from torch import nn

from benchmarks.people import poses as people
from repose import losses
from repose.errors import ReposeError
from repose.models import build_model, vunet25d
from repose.models.blocks import channels_last
from repose.skeleton import JOINT
from tests.models.toys import SIZE, images, poses
from tests.models.vunet_toy import MARKET, PAPER, TOY, build, given, weights

STYLES = ["stickman", "three_layer", "three_layer6"]


def passes(generator: nn.Module) -> list[int]:
    return [weights(getattr(generator, n)) for n in ("enc_up", "enc_down", "dec_up", "dec_down")]


@pytest.mark.parametrize(
    ("block", "size", "first"), [(PAPER, 256, 2_071_296), (MARKET, 128, 2_217_600)]
)
def test_the_originals_weights_block_by_block(block, size, first):
    with torch.device("meta"):  # shapes only
        ours = build_model(block, size).generator
        theirs = build_model(block | {"compat": ["idle"]}, size).generator
    assert passes(theirs) == [first, 3_085_568, 2_253_216, 39_862_886]
    assert passes(ours) == [first, 3_085_568 - 1_230_848, 2_253_216, 39_862_886]
    assert weights(theirs) == {256: 47_272_966, 128: 47_419_270}[size]


@pytest.mark.parametrize("shortcuts", [False, True])
@pytest.mark.parametrize("posterior_pose", [False, True])
@pytest.mark.parametrize("pose_map", STYLES)
def test_every_weight_learns(pose_map, posterior_pose, shortcuts):
    generator = build(pose_map=pose_map, posterior_pose=posterior_pose, shortcuts=shortcuts)
    made = generator(*given())
    assert set(made) == {"image", "kl"}
    assert made["kl"].shape == ()
    (losses.l1(made["image"], images(2, seed=2)) + 1e-3 * made["kl"]).backward()
    for name, weight in generator.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


@pytest.mark.parametrize("pose_map", STYLES)
def test_views_are_shown_in_evaluation(pose_map):
    made = build(pose_map=pose_map).eval()(*given())
    assert list(made) == ["image", "pose_map", "parts"]
    for view in made.values():
        assert view.shape == (2, 3, SIZE, SIZE)
        assert view.dtype == torch.float32
        assert view.abs().max() <= 1


def test_only_three_layers_need_depth():
    assert [build(pose_map=style).needs_depth for style in STYLES] == [False, True, True]
    source, source_joints, target_joints = given()
    away = target_joints * torch.tensor([1.0, 1, -3])
    for style in STYLES:
        generator = build(pose_map=style).eval()
        image, other = (
            generator(source, source_joints, t)["image"] for t in (target_joints, away)
        )
        assert torch.equal(image, other) is (style == "stickman")


def test_images_are_bounded_and_gradients_come_back():
    generator = build()
    with torch.no_grad():
        generator.dec_down.head.bias.fill_(99.0)
    image = generator(*given())["image"]
    assert (image == 1).all()
    losses.l1(image, images(2)).backward()
    assert (generator.dec_down.head.bias.grad > 0).all()


@pytest.mark.parametrize("option", sorted(vunet25d.COMPAT))
def test_each_compat_option_changes_something(option):
    def outcome(*compat: str) -> tuple[int, torch.Tensor]:
        generator = build(pose_map="stickman", compat=compat).eval()
        return weights(generator), generator(*given())["image"]

    (count, image), (other_count, other) = outcome(), outcome(option)
    assert torch.isfinite(other).all()
    assert (count, True) != (other_count, torch.equal(image, other))


@pytest.mark.parametrize("shortcuts", [False, True])
def test_half_precision_stays_near(shortcuts):
    generator = channels_last(build(shortcuts=shortcuts))
    generator.initialise(*given(4))
    wanted = generator.eval()(*given())["image"]
    with torch.autocast("cpu", torch.bfloat16):
        made = generator(*given())["image"]
        learnt = generator.train()(*given())
    assert made.dtype == learnt["kl"].dtype == torch.float32
    assert (made - wanted).abs().mean() < 0.03
    (learnt["image"].mean() + learnt["kl"]).backward()
    assert all(torch.isfinite(weight.grad).all() for weight in generator.parameters())


def hurt() -> torch.Tensor:
    """Return poses that something is wrong with."""
    joints = poses(7)
    joints[0, JOINT["l_elbow"]] = torch.nan
    joints[1] = torch.nan
    joints[2, JOINT["r_knee"]] = joints[2, JOINT["r_hip"]]
    joints[3] += torch.tensor([5 * SIZE, 0.0, 0])
    joints[4] = joints[4, :1]  # all in one point
    joints[5, :, 0] = SIZE - joints[5, :, 0]  # the left on the right, as from behind
    joints[6, JOINT["l_shoulder"]] = joints[6, JOINT["nose"]] = torch.nan
    return joints


@pytest.mark.parametrize("shortcuts", [False, True])
@pytest.mark.parametrize("pose_map", STYLES)
def test_hard_poses_do_no_harm(pose_map, shortcuts):
    generator = build(pose_map=pose_map, posterior_pose=True, shortcuts=shortcuts)
    for source_joints, target_joints in ((hurt(), poses(7)), (poses(7), hurt())):
        generator.zero_grad()
        made = generator(images(7), source_joints, target_joints)
        (losses.l1(made["image"], images(7, seed=2)) + made["kl"]).backward()
        assert torch.isfinite(made["image"]).all()
        assert all(torch.isfinite(weight.grad).all() for weight in generator.parameters())


def test_one_pair_is_enough():
    generator = build()
    generator.initialise(*given(1))
    assert torch.isfinite(generator(*given(1))["image"]).all()


@pytest.mark.parametrize("size", [32, 48, 40])
def test_images_whose_coarsest_side_is_even_come_out_whole(size):
    factor = 3 if size == 40 else 2
    generator = build(size, bottleneck_factor=factor, box_factor=0)
    joints = poses(2) * size / SIZE
    image = torch.zeros(2, 3, size, size)
    assert generator(image, joints, joints)["image"].shape == image.shape


@pytest.mark.parametrize(
    ("changes", "size", "said"),
    [
        ({"pose_map": "stickmen"}, SIZE, "stickman, three_layer"),
        ({"compat": ["idel"]}, SIZE, "did you mean 'idle'?"),
        ({"blocks": 3}, SIZE, "even"),
        ({"dropout": 1.0}, SIZE, "probability"),
        ({"box_factor": -1}, SIZE, "box_factor"),
        ({"thickness": -0.1}, SIZE, "thickness"),
        ({"width": 0}, SIZE, "width is 0"),
        ({"latent_scales": 4}, SIZE, "the encoder has 3 scales"),
        ({"latent_scales": 0}, SIZE, "latent_scales"),
        ({"bottleneck_factor": 7}, SIZE, "the encoder has 0 scales"),
        ({}, 33, "a multiple of 16"),
        ({}, 47, "a multiple of 16"),
    ],
)
def test_what_cannot_be_built_is_refused(changes, size, said):
    with pytest.raises(ReposeError, match="bad-network") as error:
        build_model(TOY | changes, size)
    assert said in str(error.value)


def test_a_swap_changes_one_label_and_the_picture():
    generator = build().eval()
    source, joints = images(4), people(8, 2, size=SIZE)
    before = generator(source, joints[:4], joints[4:])
    made = generator.swap_depth(source, joints[:4], joints[4:])
    assert torch.equal(made["image"], before["image"])
    pictures = generator.viewer.pictures
    assert torch.equal(made["labels"], pictures.labels(pictures.bodies(joints[4:])))
    assert ((made["labels"] != made["swapped_labels"]).sum(1) == 1).all()
    changed = (made["pose_map"] != made["swapped_pose_map"]).any(1, keepdim=True)
    assert (changed.flatten(1).any(1)).all()
    limb = made["limb"]
    for index in range(4):
        assert made["labels"][index, limb[index]] != made["swapped_labels"][index, limb[index]]
        region = made["region"][index]
        assert (changed[index] & ~region).sum() == 0  # colours change on the limb alone
        assert not torch.equal(made["image"][index], made["swapped_image"][index])


def test_labels_from_outside_replace_those_of_the_joints():
    generator = build().eval()
    source, source_joints, target_joints = given()
    pictures = generator.viewer.pictures
    labels = pictures.labels(pictures.bodies(target_joints))
    assert labels.shape == (2, 8)
    wanted = generator(source, source_joints, target_joints)
    made = generator(source, source_joints, target_joints, labels=labels)
    assert torch.equal(made["image"], wanted["image"])
    other = generator(source, source_joints, target_joints, labels=-torch.ones_like(labels))
    assert not torch.equal(other["pose_map"], wanted["pose_map"])


def test_the_config_names_every_field():
    text = yaml.safe_load(Path("config/config.yaml").read_text())["models"]
    assert set(text["vunet25d"]) - {"train"} == set(TOY)
    assert {k: v for k, v in text["vunet25d"].items() if k in PAPER and k != "pose_map"} == {
        k: v for k, v in PAPER.items() if k != "pose_map"
    }


@pytest.mark.slow
@pytest.mark.parametrize("shortcuts", [False, True])
def test_two_pairs_are_learned_by_heart(shortcuts):
    generator = build(width=8, widest=16, shortcuts=shortcuts)
    _, source_joints, target_joints = given()
    source = torch.tensor([0.3, -0.3]).view(2, 1, 1, 1).expand(2, 3, SIZE, SIZE)
    ramp = torch.linspace(-0.8, 0.8, SIZE)
    y, x = torch.meshgrid(ramp, ramp, indexing="ij")
    target = torch.stack([torch.stack([x, y, x * y]), torch.stack([-x, y, y])])
    generator.initialise(source, source_joints, target_joints)
    optimiser = torch.optim.Adam(generator.parameters(), lr=0.005)
    course = []
    for _ in range(160):
        made = generator(source, source_joints, target_joints)
        loss = losses.l1(made["image"], target)
        optimiser.zero_grad()
        (loss + 1e-6 * made["kl"]).backward()
        optimiser.step()
        course.append(loss.item())
    assert course[-1] < 0.25 * course[0]
