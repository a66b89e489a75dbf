"""Shadows of the key light: on the person and behind them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from repose.studio.raster import rasterise
from repose.studio.room import Room

Array = NDArray[np.floating]

_SIDE = 208  # px of the shadow map
_PX_PER_M = 80.0
_MIDDLE_M = np.array([0.0, 1.0, 0.0], np.float32)
_BIAS_M = 0.030  # a surface this close to the light's nearest one is still lit


@dataclass(frozen=True)
class Lamp:
    """A room's key light, parallel, with what the room needs to look shadows up.

    Attributes:
        axes: (3, 3) rows: right and down in the shadow map, and towards the light.
        column, row: (S, S) float32 position in the shadow map, px with centres at integers, of
            the surface behind each pixel.
    """

    room: Room
    axes: Array
    column: Array
    row: Array


def hang_lamp(room: Room) -> Lamp:
    """Prepare a room's light."""
    right = np.cross(room.light, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(right, room.light), room.light])
    behind = axes[:2] @ (room.places - _MIDDLE_M).reshape(-1, 3).T * _PX_PER_M + (_SIDE - 1) / 2
    column, row = behind.astype(np.float32).reshape(2, *room.is_floor.shape)
    return Lamp(room, axes.astype(np.float32), column, row)


@dataclass(frozen=True)
class ShadowMap:
    """How near the light the person's nearest surface is: (side, side) m, -inf where none is."""

    lamp: Lamp
    nearest: Array

    def lit(self, points: Array) -> Array:
        """Return the share (N,) of the key light that reaches points (N, 3) on the person."""
        right, down, towards = self.lamp.axes @ (points - _MIDDLE_M).T
        column = np.clip(right * _PX_PER_M + (_SIDE - 1) / 2, 0, _SIDE - 2)
        row = np.clip(down * _PX_PER_M + (_SIDE - 1) / 2, 0, _SIDE - 2)
        left, top = np.floor(column).astype(np.int32), np.floor(row).astype(np.int32)
        part_x, part_y = column - left, row - top
        nearest = self.nearest.ravel()
        lit = np.zeros(len(points), np.float32)
        # Compare with the four pixels around the place, then blend: soft edges without steps.
        for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
            beyond = nearest[(top + y) * _SIDE + left + x] - towards - _BIAS_M
            weight = np.abs(1 - x - part_x) * np.abs(1 - y - part_y)
            lit += weight * np.clip(1 - beyond * 50, 0, 1)  # half shadow over the next 20 mm
        return lit

    def behind(self, feet: Array) -> Array:
        """Return the share (S, S) of light left on the room.

        Args:
            feet: (n, 3) world m of points near the floor, which darken it around them.
        """
        room = self.lamp.room
        cover = cv2.GaussianBlur(np.isfinite(self.nearest).astype(np.float32), (0, 0), 2.6)
        cast = cv2.remap(cover, self.lamp.column, self.lamp.row, cv2.INTER_LINEAR, borderValue=0)
        contact = np.zeros(cast.shape, np.float32)
        rows = np.flatnonzero(room.is_floor.any(axis=1))
        floor = room.places[rows[0] :] if len(rows) else room.places[:0]
        for x, y, z in feet.astype(np.float32):
            spread = 0.075 + 0.6 * max(y, 0)
            away = ((floor[..., 0] - x) ** 2 + (floor[..., 2] - z) ** 2) / spread**2
            contact[len(contact) - len(floor) :] += np.exp(-away - max(y, 0) / 0.12)
        depth = np.where(room.is_floor, np.float32(0.40), np.float32(0.30))
        return (1 - depth * cast) * (1 - 0.5 * np.clip(contact, 0, 1) * room.is_floor)


def cast_shadow(lamp: Lamp, points: Array, triangles: NDArray[np.integer]) -> ShadowMap:
    """Render a person's mesh (V, 3) world m as the light sees it."""
    seen = (points - _MIDDLE_M) @ lamp.axes.T
    place = seen[:, :2] * _PX_PER_M + _SIDE / 2
    samples = rasterise(place, seen[:, 2], triangles, _SIDE)
    nearest = np.full(_SIDE * _SIDE, -np.inf, np.float32)
    nearest[samples.pixel] = samples.nearness
    return ShadowMap(lamp, nearest.reshape(_SIDE, _SIDE))
