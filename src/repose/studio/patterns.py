"""Cloth patterns as functions of cloth coordinates, and prints as small bitmaps."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from repose.studio.regions import smooth_step

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

_EDGE_M = 0.004  # softness of a pattern's borders
_SIDE = 128  # px of a print's bitmap
_TRUNK_M = np.array([0.15, 0.10])  # half axes of the trunk that cloth is wrapped around


def mix(colours: Array, share: Array | Mask, paint: object) -> Array:
    """Return colours (N, 3) with a share (N,) of paint over them."""
    over = np.asarray(share, np.float32)[:, None]
    return colours + (np.asarray(paint, np.float32) - colours) * over


def flat(colour: object, count: int) -> Array:
    """Return one colour, count times: (count, 3)."""
    return np.tile(np.asarray(colour, np.float32), (count, 1))


def line(distance: Array, half_width: float) -> Array:
    """Return 1 on a line where distance is 0, falling to 0 at twice its half width."""
    return 1 - smooth_step(np.abs(distance), half_width, 2 * half_width)


def around_trunk(points: Array) -> Array:
    """Return the cloth coordinate (N,) around the trunk: 0 front and back, seams at the sides."""
    turn = np.arctan2(points[:, 0] / _TRUNK_M[0], np.abs(points[:, 2] + 0.01) / _TRUNK_M[1])
    return _TRUNK_M[0] * turn


def pattern_share(kind: str, across: Array, along: Array, period_m: float) -> Array:
    """Return the share (N,) of the second colour in a pattern.

    Args:
        kind: One of `outfits.PATTERNS`.
        across: (N,) cloth coordinate in m around the body or limb, 0 in the middle.
        along: (N,) cloth coordinate in m along it.
        period_m: Size of one repeat.
    """

    def bars(x: Array, share: float = 0.5) -> Array:
        place = np.abs((x / period_m) % 1 - 0.5)
        soft = _EDGE_M / period_m
        return smooth_step(place, 0.5 - 0.5 * share - soft, 0.5 - 0.5 * share + soft)

    if kind == "hoops":
        return bars(along)
    if kind == "stripes":
        return bars(across + period_m / 2, 0.45)
    if kind == "check":
        return np.abs(bars(across) - bars(along))
    if kind == "tartan":
        thin = np.maximum(bars(across + 0.27 * period_m, 0.1), bars(along + 0.27 * period_m, 0.1))
        return np.clip(0.45 * bars(across, 0.55) + 0.45 * bars(along, 0.55) + 0.35 * thin, 0, 1)
    if kind == "dots":
        x, y = (across / period_m) % 1 - 0.5, (along / period_m) % 1 - 0.5
        return 1 - smooth_step(np.hypot(x, y), 0.25, 0.33)
    if kind == "diagonal":
        return bars(0.75 * (across + along))
    if kind == "halves":
        return smooth_step(across, -_EDGE_M, _EDGE_M)
    return np.zeros_like(across)


def print_share(bitmap: Array, x: Array, y: Array, half_size_m: float) -> Array:
    """Return the share (N,) of a print's colour at places x right of and y above its middle."""
    share = np.zeros(len(x), np.float32)
    inside = (np.abs(x) < half_size_m) & (np.abs(y) < half_size_m)
    places = [(0.5 - 0.5 * y[inside] / half_size_m), (0.5 + 0.5 * x[inside] / half_size_m)]
    share[inside] = map_coordinates(bitmap, np.stack(places) * _SIDE - 0.5, order=1)
    return share


@lru_cache
def draw_print(shape: str, word: str) -> NDArray[np.float32]:
    """Draw a print as a (128, 128) bitmap in [0, 1]; row 0 is its upper edge."""
    bitmap = np.zeros((_SIDE, _SIDE), np.uint8)
    middle = _SIDE // 2
    if shape == "text":
        _write(bitmap, word)
    elif shape == "star":
        turn = np.arange(10) * np.pi / 5
        radius = np.where(np.arange(10) % 2, 24, 60)
        corners = middle + radius[:, None] * np.stack([np.sin(turn), -np.cos(turn)], axis=1)
        cv2.fillPoly(bitmap, [corners.astype(np.int32)], 255, cv2.LINE_AA)
    elif shape == "ring":
        cv2.circle(bitmap, (middle, middle), 46, 255, 18, cv2.LINE_AA)
    elif shape == "band":
        bitmap[38:90] = 255
    elif shape == "heart":
        turn = np.linspace(0, 2 * np.pi, 60)
        x = 3.5 * 16 * np.sin(turn) ** 3
        y = 3.5 * (13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn))
        outline = np.stack([middle + x, middle - y], axis=1)
        cv2.fillPoly(bitmap, [outline.astype(np.int32)], 255, cv2.LINE_AA)
    return np.divide(bitmap, 255, dtype=np.float32)


def _write(bitmap: NDArray[np.uint8], word: str) -> None:
    """Write a word as large as the bitmap allows."""
    if not word:
        return
    font, thick = cv2.FONT_HERSHEY_DUPLEX, 12 if len(word) < 3 else 9
    (width, height), _ = cv2.getTextSize(word, font, 1.0, thick)
    scale = min((_SIDE - 24) / (width - thick), (_SIDE - 34) / height)
    (width, height), _ = cv2.getTextSize(word, font, scale, thick)
    corner = ((_SIDE - width) // 2, (_SIDE + height) // 2)
    cv2.putText(bitmap, word, corner, font, scale, 255, thick, cv2.LINE_AA)
