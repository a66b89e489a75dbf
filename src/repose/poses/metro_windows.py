"""The square part of a picture that the network of `metro` looks at.

A window is (left, top, side) in px of the picture, of any fraction; pixel centres lie at
integer + 0.5.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from repose.poses.base import Image

Array = NDArray[np.floating]


def square_around(box: Array) -> Array:
    """Lay the smallest square around a box.

    Args:
        box: (4,) left, top, right, bottom px.

    Returns:
        (3,) left, top, side, float64; the box lies in its middle.
    """
    first, last = box[:2].astype(np.float64), box[2:].astype(np.float64)
    side = float((last - first).max())
    return np.array([*((first + last - side) / 2), side])


def view(image: Image, window: Array, px: int) -> Image:
    """Cut a window out of a picture and bring it to a size.

    Args:
        image: (H, W, 3).
        window: (3,) left, top, side; outside the picture its border is repeated.
        px: Side of what is returned.

    Returns:
        (px, px, 3). Where it shrinks to a half or less, blocks of pixels are averaged first; the
        rest is interpolated.
    """
    left, top, side = (float(value) for value in window)
    part, x0, y0 = _part(image, window)
    shrink = max(1, int(side / px))
    small = (max(1, part.shape[1] // shrink), max(1, part.shape[0] // shrink))
    across, down = part.shape[1] / small[0] * px / side, part.shape[0] / small[1] * px / side
    if shrink > 1:
        part = np.asarray(cv2.resize(part, small, interpolation=cv2.INTER_AREA), np.uint8)
    # For cv2 pixel centres lie at integers, which is where the halves come from.
    matrix = np.array(
        [
            [across, 0, across / 2 + (x0 - left) * px / side - 0.5],
            [0, down, down / 2 + (y0 - top) * px / side - 0.5],
        ]
    )
    seen = cv2.warpAffine(
        part, matrix, (px, px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(seen, np.uint8)


def _part(image: Image, window: Array) -> tuple[Image, int, int]:
    """Return what of a picture a window may show, and where that begins: (x, y) px."""
    first = np.floor(window[:2]).astype(int) - 1  # a pixel more all round, for interpolation
    last = np.ceil(window[:2] + window[2]).astype(int) + 1
    size = np.array([image.shape[1], image.shape[0]])
    x0, y0 = np.clip(first, 0, size - 1)
    x1, y1 = np.clip(last, [x0 + 1, y0 + 1], size)
    return image[y0:y1, x0:x1], int(x0), int(y0)


def into_window(points: Array, window: Array) -> Array:
    """Carry points (..., 2) from px of the picture into shares of the window's side."""
    return (points - window[:2]) / window[2]


def from_window(places: Array, window: Array) -> Array:
    """Carry points (..., 2) from shares of the window's side into px of the picture."""
    return places * window[2] + window[:2]
