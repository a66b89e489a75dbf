"""A person as eight squares: torso, head, arms and thighs cut out (Esser et al. 2018, their code).

Each square shows its part in the part's own frame, so what a person looks like no longer hangs on
their pose.
"""

import torch
from torch import Tensor

from repose.geometry.homography import crop_quads
from repose.skeleton import JOINT

CROPS = (
    "torso",
    "head",
    "l_upper_arm",
    "l_forearm",
    "r_upper_arm",
    "r_forearm",
    "l_thigh",
    "r_thigh",
)
_BONES = (
    ("l_shoulder", "l_elbow"),
    ("l_elbow", "l_wrist"),
    ("r_shoulder", "r_elbow"),
    ("r_elbow", "r_wrist"),
    ("l_hip", "l_knee"),
    ("r_hip", "r_knee"),
)
LIMB_ASPECT = 0.5  # width over length of a limb's strip


def part_crops(image: Tensor, joints: Tensor, side: int, *, half_pixel: bool = False) -> Tensor:
    """Cut the eight parts out of an image, each stretched to a square.

    Args:
        image: (B, C, S, S).
        joints: (B, 19, 3) px.
        side: Of the squares, px.
        half_pixel: As in `geometry.homography.quad_points`.

    Returns:
        (B, 8, C, side, side) float32, in the order of `CROPS`; zeros where a joint is missing and
        no rule of `crop_corners` replaces it.
    """
    return crop_quads(image, crop_corners(joints, image.shape[-1]), side, half_pixel=half_pixel)


def crop_corners(joints: Tensor, size: int) -> Tensor:
    """Find the corners of the eight crops in the image.

    The torso is shoulders over hips, the person's left to the left. A limb is a strip half as wide
    as it is long, its bone from left to right. The head is a square from the neck (the middle of
    the shoulders) through the nose to twice as far.

    Two missing joints have a rule: without a nose the head is the square that stands on the
    shoulders; without a knee the thigh reaches straight down to the last row of the image.

    Args:
        joints: (B, 19, 3) px, of which x and y matter.
        size: Side of the square image, px.

    Returns:
        (B, 8, 4, 2) px (x, y), in the order of `CROPS`, corners as `quad_points` takes them; NaN
        where joints are missing.
    """
    joints = joints[..., :2].float()
    at = {name: joints[:, index] for name, index in JOINT.items()}
    left, right = at["l_shoulder"], at["r_shoulder"]
    torso = torch.stack((left, right, at["r_hip"], at["l_hip"]), 1)
    start = torch.stack([at[one] for one, _ in _BONES], 1)
    end = torch.stack([at[other] for _, other in _BONES], 1)
    lacking = torch.isnan(end).any(-1, keepdim=True)
    lacking[:, :4] = False  # of thighs only
    floor = torch.stack((start[..., 0], torch.full_like(start[..., 0], size - 0.5)), -1)
    end = torch.where(lacking, floor, end)
    across = LIMB_ASPECT / 2 * _turned(end - start)
    limbs = torch.stack((start + across, end + across, end - across, start - across), 2)
    return torch.cat((torso[:, None], _head(left, right, at["nose"])[:, None], limbs), 1)


def _head(left: Tensor, right: Tensor, nose: Tensor) -> Tensor:
    """Return the corners (B, 4, 2) of the head."""
    neck = (left + right) / 2
    down = 2 * (neck - nose)
    top, across = neck - down, _turned(down) / 2
    head = torch.stack((top - across, top + across, neck + across, neck - across), 1)
    up = _turned(right - left)
    up = torch.where(up[:, 1:] > 0, -up, up)
    headless = torch.stack((left + up, right + up, right, left), 1)
    return torch.where(torch.isnan(nose).any(-1)[:, None, None], headless, head)


def _turned(vector: Tensor) -> Tensor:
    """Turn (..., 2) by a right angle: what points right then points down in the image."""
    return torch.stack((-vector[..., 1], vector[..., 0]), -1)
