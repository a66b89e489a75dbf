import pytest
import torch

from tests.models.deformable_toy import SMALL, build, given
from tests.models.toys import images


@pytest.mark.parametrize(("critic", "sees"), [("patch", True), ("small", False)])
def test_only_the_patch_critic_sees_source_and_poses(critic, sees):
    judge = build(critic=critic, critic_linears=[6]).discriminator
    source, source_joints, target_joints = given()
    shown = images(2, seed=2)
    logits = judge(source, shown, source_joints, target_joints)
    assert logits.dtype == torch.float32
    assert len(logits) == 2
    for other in (
        judge(-source, shown, source_joints, target_joints),
        judge(source, shown, target_joints, target_joints),
        judge(source, shown, source_joints, source_joints),
    ):
        assert torch.equal(other, logits) is not sees
    assert not torch.equal(judge(source, -shown, source_joints, target_joints), logits)


def test_one_image_is_judged_like_a_batch():
    for critic in ({}, SMALL):
        judge = build(**critic).discriminator
        source, source_joints, target_joints = given(3)
        logits = judge(source, source, source_joints, target_joints)
        alone = judge(source[:1], source[:1], source_joints[:1], target_joints[:1])
        torch.testing.assert_close(alone, logits[:1], atol=1e-5, rtol=1e-4)


def test_each_image_is_seen_with_its_own_pose():
    judge = build(window=[32, 24]).discriminator
    source, source_joints, target_joints = given()
    shown, seen = images(2, seed=2), []
    judge.stem.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    judge(source, shown, source_joints, target_joints)
    cut, maps = judge.maps.window.cut, judge.maps
    wanted = [cut(source), maps(source_joints), cut(shown), maps(target_joints)]
    assert torch.equal(seen[0], torch.cat(wanted, dim=1))
