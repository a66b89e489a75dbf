"""What the variational U-Net sees, against plain loops; and the collages of its shortcuts."""

import numpy as np
import torch

from benchmarks.people import poses as people
from benchmarks.plain import vunet25d as plain
from repose.skeleton import JOINT
from tests.models.toys import SIZE, images, poses
from tests.models.vunet_toy import TOY, build, given


def test_six_channels_tell_sides_that_three_do_not():
    joints = poses(1, jitter_px=0)
    swapped = joints.clone()
    for name in ("elbow", "wrist"):  # arms held straight up or down, whose they are is unsaid
        left, right = JOINT[f"l_{name}"], JOINT[f"r_{name}"]
        swapped[0, left], swapped[0, right] = joints[0, right], joints[0, left]
        for pose in (joints, swapped):
            pose[0, [left, right], 0] = SIZE / 2
    joints[0, JOINT["l_wrist"], 1], joints[0, JOINT["r_wrist"], 1] = 2.0, 30.0
    swapped[0, JOINT["l_wrist"], 1], swapped[0, JOINT["r_wrist"], 1] = 30.0, 2.0
    for style, tells in (("three_layer", False), ("three_layer6", True)):
        viewer = build(pose_map=style).viewer
        one, other = (viewer(images(1), joints, pose).pose for pose in (joints, swapped))
        share = (one != other).float().mean().item()
        assert (share > 0.01) is tells


def test_views_are_those_of_a_plain_loop():
    source, joints = images(4), people(8, 3, size=SIZE)
    joints[1, JOINT["l_knee"]] = joints[6, JOINT["nose"]] = torch.nan
    for style in ("stickman", "three_layer"):
        viewer = build(pose_map=style).viewer
        views = viewer(source, joints[:4], joints[4:])
        for index in range(4):
            crops, pose = plain.sample(
                source[index].permute(1, 2, 0).double().numpy(),
                *(joints[k].double().numpy() for k in (index, index + 4)),
                TOY | {"pose_map": style},
                SIZE,
            )
            np.testing.assert_allclose(views.crops[index], crops, atol=1e-4)
            np.testing.assert_allclose(views.pose[index], pose, atol=1e-5)


def test_the_source_is_seen_through_its_crops_alone():
    generator = build().eval()
    source, source_joints, target_joints = given()
    views = generator.viewer(source, source_joints, target_joints)
    assert views.laid is None
    assert views.crops.shape == (2, 8, 3, SIZE // 2, SIZE // 2)
    outside = source.clone()
    outside[:, :, 0, 0] += 0.5  # no crop reaches into this corner
    assert torch.equal(
        generator(outside, source_joints, target_joints)["image"],
        generator(source, source_joints, target_joints)["image"],
    )


def test_the_posterior_may_see_the_pose():
    source, source_joints, target_joints = given()
    plain_viewer, seeing = (build(posterior_pose=option).viewer for option in (False, True))
    crops = seeing(source, source_joints, target_joints).crops
    assert crops.shape[2] == 6
    alone = plain_viewer(source, source_joints, target_joints).crops
    torch.testing.assert_close(crops[:, :, :3], alone)
    assert crops[:, :, 3:].std() > 0.1


def test_collages_of_an_unchanged_pose_are_the_source():
    source, joints = images(2), poses(2)
    viewer = build(shortcuts=True).viewer
    body = viewer.pictures.bodies(joints).regions.any(1)
    for collage in viewer(source, joints, joints).laid:
        same = (collage - source).abs().amax(1) < 1e-3
        assert same[body].all()
        assert same.float().mean() > 0.8  # but for the margin about the person
    assert viewer(source, joints, poses(2, seed=1)).laid.limbs_over.std() > 0.1


def test_collages_differ_where_limbs_cross_the_torso_and_each_other():
    joints = poses(1, jitter_px=0)
    joints[0, JOINT["l_wrist"], :2] = torch.tensor([0.45, 0.4]) * SIZE
    viewer = build(shortcuts=True).viewer
    laid = viewer(images(1), poses(1), joints).laid
    differs = (laid.limbs_over != laid.torso_over).any(1)
    crossed = viewer.pictures.bodies(joints).regions.sum(1) > 1
    assert differs.any()
    assert not (differs & ~crossed).any()
