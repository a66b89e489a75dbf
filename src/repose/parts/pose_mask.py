"""The mask of a pose that weighs the losses of PG2: where the body roughly is in the image."""

import torch
from torch import Tensor
from torch.nn import functional

from repose.geometry.capsules import Capsules, draw_capsules
from repose.skeleton import JOINT

# What Ma et al.'s code joins: the limbs and, to close the trunk and the head, its sides.
LINES = (
    ("neck", "r_shoulder"),
    ("neck", "l_shoulder"),
    ("r_shoulder", "r_elbow"),
    ("r_elbow", "r_wrist"),
    ("l_shoulder", "l_elbow"),
    ("l_elbow", "l_wrist"),
    ("neck", "r_hip"),
    ("r_hip", "r_knee"),
    ("r_knee", "r_ankle"),
    ("neck", "l_hip"),
    ("l_hip", "l_knee"),
    ("l_knee", "l_ankle"),
    ("neck", "nose"),
    ("nose", "r_eye"),
    ("r_eye", "r_ear"),
    ("nose", "l_eye"),
    ("l_eye", "l_ear"),
    ("neck", "r_ear"),
    ("neck", "l_ear"),
    ("r_hip", "l_hip"),
    ("l_hip", "l_shoulder"),
    ("r_hip", "r_shoulder"),
    ("r_ear", "l_ear"),
)
STARTS = [JOINT[start] for start, _ in LINES]
ENDS = [JOINT[end] for _, end in LINES]
CLOSING = 5  # px, side of the square that closes gaps


@torch.compiler.disable
@torch.no_grad()
def pose_mask(joints: Tensor, size: int, radius_px: float) -> Tensor:
    """Draw the body's lines, thick, and close what is left open between them.

    The discs of Ma et al. (2017) stand along a line one radius apart, ours touch: the scallops
    between theirs, an eighth of the radius deep, are filled. The closing is by a 5 x 5 square,
    whatever the size; pixels beyond the border do not count. A line that lacks a joint is left
    out.

    Args:
        joints: (B, 19, 3) px.
        size: Side S of the image, px.
        radius_px: Of the discs; 4 in the original, at 128 px as at 256 px.

    Returns:
        (B, 1, S, S) bool.
    """
    # One slice at z = 0: the capsules' boxes are small, so few pixels are looked at.
    flat = functional.pad(joints[..., :2].float(), (0, 1))
    radius = flat.new_full((len(flat), len(LINES)), radius_px)
    mask = torch.zeros(len(LINES), dtype=torch.long, device=flat.device)
    lines = Capsules(flat[:, STARTS], flat[:, ENDS], radius, mask)
    drawn = draw_capsules(lines, 1, size, (1, size, size), margin_vox=0.0)  # (B, 1, 1, S, S)
    return close(drawn[:, :, 0], CLOSING)


def close(mask: Tensor, side: int) -> Tensor:
    """Fill gaps that a square cannot enter: dilate, then erode (B, 1, H, W) bool.

    Args:
        mask: (B, 1, H, W) bool; what lies beyond its border is ignored by both.
        side: Of the square, px, odd.
    """
    grown = functional.max_pool2d(mask.float(), side, stride=1, padding=side // 2)
    return -functional.max_pool2d(-grown, side, stride=1, padding=side // 2) > 0
