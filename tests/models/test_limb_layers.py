"""What limbs are cut, moved and put together to, against plain geometry and on hard poses."""

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.plain import posewarp as plain
from repose import losses
from repose.models.limb_layers import warp_layers
from repose.skeleton import JOINT
from tests.models.posewarp_toy import FORMS, TOY, build, given
from tests.models.toys import SIZE, images


@pytest.mark.parametrize("form", FORMS)
def test_the_image_is_that_of_the_plain_geometry(form):
    generator = build(**form).generator.eval()
    source, joints, target_joints = given(3)
    joints[0, JOINT["l_elbow"]] = target_joints[1, JOINT["r_shoulder"]] = torch.nan
    drawn = generator.drawer.draw(joints, target_joints)
    count = len(generator.drawer.skeleton.joints)
    arrays = (t.double().numpy() for t in (joints, target_joints))
    wanted = plain.draw(*arrays, count, SIZE, TOY["sigma_px"])
    for name in drawn._fields:
        one, other = getattr(drawn, name), getattr(wanted, name)
        if name == "log_prior":  # 1 - p loses float32's digits where p is nearly 1
            one, other = one.exp(), other.exp()
        torch.testing.assert_close(one, other, atol=2e-4, rtol=1e-3)
    torch.testing.assert_close(
        generator(source, joints, target_joints)["image"],
        plain.forward(generator, source, joints, target_joints),
        atol=1e-3,
        rtol=0,
    )


def test_layers_move_as_a_plain_warp_says():
    generator = build().generator
    source, joints, target_joints = given(2)
    masks = torch.rand(2, 10, SIZE, SIZE, generator=torch.Generator().manual_seed(3))
    drawn = generator.drawer.draw(joints, target_joints)
    moved = warp_layers(source, masks, drawn)
    torch.testing.assert_close(moved, plain.warp_layers(source, masks, drawn))
    for one in range(2):
        own, other = (plain.points(p[one].double().numpy(), 14) for p in (joints, target_joints))
        for number, limb in enumerate(plain.FULL_LIMBS):
            layer = torch.cat([source[one] * masks[one, number], masks[one, number, None]])
            wanted = plain.warp(
                layer.permute(1, 2, 0).double().numpy(),
                plain.similarity(own[list(limb)], other[list(limb)]),
            )
            ours = moved[one, number].permute(1, 2, 0).numpy()
            # A limb that grows a hundredfold turns float32's last digit into a visible one.
            np.testing.assert_allclose(ours, wanted, atol=5e-3)


def test_a_pose_that_stays_moves_nothing():
    generator = build(shortcuts=True).generator
    source, joints, _ = given()
    drawn = generator.drawer.draw(joints, joints)
    masks = generator.segmentation(source, drawn)
    torch.testing.assert_close(masks.sum(1), torch.ones(2, SIZE, SIZE))
    layers = warp_layers(source, masks[:, 1:], drawn)
    body = masks[:, 1:].sum(1, keepdim=True)
    torch.testing.assert_close(layers.sum(1)[:, 3:], body, atol=1e-3, rtol=0)
    torch.testing.assert_close(layers.sum(1)[:, :3], body * source, atol=1e-3, rtol=0)


def test_a_limb_of_which_no_joint_is_left_is_not_shown():
    generator = build().generator
    source, joints, target_joints = given()
    target_joints[:, [JOINT["l_elbow"], JOINT["l_wrist"]]] = torch.nan
    drawn = generator.drawer.draw(joints, target_joints)
    assert drawn.placed[0].tolist() == [1, 1, 1, 1, 0, 1, 1, 1, 1, 1]
    layers = warp_layers(source, torch.ones(2, 10, SIZE, SIZE), drawn)
    assert not layers[:, 4].any()
    assert layers[:, [3, 5]].flatten(2).any(-1).all()


def troubled(name: str) -> tuple[Tensor, Tensor, Tensor]:
    source, joints, target_joints = given(2)
    if name == "nothing known":
        joints[0] = target_joints[1] = torch.nan
    elif name == "zero length":
        joints[:, JOINT["r_knee"]] = joints[:, JOINT["r_hip"]]
        target_joints[:, JOINT["l_wrist"]] = target_joints[:, JOINT["l_elbow"]]
    elif name == "one point":
        target_joints[:] = target_joints[:, :1]
    elif name == "outside":
        joints[0] += 3 * SIZE
        target_joints[1] -= 3 * SIZE
    elif name == "far away":
        joints, target_joints = 1e6 * joints, 1e6 * target_joints
    elif name == "mirrored":
        target_joints = joints * torch.tensor([-1.0, 1.0, 1.0]) + torch.tensor([SIZE, 0.0, 0.0])
    return source, joints, target_joints


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(
    "name", ["nothing known", "zero length", "one point", "outside", "far away", "mirrored"]
)
def test_hard_poses_do_no_harm(name, batch, form):
    model = build(**form, mirrors=True, noise_fill=0.1)
    source, joints, target_joints = (value[:batch] for value in troubled(name))
    image = model.generator(source, joints, target_joints)["image"]
    logits = model.discriminator(source, image, joints, target_joints)
    assert torch.isfinite(image).all()
    (losses.l1(image, images(batch, seed=2)) + logits.mean()).backward()
    assert all(torch.isfinite(weight.grad).all() for weight in model.parameters())


def test_depth_does_not_matter():
    generator = build().generator
    source, joints, target_joints = given()
    assert not generator.needs_depth
    flat = target_joints * torch.tensor([1.0, 1.0, 0.0])
    one, other = (generator(source, joints, t)["image"] for t in (target_joints, flat))
    assert torch.equal(one, other)
    assert generator.fit(joints, target_joints) is None


def test_noise_fills_the_hole_and_only_there():
    seen: list[Tensor] = []
    generator = build(noise_fill=0.5).generator
    generator.background.net.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    source, joints, target_joints = given()
    torch.manual_seed(1)
    one = generator(source, joints, target_joints)["image"]
    torch.manual_seed(2)
    assert not torch.equal(one, generator(source, joints, target_joints)["image"])
    seen = [value.detach() for value in seen]
    known = seen[0][:, 3:]
    noise = seen[0][:, :3] - source * known
    hole = (1 - known).expand_as(noise)
    assert (noise / hole)[hole > 0.1].std() == pytest.approx(0.5, rel=0.1)
    quiet = build().generator
    assert torch.equal(quiet(*given())["image"], quiet(*given())["image"])


def test_mirrors_change_a_person_who_turned_round():
    _, joints, behind = troubled("mirrored")
    one, other = (build(mirrors=m).generator.drawer.draw(joints, behind) for m in (False, True))
    torch.testing.assert_close(one.sampling[:, :9], other.sampling[:, :9])
    assert torch.linalg.det(other.sampling[:, 9, :, :2]).lt(0).all()
    assert torch.linalg.det(one.sampling[:, 9, :, :2]).gt(0).all()
