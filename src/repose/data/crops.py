"""Square crops around one person: where they lie, how they are cut, where the joints go.

A window is (left, top, side) in whole frame px, so that nothing is interpolated but the final
change of size.
"""

import itertools
from collections.abc import Sequence
from typing import overload

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from repose.data.packs import Pack

Array = NDArray[np.float64]
Image = NDArray[np.uint8]
Detail = NDArray[np.float32]  # a picture without its low frequencies, 0 where the person is

CAMERA_SAMPLES = 9  # frames compared to tell whether the camera moves
CAMERA_WIDTH = 320  # px; they are compared at this width
MORE_ALIKE = 0.7  # of the difference is left when a shift is undone that was there


class ClipFrames(Sequence[Image]):
    """The stored frames of one clip, decoded when asked for.

    Args:
        pack: The pack of the clip's shard.
        rows: The clip's rows of the frames table, in order.
    """

    def __init__(self, pack: Pack, rows: pd.DataFrame) -> None:
        self.pack = pack
        names = [f"{clip}, frame {i}" for clip, i in zip(rows["clip"], rows["frame"], strict=True)]
        places = (rows[name] for name in ("offset", "length", "sha256"))
        self._where = list(zip(*places, names, strict=True))

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._where)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> list[Image]: ...
    def __getitem__(self, index: int | slice) -> Image | list[Image]:
        """Return one frame, (H, W, 3) uint8 RGB, or a list of them."""
        if isinstance(index, slice):
            return [self.pack.image(*where) for where in self._where[index]]
        return self.pack.image(*self._where[index])


def extents(joints_px: Array) -> Array:
    """Return the box of each pose.

    Args:
        joints_px: (T, 19, 3) frame px; NaN where there is no person.

    Returns:
        (T, 4) left, top, right, bottom; NaN where there is no person.
    """
    points = joints_px[..., :2]
    return np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)


def inside_share(joints_px: Array, windows: Array) -> Array:
    """Return which share of the joints lies within a window.

    Args:
        joints_px: (T, 19, 3) frame px.
        windows: (T, 4) left, top, right, bottom in the same px.

    Returns:
        (T,) in [0, 1]; 0 where there is no person.
    """
    points = joints_px[..., :2]
    within = (points >= windows[:, None, :2]) & (points <= windows[:, None, 2:])
    return within.all(axis=-1).mean(axis=1)


def spread(boxes: Array) -> float:
    """Return how far a person strays: the side around all boxes over the median box's side."""
    known = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(known):
        return 1.0
    around = np.max(known[:, 2:].max(axis=0) - known[:, :2].min(axis=0))
    return float(around / np.median(_sides(known)))


def still_window(boxes: Array, frame_size: tuple[int, int], margin: float) -> Array:
    """Lay one window around all boxes of a clip, for a camera that stands still.

    Args:
        boxes: (T, 4) as from `extents`; without any, the window is the middle of the frame.
        frame_size: (width, height) px.
        margin: Added on every side, as a share of the boxes' longer side.

    Returns:
        (T, 3) left, top, side; T times the same.
    """
    known = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(known):
        middle = np.array(frame_size) / 2
        window = _window(middle, min(frame_size), frame_size)
    else:
        first, last = known[:, :2].min(axis=0), known[:, 2:].max(axis=0)
        side = (1 + 2 * margin) * np.max(last - first)
        window = _window((first + last) / 2, side, frame_size)
    return np.tile(window, (len(boxes), 1))


def moving_windows(boxes: Array, frame_size: tuple[int, int], margin: float) -> Array:
    """Lay a window around each box, for a moving camera or a person who walks away.

    They share one side, so that the person's size does not jump with the pose; only a box that
    needs more gets more. A frame without a box has the window of the nearest frame with one.

    Args:
        boxes: (T, 4) as from `extents`; at least one is known.
        frame_size: (width, height) px.
        margin: As in `still_window`.

    Returns:
        (T, 3) left, top, side.
    """
    known = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    nearest = known[np.abs(np.arange(len(boxes))[:, None] - known).argmin(axis=1)]
    boxes = boxes[nearest]
    common = np.percentile(_sides(boxes), 90)
    return np.array(
        [
            _window((box[:2] + box[2:]) / 2, (1 + 2 * margin) * max(common, side), frame_size)
            for box, side in zip(boxes, _sides(boxes), strict=True)
        ]
    )


def cut(frame: Image, window: Array, size: int) -> Image:
    """Cut a window out of a frame and bring it to the training size.

    Args:
        frame: (H, W, 3).
        window: (3,) left, top, side in whole px; outside the frame its border is repeated.
        size: Side of the crop, px.

    Returns:
        (size, size, 3). Area averages when it shrinks, cubic interpolation when it grows.
    """
    height, width = frame.shape[:2]
    left, top, side = (round(value) for value in window)
    before = max(-top, 0), max(-left, 0)
    after = max(top + side - height, 0), max(left + side - width, 0)
    part: np.ndarray = frame[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
    if any(before + after):
        part = cv2.copyMakeBorder(
            part, before[0], after[0], before[1], after[1], cv2.BORDER_REPLICATE
        )
    way = cv2.INTER_AREA if side >= size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (size, size), interpolation=way), np.uint8)


def into_crop(joints_px: Array, windows: Array, size: int) -> Array:
    """Carry joints from frame px into crop px; depth shrinks by the same factor.

    Args:
        joints_px: (T, 19, 3) frame px, pixel centres at integer + 0.5, z = 0 at the pelvis.
        windows: (T, 3) left, top, side.
        size: Side of the crop, px.

    Returns:
        (T, 19, 3) crop px in the same convention.
    """
    scale = size / windows[:, 2]
    origin = np.pad(windows[:, :2], ((0, 0), (0, 1)))
    return (joints_px - origin[:, None]) * scale[:, None, None]


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
    found, _ = cv2.phaseCorrelate(a, b, window)
    x, y = (round(value) for value in found)
    moved = _difference(a[max(-y, 0) :, max(-x, 0) :], b[max(y, 0) :, max(x, 0) :])
    return float(np.linalg.norm(found)) if moved < MORE_ALIKE * _difference(a, b) else 0.0


def _difference(a: Detail, b: Detail) -> float:
    """Compare what two pictures share from their first pixel on, without the painted boxes."""
    height, width = np.minimum(a.shape, b.shape)
    a, b = a[:height, :width], b[:height, :width]
    shown = (a != 0) & (b != 0)
    return float(np.abs(a - b)[shown].mean()) if shown.any() else np.inf


def _sides(boxes: Array) -> Array:
    sides: Array = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    return sides


def _window(middle: Array, side: float, frame_size: tuple[int, int]) -> Array:
    """Round a window to whole px; move it into the frame as far as it fits."""
    whole = max(2, round(side))
    room = np.array(frame_size) - whole
    corner = np.round(middle - whole / 2)
    corner = np.where(room >= 0, np.clip(corner, 0, np.maximum(room, 0)), corner)
    return np.array([*corner, whole], float)
