import pytest
import torch

from repose.models.discriminator import SeparableStem
from repose.models.pose import PoseMaps
from tests.models.toys import SIZE, build, images, poses


def judge(**changes):
    model = build(**changes)
    return model.discriminator(images(3), images(3, seed=1), poses(3), poses(3))


def test_separable_heat_maps_equal_dense_ones():
    stem = SeparableStem(4, 5).double()
    torch.nn.init.normal_(stem.bias)
    maps = PoseMaps(SIZE, (5, SIZE, SIZE), 3.0, "3d", ()).factors(poses(2))
    maps = type(maps)(*(factor.double() for factor in maps))
    pair = torch.randn(2, 6, SIZE, SIZE, dtype=torch.double)
    ours = stem(pair, maps)
    dense = stem.dense(pair, torch.einsum("bjz,bjy,bjx->bjzyx", *maps))
    torch.testing.assert_close(ours, dense, atol=1e-12, rtol=1e-10)
    along = torch.randn_like(dense)
    torch.testing.assert_close(
        torch.autograd.grad(ours, stem.weight, along)[0],
        torch.autograd.grad(dense, stem.weight, along)[0],
        atol=1e-10,
        rtol=1e-10,
    )


def test_one_logit_per_image_whatever_the_others():
    model = build()
    source, image, joints = images(3), images(3, seed=1), poses(3)
    logits = model.discriminator(source, image, joints, joints)
    alone = model.discriminator(source[1:2], image[1:2], joints[1:2], joints[1:2])
    assert logits.shape == (3,)
    torch.testing.assert_close(logits[1:2], alone)


def test_the_original_has_one_logit_for_all():
    original = judge(compat=["batch_logit"])
    torch.testing.assert_close(original, judge().mean().expand(3))


@pytest.mark.parametrize(("pose", "sees"), [("3d", True), ("2d", False)])
def test_depth_of_the_target_counts_in_3d_only(pose, sees):
    model = build(pose=pose)
    joints = poses(1)
    away = joints + torch.tensor([0.0, 0.0, 3.0])
    given = images(1), images(1, seed=1), joints
    same = torch.equal(model.discriminator(*given, joints), model.discriminator(*given, away))
    assert same is not sees


def test_every_weight_learns():
    model = build()
    model.discriminator(images(2), images(2, seed=1), poses(2), poses(2)).sum().backward()
    assert all(weight.grad.abs().sum() > 0 for weight in model.discriminator.parameters())


def test_no_widths_no_discriminator():
    assert build(discriminator_widths=[], discriminator_units=[]).discriminator is None
