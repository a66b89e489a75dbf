"""The painted face, beard and glasses."""

import numpy as np
from numpy.typing import NDArray

from repose.studio.people import Person
from repose.studio.regions import smooth_step

Array = NDArray[np.floating]


def paint_face(skin: Array, head: Array, person: Person) -> Array:
    """Paint a face over skin.

    Args:
        skin: (N, 3) colours in [0, 1].
        head: (N, 3) head coordinates in m: from the head's pivot, unscaled, z to the front.
        person: Whose face.

    Returns:
        (N, 3) colours. Points behind the face are returned as they are.
    """
    colours = skin.copy()
    face = (head[:, 2] > -0.005) & (head[:, 1] > -0.03)
    canvas, x, y, z = colours[face], *head[face].T
    tone = np.asarray(person.skin)
    canvas = _beard(canvas, x, y, z, person)
    canvas = _blend(
        canvas, 0.22 * _spot(np.abs(x) - 0.044, y - 0.060, 0.019, 0.016), tone * [1, 0.66, 0.62]
    )
    canvas = _mouth(canvas, x, y, tone)
    canvas = _blend(canvas, 0.6 * _nostrils(x, y) * (z > 0.083), tone * 0.3)
    for sign in (1, -1):
        canvas = _eye(canvas, sign * x - 0.032, y - 0.098, person)
        canvas = _brow(canvas, sign * x - 0.032, y - 0.1205, person)
    if person.glasses:
        canvas = _glasses(canvas, np.abs(x) - 0.032, y - 0.097)
    colours[face] = canvas
    return colours


def _blend(colours: Array, share: Array, paint: object) -> Array:
    return colours + (np.asarray(paint, np.float32) - colours) * np.clip(share, 0, 1)[:, None]


def _spot(x: Array, y: Array, width: float, height: float) -> Array:
    return np.exp(-((x / width) ** 2) - (y / height) ** 2)


def _disc(distance: Array, radius: float, soft: float) -> Array:
    return 1 - smooth_step(distance, radius - soft, radius + soft)


def _eye(canvas: Array, x: Array, y: Array, person: Person) -> Array:
    """Paint one eye; x grows outwards, (0, 0) is its middle."""
    tone = np.asarray(person.skin)
    canvas = _blend(canvas, 0.30 * _spot(x, y - 0.003, 0.020, 0.012), tone * 0.5)
    # An almond: two arcs that meet in the corners, the outer one a little higher.
    wide = x / 0.0152
    lift = 0.0010 * wide
    upper = y - lift - 0.0072 * (1 - wide**2)
    lower = -(y - lift) - 0.0052 * (1 - wide**2)
    opening = 1 - smooth_step(np.maximum(upper, lower), -0.0008, 0.0008)
    canvas = _blend(canvas, opening, (0.93, 0.92, 0.90))
    ball = np.hypot(x, y - 0.0008)
    canvas = _blend(canvas, opening * _disc(ball, 0.0066, 0.0010), np.asarray(person.eyes) * 0.75)
    canvas = _blend(canvas, opening * _disc(ball, 0.0052, 0.0010), person.eyes)
    canvas = _blend(canvas, opening * _disc(ball, 0.0028, 0.0007), (0.02, 0.02, 0.02))
    glint = np.hypot(x + 0.0022, y - 0.0032)
    canvas = _blend(canvas, 0.9 * opening * _disc(glint, 0.0012, 0.0006), (1, 1, 1))
    lashes = (1 - smooth_step(np.abs(upper), 0.0008, 0.0022)) * (np.abs(wide) < 1.1)
    return _blend(canvas, (0.95 if person.build.female else 0.75) * lashes, (0.07, 0.05, 0.04))


def _brow(canvas: Array, x: Array, y: Array, person: Person) -> Array:
    strong = 0.0034 if person.build.female == 0 else 0.0024
    arch = y - 0.0035 * (1 - ((x - 0.006) / 0.018) ** 2)
    ends = 1 - smooth_step(np.abs(x - 0.001), 0.014, 0.021)
    share = 0.85 * (1 - smooth_step(np.abs(arch), strong - 0.001, strong + 0.0015)) * ends
    return _blend(canvas, share, np.minimum(np.asarray(person.hair_colour) * 0.65, 0.34))


def _mouth(canvas: Array, x: Array, y: Array, tone: Array) -> Array:
    lips = tone * [0.86, 0.52, 0.52] + [0.03, 0.0, 0.0]
    wide = x / 0.0245
    curve = 0.0330 + 0.0016 * wide**2
    bow = 0.0052 * (1 - wide**2) * (1 - 0.25 * np.exp(-((x / 0.005) ** 2)))
    inside = np.where(
        y > curve, (y - curve) / (bow + 1e-4), (curve - y) / (0.0072 * (1 - wide**2) + 1e-4)
    )
    share = (1 - smooth_step(inside, 0.75, 1.15)) * (np.abs(wide) < 1)
    canvas = _blend(canvas, 0.85 * share, lips)
    line = (1 - smooth_step(np.abs(y - curve), 0.0006, 0.0018)) * (np.abs(wide) < 1)
    canvas = _blend(canvas, 0.8 * line, lips * 0.35)
    return _blend(canvas, 0.25 * _spot(x, y - 0.0195, 0.016, 0.004), tone * 0.5)


def _nostrils(x: Array, y: Array) -> Array:
    return _disc(np.hypot(np.abs(x) - 0.0078, 1.5 * (y - 0.0570)), 0.0034, 0.0016)


def _beard(canvas: Array, x: Array, y: Array, z: Array, person: Person) -> Array:
    if person.beard == "none":
        return canvas
    # Cheeks and chin below a line that falls from the ear to the mouth, and the upper lip.
    cheek = 0.047 + 0.95 * np.maximum(np.abs(x) - 0.034, 0)
    below = 1 - smooth_step(y - cheek, -0.007, 0.004)
    throat = smooth_step(y, -0.02, -0.006)
    lip = _disc(np.hypot(x / 1.9, y - 0.034), 0.0125, 0.002)
    full = below * throat * (1 - lip * (y < 0.043)) * smooth_step(z, 0.0, 0.022)
    strength = 0.88 if person.beard == "full" else 0.35
    grain = 0.93 + 0.07 * np.sin(700 * x + 3 * np.sin(310 * y))
    return _blend(canvas, strength * full * grain, np.asarray(person.hair_colour) * 0.8)


def _glasses(canvas: Array, x: Array, y: Array) -> Array:
    """Paint frames; x is measured from the middle of the eye, outwards."""
    ring = np.abs(
        np.maximum(np.abs(x) / 0.0235, np.abs(y) / 0.0165) * 0.5
        + np.hypot(x / 0.0235, y / 0.0165) * 0.5
        - 1
    )
    bridge = (np.abs(y - 0.003) < 0.0016) & (x < -0.022)
    temple = (np.abs(y - 0.006) < 0.0020) & (x > 0.022)
    share = np.maximum(1 - smooth_step(ring, 0.07, 0.15), (bridge | temple) * 1.0)
    return _blend(canvas, share, (0.08, 0.07, 0.08))
