"""Whether the camera of a clip moves."""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Image = NDArray[np.uint8]
Detail = NDArray[np.float32]  # a picture without its low frequencies, 0 where the person is

CAMERA_SAMPLES = 9  # frames compared to tell whether the camera moves
CAMERA_WIDTH = 320  # px; they are compared at this width
MORE_ALIKE = 0.7  # of the difference is left when a shift is undone that was there
LEAST_SHARED = 0.25  # of what both show must be shared when it is undone: a few px fit by chance


def camera_shift(frames: Sequence[Image], boxes: Array) -> float:
    """Measure how far the background moves between frames spread over a clip.

    Phase correlation (Kuglin and Hines 1975) of the pictures without low frequencies, the
    person's box painted out. A bare wall or a repeated pattern correlates with anything, so a
    shift counts only if it makes the two backgrounds more alike than they are without it.

    Args:
        frames: The clip.
        boxes: (T, 4) the person in each frame.

    Returns:
        The largest shift between two samples, as a share of the frame's width.
    """
    picks = np.unique(np.linspace(0, len(frames) - 1, CAMERA_SAMPLES).round().astype(int))
    backgrounds = [_background(frames[i], boxes[i]) for i in picks]
    shifts = [_shift(a, b) for a, b in itertools.pairwise(backgrounds)]
    return max(shifts, default=0.0) / CAMERA_WIDTH


def _background(frame: Image, box: Array) -> Detail:
    scale = CAMERA_WIDTH / frame.shape[1]
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    height = max(1, round(frame.shape[0] * scale))
    small = cv2.resize(grey, (CAMERA_WIDTH, height), interpolation=cv2.INTER_AREA)
    detail = small.astype(np.float32) - cv2.GaussianBlur(small.astype(np.float32), (0, 0), 8)
    if np.isfinite(box).all():
        margin = 0.15 * (box[2:] - box[:2]).max()
        left, top = np.maximum((box[:2] - margin) * scale, 0).astype(int)
        right, bottom = np.maximum((box[2:] + margin) * scale, 0).astype(int)
        detail[top:bottom, left:right] = 0
    return np.asarray(detail, np.float32)


def _shift(a: Detail, b: Detail) -> float:
    """Return by how many px the second background is shifted against the first."""
    window = cv2.createHanningWindow(a.shape[::-1], cv2.CV_32F)
    # Of some sizes OpenCV multiplies the pictures themselves by the window.
    found, _ = cv2.phaseCorrelate(a.copy(), b.copy(), window)
    x, y = (round(value) for value in found)
    moved, shared = _compare(a[max(-y, 0) :, max(-x, 0) :], b[max(y, 0) :, max(x, 0) :])
    still, shown = _compare(a, b)
    there = moved < MORE_ALIKE * still and shared >= LEAST_SHARED * shown
    return float(np.linalg.norm(found)) if there else 0.0


def _compare(a: Detail, b: Detail) -> tuple[float, int]:
    """Compare what two pictures share from their first pixel on, without the painted boxes.

    Returns:
        The mean difference, and how many px that is of.
    """
    height, width = np.minimum(a.shape, b.shape)
    a, b = a[:height, :width], b[:height, :width]
    shown = (a != 0) & (b != 0)
    return (float(np.abs(a - b)[shown].mean()) if shown.any() else np.inf), int(shown.sum())
