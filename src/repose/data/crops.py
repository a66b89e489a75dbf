"""Square crops around one person: where they lie, how they are cut, where the joints go.

A window is (left, top, side) in whole frame px, so that nothing is interpolated but the final
change of size.
"""

from collections.abc import Sequence
from typing import overload

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from repose.data.packs import Pack

Array = NDArray[np.float64]
Image = NDArray[np.uint8]

# What lies around a frame.
BORDERS = {"edge": cv2.BORDER_REPLICATE, "white": cv2.BORDER_CONSTANT}
WHITE = (255, 255, 255)


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
        joints_px: (T, 19, 3) frame px; NaN where a joint is missing.

    Returns:
        (T, 4) left, top, right, bottom of the joints that are there; NaN where there is none.
    """
    points, known = joints_px[..., :2], is_known(joints_px)[..., None]
    first = np.where(known, points, np.inf).min(axis=1)
    last = np.where(known, points, -np.inf).max(axis=1)
    boxes = np.concatenate([first, last], axis=1)
    return np.where(np.isfinite(boxes), boxes, np.nan)


def is_known(joints_px: Array) -> NDArray[np.bool_]:
    """Tell which joints are there, (T, 19); their depth need not be known."""
    return np.asarray(np.isfinite(joints_px[..., :2]).all(axis=-1))


def inside_share(joints_px: Array, windows: Array) -> Array:
    """Return which share of the joints that are there lies within a window.

    Args:
        joints_px: (T, 19, 3) frame px; NaN where a joint is missing.
        windows: (T, 4) left, top, right, bottom in the same px.

    Returns:
        (T,) in [0, 1]; 0 where there is no person.
    """
    points = joints_px[..., :2]
    within = (points >= windows[:, None, :2]) & (points <= windows[:, None, 2:])
    known = np.maximum(is_known(joints_px).sum(axis=1), 1)
    share: Array = within.all(axis=-1).sum(axis=1) / known
    return share


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


def whole_windows(frame_sizes: NDArray[np.int64]) -> Array:
    """Lay a window around each whole image, its longer side, with the image in the middle.

    Args:
        frame_sizes: (T, 2) width and height, px.

    Returns:
        (T, 3) left, top, side.
    """
    side = frame_sizes.max(axis=1, keepdims=True)
    return np.concatenate([-((side - frame_sizes) // 2), side], axis=1).astype(np.float64)


def moving_windows(
    boxes: Array, frame_size: tuple[int, int] | NDArray[np.int64], margin: float
) -> Array:
    """Lay a window around each box, for a moving camera or a person who walks away.

    They share one side, so that the person's size does not jump with the pose; only a box that
    needs more gets more. A frame without a box has the window of the nearest frame with one.

    Args:
        boxes: (T, 4) as from `extents`; at least one is known.
        frame_size: (width, height) px, or (T, 2) where the frames differ.
        margin: As in `still_window`.

    Returns:
        (T, 3) left, top, side.
    """
    known = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    boxes = boxes[_nearest(known, len(boxes))]
    common = np.percentile(_sides(boxes), 90)
    frames = np.broadcast_to(np.asarray(frame_size), (len(boxes), 2))
    return np.array(
        [
            _window((box[:2] + box[2:]) / 2, (1 + 2 * margin) * max(common, side), frame)
            for box, side, frame in zip(boxes, _sides(boxes), frames, strict=True)
        ]
    )


def cut(frame: Image, window: Array, size: int, border: str = "edge") -> Image:
    """Cut a window out of a frame and bring it to the training size.

    Args:
        frame: (H, W, 3).
        window: (3,) left, top, side in whole px.
        size: Side of the crop, px.
        border: What is shown outside the frame: its last pixels again (`edge`), or `white`.

    Returns:
        (size, size, 3). Area averages when it shrinks, cubic interpolation when it grows.
    """
    height, width = frame.shape[:2]
    left, top, side = (round(value) for value in window)
    before = max(-top, 0), max(-left, 0)
    after = max(top + side - height, 0), max(left + side - width, 0)
    part: np.ndarray = frame[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
    if any(before + after):
        sides = (before[0], after[0], before[1], after[1])
        part = cv2.copyMakeBorder(part, *sides, BORDERS[border], value=WHITE)
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


def _nearest(known: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return for each of so many frames the nearest of some, the earlier of two as near."""
    frames = np.arange(count)
    after = np.minimum(np.searchsorted(known, frames), len(known) - 1)
    before = np.maximum(after - 1, 0)
    earlier = frames - known[before] <= known[after] - frames
    return known[np.where(earlier, before, after)]


def _sides(boxes: Array) -> Array:
    sides: Array = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    return sides


def _window(middle: Array, side: float, frame_size: tuple[int, int] | Array) -> Array:
    """Round a window to whole px; move it into the frame as far as it fits."""
    whole = max(2, round(side))
    room = np.array(frame_size) - whole
    corner = np.round(middle - whole / 2)
    corner = np.where(room >= 0, np.clip(corner, 0, np.maximum(room, 0)), corner)
    return np.array([*corner, whole], float)
