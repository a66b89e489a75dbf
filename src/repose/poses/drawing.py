"""The skeleton drawn over a picture, to see at a glance whether a pose is right."""

from typing import cast

import cv2
import numpy as np

from repose.poses.base import Array, Image
from repose.skeleton import BONES, JOINT

Colour = tuple[int, int, int]

LEFT: Colour = (64, 156, 255)  # the person's own left: blue
RIGHT: Colour = (255, 140, 40)  # right: orange, told from blue by colour-blind eyes too
MIDDLE: Colour = (245, 245, 245)
SUBPIXEL_BITS = 4


def draw_skeleton(
    image: Image, joints: Array, score: Array | None = None, min_score: float = 0.0
) -> Image:
    """Draw bones and joints over a copy of a picture.

    Args:
        image: (H, W, 3) RGB.
        joints: (19, 2 or 3) px; a NaN joint and its bones are left out.
        score: (19,); joints below `min_score` are left out.
        min_score: In [0, 1].

    Returns:
        (H, W, 3) RGB. The person's left is blue, the right orange, the middle white.
    """
    drawn = np.ascontiguousarray(image).copy()
    shown = np.asarray(np.isfinite(joints[:, :2]).all(axis=1))
    if score is not None:
        shown &= score >= min_score
    # cv2 puts pixel centres at integers; more than a few pictures away is no place to draw.
    ends = np.clip(np.where(shown[:, None], joints[:, :2], 0) - 0.5, -1e4, 1e4)
    points = np.round(ends * 2**SUBPIXEL_BITS).astype(int).tolist()
    width = max(1, round(max(image.shape[:2]) / 200))
    for a, b in BONES:
        i, j = JOINT[a], JOINT[b]
        if shown[i] and shown[j]:
            _line(drawn, points[i], points[j], width + 2, (0, 0, 0))
            _line(drawn, points[i], points[j], width, _colour(a, b))
    for name, i in JOINT.items():
        if shown[i]:
            _dot(drawn, points[i], width + 1, _colour(name, name))
    return cast(Image, drawn)


def _colour(a: str, b: str) -> Colour:
    sides = {a[:2], b[:2]}
    return LEFT if "l_" in sides else RIGHT if "r_" in sides else MIDDLE


def _line(image: Image, start: list[int], end: list[int], width: int, colour: Colour) -> None:
    cv2.line(image, start, end, colour, width, cv2.LINE_AA, SUBPIXEL_BITS)


def _dot(image: Image, centre: list[int], radius: int, colour: Colour) -> None:
    cv2.circle(image, centre, radius << SUBPIXEL_BITS, colour, -1, cv2.LINE_AA, SUBPIXEL_BITS)
