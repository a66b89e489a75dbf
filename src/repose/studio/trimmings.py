"""Prints, collars, cuffs, buttons and pockets."""

import numpy as np
from numpy.typing import NDArray

from repose.studio.materials import bare_above_neckline, cut_cloth
from repose.studio.outfits import PALETTE, Outfit
from repose.studio.patterns import around_trunk, draw_print, line, mix, print_share
from repose.studio.regions import along_arm, outside_armhole, smooth_step
from repose.studio.rig import Rest

Array = NDArray[np.floating]

_BAND_M = 0.014  # width of collars and cuffs
_RIB_M = 0.045  # width of the ribbed cuffs of warm tops
_COLLAR_M = 0.024  # width of the turned collar of shirts
_WARM = ("hoodie", "sweater")
_TURNED = ("shirt", "polo")


def add_prints(colours: Array, points: Array, outfit: Outfit, rest: Rest) -> Array:
    """Print the chest and the back of a top."""
    x, front = points[:, 0], points[:, 2] > -0.005
    y = points[:, 1] - rest.pivots["chest"][1] - 0.095
    trunk = outside_armhole(points, rest) < 0
    if outfit.print_shape != "none":
        bitmap = draw_print(outfit.print_shape, outfit.word)
        colours = mix(
            colours, print_share(bitmap, x, y, 0.115) * (front & trunk), outfit.print_colour
        )
    if outfit.number:
        # Seen from behind, the person's left is on the left.
        bitmap = draw_print("text", outfit.number)
        colours = mix(
            colours, print_share(bitmap, -x, y, 0.125) * (~front & trunk), outfit.print_colour
        )
    return colours


def add_trimmings(colours: Array, points: Array, outfit: Outfit, rest: Rest) -> Array:
    """Sew collar, cuffs, hem, buttons, pocket and strings onto a top."""
    cut = cut_cloth(outfit, rest)
    neckline = bare_above_neckline(points, outfit, rest)
    width = _COLLAR_M if outfit.top in _TURNED else _BAND_M
    colours = mix(colours, smooth_step(neckline, -width - 0.002, -width), outfit.collar)
    arm = outside_armhole(points, rest) > 0
    if cut.sleeve > 0:
        band = _RIB_M if outfit.top in _WARM else _BAND_M
        cuff = arm * smooth_step(along_arm(points, rest) - cut.sleeve, -band - 0.002, -band)
        colours = mix(colours, 0.9 * cuff, outfit.collar)
    if outfit.top in _WARM:
        rib = ~arm & (points[:, 1] < cut.hem + 0.042)
        ribs = 0.75 + 0.1 * np.sin(500 * around_trunk(points))
        colours = np.where(rib[:, None], colours * ribs[:, None], colours)
    if outfit.top in _TURNED:
        colours = mix(colours, 0.4 * line(neckline + width, 0.002), (0.05, 0.05, 0.05))
        low = cut.hem if outfit.top == "shirt" else rest.pivots["chest"][1] + 0.08
        colours = _buttons(colours, points, low, outfit)
    return _hoodie(colours, points, outfit, rest) if outfit.top == "hoodie" else colours


def _buttons(colours: Array, points: Array, low: float, outfit: Outfit) -> Array:
    x, height = points[:, 0], points[:, 1] - low
    placket = (points[:, 2] > 0) & (height > 0) & (np.abs(x) < 0.016)
    colours = mix(colours, 0.35 * placket * line(np.abs(x) - 0.014, 0.0015), (0, 0, 0))
    button = np.hypot(x, height % 0.075 - 0.0375) < 0.0055
    return mix(colours, placket & button, outfit.collar)


def _hoodie(colours: Array, points: Array, outfit: Outfit, rest: Rest) -> Array:
    x, height, front = np.abs(points[:, 0]), points[:, 1], points[:, 2] > 0
    centre = height - rest.pivots["pelvis"][1] - 0.10
    edge = np.maximum(x + 0.35 * np.maximum(centre, 0) - 0.105, np.abs(centre) - 0.075)
    colours = mix(colours, 0.45 * front * line(edge, 0.003), (0.03, 0.03, 0.03))
    below = rest.pivots["neck"][1] - height
    string = front & (np.abs(x - 0.032) < 0.004) & (below < 0.15) & (below > 0.02)
    return mix(colours, string, outfit.collar)


def add_pockets(colours: Array, points: Array, outfit: Outfit, hip: float) -> Array:
    """Sew pockets, fly and belt onto trousers whose hip joints are at height `hip` m."""
    x, height, front = points[:, 0], points[:, 1] - hip, points[:, 2] > 0
    if outfit.bottom != "leggings":
        slant = np.abs(x) - 0.105 - 0.45 * height
        pocket = front & (height > -0.09) & (height < 0.06)
        colours = mix(colours, 0.5 * pocket * line(slant, 0.003), (0.02, 0.02, 0.02))
        edge = np.maximum(np.abs(np.abs(x) - 0.075) - 0.045, np.abs(height + 0.06) - 0.05)
        colours = mix(colours, 0.5 * ~front * line(edge, 0.003), (0.02, 0.02, 0.02))
    fly = (height > -0.10) & (height < 0.06)
    colours = mix(colours, 0.35 * fly * line(x, 0.003), (0.02, 0.02, 0.02))
    belt = smooth_step(height, 0.030, 0.033)
    return mix(
        colours, belt, PALETTE["brown"] if sum(outfit.leg_colours[0]) > 0.7 else PALETTE["black"]
    )
