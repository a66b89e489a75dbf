"""Which part of a frame the pose network is shown, and how clearly."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from repose.poses.metro_windows import square_around

# A head reaches beyond the joints by about this share of their box's longer side.
BEYOND = 0.2
LEAST_PX = 16.0  # side of a window beside a person


@dataclass(frozen=True)
class Windows:
    """Which windows are drawn around a person; sides are in longer sides of the joints' box.

    Args:
        close: Least and largest side of a window laid around a person who was found.
        wide_share: Share of the windows that show more, as whole pictures do.
        wide: Least and largest side of these.
        shift: How far a person may be from the middle, in shares of the room that there is.
        empty_share: Share of the windows that lie beside the person, where there is room.
        coarse_share: Share of the windows seen at a lower resolution, as small crops are.
        coarse: The lowest one, in shares of the side.
    """

    close: tuple[float, float]
    wide_share: float
    wide: tuple[float, float]
    shift: float
    empty_share: float
    coarse_share: float
    coarse: float


class Look(NamedTuple):
    """What is shown of a frame.

    Attributes:
        window: (3,) left, top, side px.
        px: The side at which it is seen, at most that of the network's pictures.
        shown: Whether the person is in it.
    """

    window: np.ndarray
    px: int
    shown: bool


def draw_look(
    joints_px: np.ndarray,
    shape: tuple[int, ...],
    windows: Windows,
    side: int,
    random: np.random.Generator,
) -> Look:
    """Draw a window around a person or, now and then, beside them.

    Args:
        joints_px: (19, 2) frame px.
        shape: Of the frame: height, width.
        windows: What may be drawn.
        side: Of the network's pictures, px.
        random: Eight numbers are drawn from it, whatever comes of them.
    """
    draws = random.random(8)
    box = np.concatenate([joints_px.min(axis=0), joints_px.max(axis=0)])
    px = side
    if draws[4] < windows.coarse_share:
        px = max(1, round(side * windows.coarse ** draws[5]))
    if draws[6] < windows.empty_share:
        beside = _beside(box, shape, draws[1:4])
        if beside is not None:
            return Look(beside, px, False)
    least, most = windows.wide if draws[0] < windows.wide_share else windows.close
    room = least * (most / least) ** draws[1]
    window = square_around(box)
    window[:2] += window[2] * (1 - room) / 2  # the middle stays
    window[:2] += (2 * draws[2:4] - 1) * windows.shift * window[2] * (room - 1) / 2
    window[2] *= room
    return Look(window, px, True)


def _beside(box: np.ndarray, shape: tuple[int, ...], draws: np.ndarray) -> np.ndarray | None:
    """Lay a window into the wider strip left or right of a person; None where none is wide."""
    height, width = shape[:2]
    beyond = BEYOND * (box[2:] - box[:2]).max()
    left, right = box[0] - beyond, width - box[2] - beyond
    room = min(max(left, right), height)
    if room < LEAST_PX:
        return None
    side = max(LEAST_PX, room * (0.5 + draws[0] / 2))
    first = 0.0 if left >= right else box[2] + beyond
    free = np.array([max(left, right) - side, height - side])
    return np.array([*(np.array([first, 0]) + draws[1:] * free), side])


def blurred(picture: np.ndarray, px: int) -> np.ndarray:
    """Show a square picture as it is seen at a lower resolution and enlarged again."""
    side = picture.shape[0]
    if px >= side:
        return picture
    small = cv2.resize(picture, (px, px), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)
