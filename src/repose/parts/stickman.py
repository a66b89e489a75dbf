"""A pose as a stickman in three channels (Esser et al. 2018, their code)."""

import torch
from torch import Tensor

from repose.geometry.strokes import polygons, strokes
from repose.skeleton import JOINT

REFERENCE = 128  # px, side of the image for which the original gives the thickness of lines
THICKNESS = 3  # px at that size
GREY = 127 / 255  # of the line from neck to nose
TRUNK = ("l_hip", "l_shoulder", "r_shoulder", "r_hip")
_SIDE = (
    ("ankle", "knee"),
    ("knee", "hip"),
    ("hip", "shoulder"),
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
)


def line_width_px(size: int) -> int:
    """Return the thickness of a stickman's lines: 3 px for 128 px of the image, at least 1."""
    return max(THICKNESS * size // REFERENCE, 1)


def stickman(joints: Tensor, size: int, *, whole_pixels: bool = False) -> Tensor:
    """Draw stickmen: right lines, left lines and the trunk, a channel each.

    The line from the neck (the middle of the shoulders) to the nose is grey in the channels of
    both sides, and each eye's line to the nose is in the channel of its side. A line that needs a
    missing joint is left out, and the trunk where one of its four is missing.

    Args:
        joints: (B, 19, 3) px, of which x and y matter.
        size: Side S of the square image, px.
        whole_pixels: Move joints to the centres of their pixels first, as the original does.

    Returns:
        (B, 3, S, S) in [-1, 1]: -1 where nothing is drawn.
    """
    joints = joints[..., :2].float()
    if whole_pixels:
        joints = joints.floor() + 0.5
    trunk = polygons(joints[:, None, [JOINT[name] for name in TRUNK]], size)[:, 0]
    count = len(_SIDE)
    ends = [[JOINT[f"{side}_{name}"] for name in bone] for side in "rl" for bone in _SIDE]
    limbs = joints[:, ends]  # (B, 10, 2, 2)
    lines = torch.cat((limbs, face_lines(joints)), 1)
    drawn = strokes(lines[:, :, 0], lines[:, :, 1], line_width_px(size), size)
    # Later lines are drawn over earlier ones.
    sides = torch.stack((drawn[:, :count].any(1), drawn[:, count : 2 * count].any(1)), 1).float()
    sides = torch.where(drawn[:, 2 * count, None], GREY, sides)
    sides = torch.where(drawn[:, 2 * count + 1 :], 1.0, sides)
    return 2 * torch.cat((sides, trunk[:, None].float()), 1) - 1


def face_lines(joints: Tensor) -> Tensor:
    """Return the lines neck to nose, nose to right eye and nose to left eye: (B, 3, 2, 2) px."""
    joints = joints[..., :2]
    neck = (joints[:, JOINT["l_shoulder"]] + joints[:, JOINT["r_shoulder"]]) / 2
    nose, right, left = (joints[:, JOINT[name]] for name in ("nose", "r_eye", "l_eye"))
    ends = torch.stack((neck, nose, nose, right, nose, left), 1)
    return ends.unflatten(1, (3, 2))
