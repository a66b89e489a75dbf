import numpy as np
import pytest
import torch
from scipy import ndimage

from benchmarks.plain import pg2 as plain
from repose.parts.pose_mask import LINES, close, pose_mask
from repose.skeleton import FLIP, JOINT, JOINTS
from tests.models.toys import SIZE, poses


def nobody(count: int = 1) -> torch.Tensor:
    return torch.full((count, len(JOINTS), 3), torch.nan)


def test_the_lines_are_the_originals():
    ours = {frozenset(line) for line in LINES}
    theirs = {frozenset(plain.OPENPOSE[index - 1] for index in line) for line in plain.LINES}
    assert len(LINES) == len(ours) == 23
    assert ours == theirs


@pytest.mark.parametrize("radius_px", [1.0, 2.3, 4.0])
def test_masks_are_those_of_a_plain_loop(radius_px):
    joints = poses(4, jitter_px=3)
    joints[1, JOINT["l_elbow"]] = joints[2, JOINT["neck"]] = torch.nan
    joints[3, JOINT["r_ankle"], :2] = torch.tensor([-40.0, 90.0])
    drawn = pose_mask(joints, SIZE, radius_px)
    assert drawn.shape == (4, 1, SIZE, SIZE)
    assert drawn.dtype == torch.bool
    for mask, pose in zip(drawn[:, 0].numpy(), joints.double().numpy(), strict=True):
        np.testing.assert_array_equal(mask, plain.pose_mask(pose, SIZE, radius_px))


def test_one_line_is_a_capsule():
    joints = nobody()
    joints[0, JOINT["l_hip"]] = torch.tensor([16.0, 10.0, 0])
    joints[0, JOINT["l_knee"]] = torch.tensor([16.0, 22.0, 0])
    area = pose_mask(joints, 32, 4.0).sum().item()
    assert area == pytest.approx(12 * 8 + np.pi * 16, rel=0.05)


def test_a_line_of_no_length_is_a_disc():
    joints = nobody()
    joints[0, [JOINT["l_hip"], JOINT["l_knee"]]] = torch.tensor([16.0, 16.0, 0])
    assert pose_mask(joints, 32, 4.0).sum().item() == pytest.approx(np.pi * 16, rel=0.1)


def test_a_missing_joint_drops_its_lines_and_no_others():
    joints = poses(2)
    whole = pose_mask(joints, SIZE, 2.0)
    joints[0, JOINT["l_ankle"]] = torch.nan
    less = pose_mask(joints, SIZE, 2.0)
    assert torch.equal(less[1], whole[1])
    gone = whole[0] & ~less[0]
    assert gone.any()
    assert not (less[0] & ~whole[0]).any()
    assert gone[0].any(1).nonzero().min() > joints[0, JOINT["l_knee"], 1] - 4


def test_nobody_and_a_single_joint_have_no_mask():
    joints = nobody(2)
    joints[1, JOINT["neck"]] = torch.tensor([10.0, 10.0, 0])
    assert not pose_mask(joints, SIZE, 4.0).any()


def test_a_body_outside_the_image_has_no_mask():
    assert not pose_mask(poses(1) + 200, SIZE, 4.0).any()


def test_depth_does_not_matter():
    joints, flat = poses(2), poses(2)
    flat[..., 2] = 0
    assert torch.equal(pose_mask(joints, SIZE, 2.0), pose_mask(flat, SIZE, 2.0))


def test_a_mirrored_person_has_the_mirrored_mask():
    joints = poses(2)
    mirrored = joints[:, FLIP] * torch.tensor([-1.0, 1, 1]) + torch.tensor([SIZE, 0.0, 0])
    wanted = pose_mask(joints, SIZE, 2.0).flip(-1)
    assert (pose_mask(mirrored, SIZE, 2.0) ^ wanted).float().mean() < 0.002  # ties alone


def test_the_pelvis_is_no_joint_of_the_mask():
    joints, other = poses(1), poses(1)
    other[0, JOINT["pelvis"]] = torch.nan
    assert torch.equal(pose_mask(joints, SIZE, 2.0), pose_mask(other, SIZE, 2.0))


def test_closing_is_scipys():
    random = np.random.default_rng(0)
    mask = random.random((3, 1, 20, 33)) < 0.1
    for side in (3, 5):
        square = np.ones((1, 1, side, side), bool)
        grown = ndimage.binary_dilation(mask, square)
        wanted = ndimage.binary_erosion(grown, square, border_value=1)
        assert (wanted & ~mask).any()
        np.testing.assert_array_equal(close(torch.from_numpy(mask), side).numpy(), wanted)
