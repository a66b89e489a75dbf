"""Stickmen and part crops of poses against plain loops; what missing joints do."""

import numpy as np
import pytest
import torch

from benchmarks.people import poses as people
from benchmarks.plain import vunet25d as plain
from repose.parts.part_crops import CROPS, crop_corners, part_crops
from repose.parts.stickman import line_width_px, stickman
from repose.skeleton import FLIP, JOINT
from tests.models.toys import SIZE, images, poses


def holed(count: int) -> torch.Tensor:
    """Return poses of any view; each but the first lacks another joint."""
    joints = people(count, 3, size=SIZE)
    lost = ("nose", "l_knee", "r_shoulder", "l_hip", "r_eye", "l_wrist")
    for index, name in enumerate(lost[: count - 1], 1):
        joints[index, JOINT[name]] = torch.nan
    return joints


@pytest.mark.parametrize("size", [32, 43, 128])
def test_stickmen_are_those_of_a_plain_loop(size):
    joints = holed(7) * (size / SIZE)
    drawn = stickman(joints, size)
    assert drawn.shape == (7, 3, size, size)
    for image, pose in zip(drawn, joints, strict=True):
        wanted = plain.stickman(pose.double().numpy(), size) / 127.5 - 1
        np.testing.assert_allclose(image, wanted, atol=1e-6)


def test_sides_have_channels():
    joints = poses(1, jitter_px=0)
    red, green, blue = stickman(joints, SIZE)[0]
    head = slice(0, int(SIZE * 0.24))
    assert (red[head] > 0).any()
    red, green = red[int(SIZE * 0.3) :], green[int(SIZE * 0.3) :]
    # The stance is symmetric, and the person's right is on the left of the image.
    assert torch.equal(red, green.flip(1))
    assert (red > 0).float().argmax(1).max() < SIZE // 2
    assert set(blue.unique().tolist()) == {-1.0, 1.0}


def test_mirrored_people_are_drawn_in_mirrored_channels():
    joints = people(2, 4, size=SIZE)
    mirrored = joints[:, FLIP] * torch.tensor([-1.0, 1, 1]) + torch.tensor([SIZE, 0.0, 0])
    wanted = stickman(joints, SIZE)[:, [1, 0, 2]].flip(3)
    assert (stickman(mirrored, SIZE) - wanted).abs().mean() < 1e-3  # rounding at the edges


def test_lines_are_three_px_of_128():
    assert [line_width_px(size) for size in (32, 64, 128, 256)] == [1, 1, 3, 6]


def test_the_original_cuts_joints_to_whole_px():
    joints = poses(2)
    whole = stickman(joints, SIZE, whole_pixels=True)
    assert torch.equal(whole, stickman(joints.floor() + 0.5, SIZE))
    assert not torch.equal(whole, stickman(joints, SIZE))


def test_corners_of_crops_are_those_of_a_plain_loop():
    joints = holed(7)
    found = crop_corners(joints, SIZE)
    for corners, pose in zip(found, joints, strict=True):
        wanted = plain.crop_corners(pose.double().numpy(), SIZE)
        np.testing.assert_allclose(corners, wanted, atol=1e-3)


def test_missing_joints_leave_their_crops_grey():
    joints = holed(7)
    crops = part_crops(images(7), joints, 8)
    grey = (crops == 0).flatten(2).all(2)
    lost = {CROPS[k] for k in grey[3].nonzero()[:, 0]}
    assert lost == {"torso", "head", "r_upper_arm"}  # the right shoulder is missing
    assert {CROPS[k] for k in grey[4].nonzero()[:, 0]} == {"torso", "l_thigh"}
    assert not grey[[0, 1, 2, 5]].any()  # nose and knee have rules, eyes no crop
    assert {CROPS[k] for k in grey[6].nonzero()[:, 0]} == {"l_forearm"}


def test_a_crop_shows_its_part_upright():
    """An image that is brighter further down and redder further right, a person facing us."""
    ramp = torch.linspace(-1, 1, SIZE).expand(SIZE, SIZE)
    image = torch.stack([ramp, ramp.T, 0 * ramp])[None]
    crops = part_crops(image, poses(1, jitter_px=0), 8)[0]
    for name in ("torso", "head"):
        crop = crops[CROPS.index(name)]
        assert (crop[1].diff(dim=0) > 0).all()  # down is down
        assert (crop[0].diff(dim=1) < 0).all()  # the person's left is on the left
    arm = crops[CROPS.index("l_forearm")]
    assert (arm[0].diff(dim=1) > 0).all()  # from elbow to wrist


def test_crops_turn_with_the_person():
    """A quarter turn of image and joints changes nothing in the crops."""
    image, joints = images(1), poses(1)
    turned = joints.clone()
    turned[..., 0], turned[..., 1] = SIZE - joints[..., 1], joints[..., 0]
    one = part_crops(image, joints, 8)
    other = part_crops(image.rot90(-1, (2, 3)), turned, 8)
    torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
