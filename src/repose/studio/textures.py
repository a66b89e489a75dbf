"""Colours of skin, hair and cloth as functions of the rest-space point."""

import numpy as np
from numpy.typing import NDArray

from repose.studio import garments
from repose.studio.faces import paint_face
from repose.studio.mesh import Figure
from repose.studio.outfits import PALETTE, Outfit
from repose.studio.patterns import draw_print, pattern_share, print_share
from repose.studio.regions import (
    along_arm,
    below_hip,
    outside_armhole,
    smooth_step,
)
from repose.studio.rig import ARM_DIRECTION, Rest

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

_TRUNK_M = np.array([0.15, 0.10])  # half axes of the trunk that cloth is wrapped around
_BAND_M = 0.014  # width of collars and cuffs
_COLLAR_M = 0.024  # width of the turned collar of shirts


def paint(figure: Figure, points: Array, hair: Array, material: NDArray[np.uint8]) -> Array:
    """Colour rest-space points.

    Args:
        figure: Whose.
        points: (N, 3) in m.
        hair: (N,) signed distance in m to the hairline; + on hair.
        material: (N,) as of `garments.materials`.

    Returns:
        (N, 3) float32 albedo, display values in [0, 1].
    """
    colours = np.zeros((len(points), 3), np.float32)
    painters = {
        garments.SKIN: _skin,
        garments.HAIR: _hair,
        garments.TOP: _top,
        garments.LEGS: _legs,
        garments.SHOE: _shoes,
        garments.SOCK: _socks,
    }
    for which, painter in painters.items():
        here = material == which
        if here.any():
            colours[here] = painter(figure, points[here], hair[here])
    return colours


def _mix(colours: Array, share: Array | Mask, paint: object) -> Array:
    return colours + (np.asarray(paint, np.float32) - colours) * np.asarray(share, float)[:, None]


def _flat(colour: object, count: int) -> Array:
    return np.tile(np.asarray(colour, np.float32), (count, 1))


def _skin(figure: Figure, points: Array, hair: Array) -> Array:
    person, rest = figure.person, figure.rest
    head = (points - rest.pivots["head"]) / rest.head_scale
    colours = paint_face(_flat(person.skin, len(points)), head, person)
    if person.hair == "bald":
        return colours
    if person.hair in ("beanie", "cap"):
        # Short hair below the hat: behind a line from temple to nape.
        nape = head[:, 1] - 0.055 - 0.5 * np.maximum(head[:, 2], -0.03)
        behind = smooth_step(nape, -0.004, 0.004) * (1 - smooth_step(head[:, 2], 0.018, 0.026))
        ear = (np.abs(head[:, 0]) > 0.070) & (np.hypot(head[:, 1] - 0.078, head[:, 2]) < 0.036)
        return _mix(colours, 0.9 * behind * ~ear, person.hair_colour)
    # Short hairs soften the hairline.
    scalp = (head[:, 1] > 0.03) * (1 - smooth_step(-hair, 0.0, 0.0035))
    return _mix(colours, 0.75 * scalp, person.hair_colour)


def _hair(figure: Figure, points: Array, hair: Array) -> Array:
    person, rest = figure.person, figure.rest
    x, y, z = ((points - rest.pivots["head"]) / rest.head_scale).T
    if person.hair in ("beanie", "cap"):
        colours = _flat(figure.outfit.hat, len(points))
        if person.hair == "cap":
            seams = np.abs((np.arctan2(x, z + 0.012) / (np.pi / 3)) % 1 - 0.5) > 0.47
            return _mix(colours, 0.25 * seams, (0, 0, 0))
        ribs = 0.06 * np.sin(70 * np.arctan2(x, z + 0.012))
        fold = smooth_step(-np.abs(y - 0.175 + 0.1 * z), -0.004, -0.002)
        return colours * (1 + ribs - 0.25 * fold)[:, None]
    around = np.arctan2(x, z + 0.03)
    strands = np.sin(31 * around + 26 * y + 2.5 * np.sin(9 * around + 40 * y))
    fine = np.sin(97 * around - 35 * y + 3 * np.sin(17 * around))
    return np.asarray(person.hair_colour) * (1 + 0.16 * strands + 0.12 * fine)[:, None]


def _around_trunk(points: Array) -> Array:
    """Return the cloth coordinate (N,) around the trunk: 0 front and back, seams at the sides."""
    turn = np.arctan2(points[:, 0] / _TRUNK_M[0], np.abs(points[:, 2] + 0.01) / _TRUNK_M[1])
    return _TRUNK_M[0] * turn


def _cloth_coordinates(points: Array, rest: Rest) -> tuple[Array, Array]:
    """Return the cloth coordinates across and along (N,) in m of a top: trunk and sleeves."""
    shoulder = rest.pivots["l_upper_arm"]
    # Cloth hangs straight over the shoulders and wraps around the ribs below.
    wrapped = smooth_step(-points[:, 1], -shoulder[1] + 0.02, -shoulder[1] + 0.22)
    across = points[:, 0] + wrapped * (_around_trunk(points) - points[:, 0])
    arm = outside_armhole(points, rest) > 0
    outwards = np.abs(points[arm, 0]) - shoulder[0]
    side = outwards * -ARM_DIRECTION[1] + (points[arm, 1] - shoulder[1]) * ARM_DIRECTION[0]
    round_arm = 0.05 * np.arctan2(side, np.abs(points[arm, 2] - shoulder[2]))
    across[arm] = np.sign(points[arm, 0]) * (shoulder[0] + round_arm)
    along = points[:, 1].copy()
    along[arm] = shoulder[1] - along_arm(points[arm], rest)
    return across, along


def _top(figure: Figure, points: Array, hair: Array) -> Array:
    outfit, rest = figure.outfit, figure.rest
    across, along = _cloth_coordinates(points, rest)
    share = pattern_share(outfit.pattern, across, along, outfit.period_m)
    colours = _mix(_flat(outfit.top_colours[0], len(points)), share, outfit.top_colours[1])
    seam = outside_armhole(points, rest)
    if outfit.raglan:
        neck = rest.pivots["neck"][1]
        slanted = np.abs(points[:, 0]) - 0.045 - 0.62 * (neck - points[:, 1])
        colours = _mix(
            colours, smooth_step(np.maximum(seam, slanted), -0.002, 0.002), outfit.top_colours[1]
        )
    elif outfit.sleeve > 0:
        colours = _mix(colours, 0.3 * _line(seam, 0.002), (0.05, 0.05, 0.05))
    colours = _prints(colours, points, outfit, rest, seam)
    return _trimmings(colours, points, outfit, rest)


def _line(distance: Array, half_width: float) -> Array:
    """Return 1 on a line where distance is 0, falling to 0 at twice its half width."""
    return 1 - smooth_step(np.abs(distance), half_width, 2 * half_width)


def _prints(colours: Array, points: Array, outfit: Outfit, rest: Rest, seam: Array) -> Array:
    x, front = points[:, 0], points[:, 2] > -0.005
    y = points[:, 1] - rest.pivots["chest"][1] - 0.095
    trunk = seam < 0
    if outfit.print_shape != "none":
        bitmap = draw_print(outfit.print_shape, outfit.word)
        colours = _mix(
            colours, print_share(bitmap, x, y, 0.115) * (front & trunk), outfit.print_colour
        )
    if outfit.number:
        # Seen from behind, the person's left is on the left.
        bitmap = draw_print("text", outfit.number)
        colours = _mix(
            colours, print_share(bitmap, -x, y, 0.125) * (~front & trunk), outfit.print_colour
        )
    return colours


def _trimmings(colours: Array, points: Array, outfit: Outfit, rest: Rest) -> Array:
    """Add collar, cuffs and hem, buttons, pockets and strings."""
    cut = garments.cut_cloth(outfit, rest)
    x, height, front = points[:, 0], points[:, 1], points[:, 2] > 0
    neckline = garments.bare_above_neckline(points, outfit, rest)
    shirt = outfit.top in ("shirt", "polo")
    width = _COLLAR_M if shirt else _BAND_M
    colours = _mix(colours, smooth_step(neckline, -width - 0.002, -width), outfit.collar)
    if shirt:
        colours = _mix(colours, 0.4 * _line(neckline + width, 0.002), (0.05, 0.05, 0.05))
    arm = outside_armhole(points, rest) > 0
    if cut.sleeve > 0:
        band = 0.045 if outfit.top in ("hoodie", "sweater") else _BAND_M
        cuff = arm * smooth_step(along_arm(points, rest) - cut.sleeve, -band - 0.002, -band)
        colours = _mix(colours, 0.9 * cuff, outfit.collar)
    if outfit.top in ("hoodie", "sweater"):
        rib = ~arm * (1 - smooth_step(height - cut.hem, 0.040, 0.043))
        ribs = 0.75 + 0.1 * np.sin(500 * _around_trunk(points))
        colours = np.where((rib > 0.5)[:, None], colours * ribs[:, None], colours)
    if shirt:
        low = cut.hem if outfit.top == "shirt" else rest.pivots["chest"][1] + 0.08
        placket = front & (height > low) & (np.abs(x) < 0.016)
        colours = _mix(colours, 0.35 * placket * _line(np.abs(x) - 0.014, 0.0015), (0, 0, 0))
        button = np.hypot(x, (height - low) % 0.075 - 0.0375) < 0.0055
        colours = _mix(colours, placket & button, outfit.collar)
    if outfit.top == "hoodie":
        centre = height - rest.pivots["pelvis"][1] - 0.10
        edge = np.maximum(np.abs(x) + 0.35 * np.maximum(centre, 0) - 0.105, np.abs(centre) - 0.075)
        colours = _mix(colours, 0.45 * front * _line(edge, 0.003), (0.03, 0.03, 0.03))
        neck = rest.pivots["neck"][1]
        string = front & (np.abs(np.abs(x) - 0.032) < 0.004) & (height > neck - 0.15)
        colours = _mix(colours, string & (height < neck - 0.02), outfit.collar)
    return colours


def _legs(figure: Figure, points: Array, hair: Array) -> Array:
    outfit, rest = figure.outfit, figure.rest
    hip = rest.pivots["l_thigh"]
    x, height, z = points.T
    leg = below_hip(points, rest) > 0
    across = _around_trunk(points)
    outwards = np.abs(x) - hip[0] - 0.087 * (hip[1] - height)
    round_leg = np.arctan2(outwards, np.abs(z))
    if outfit.bottom != "skirt":
        across = np.where(leg, np.sign(x) * (hip[0] + 0.08 * round_leg), across)
    share = pattern_share(outfit.leg_pattern, across, height, outfit.period_m)
    colours = _mix(_flat(outfit.leg_colours[0], len(points)), share, outfit.leg_colours[1])
    if outfit.side_stripe:
        side = (round_leg > 1.15) & (leg | (np.abs(x) > 0.10))
        return _mix(colours, side, outfit.leg_colours[1])
    if outfit.bottom == "skirt":
        return colours
    return _pockets(colours, points, outfit, hip[1])


def _pockets(colours: Array, points: Array, outfit: Outfit, hip: float) -> Array:
    x, height, front = points[:, 0], points[:, 1] - hip, points[:, 2] > 0
    if outfit.bottom != "leggings":
        slant = np.abs(x) - 0.105 - 0.45 * height
        pocket = front & (height > -0.09) & (height < 0.06)
        colours = _mix(colours, 0.5 * pocket * _line(slant, 0.003), (0.02, 0.02, 0.02))
        edge = np.maximum(np.abs(np.abs(x) - 0.075) - 0.045, np.abs(height + 0.06) - 0.05)
        colours = _mix(colours, 0.5 * ~front * _line(edge, 0.003), (0.02, 0.02, 0.02))
    fly = (height > -0.10) & (height < 0.06)
    colours = _mix(colours, 0.35 * fly * _line(x, 0.003), (0.02, 0.02, 0.02))
    belt = smooth_step(height, 0.030, 0.033)
    return _mix(
        colours, belt, PALETTE["brown"] if sum(outfit.leg_colours[0]) > 0.7 else PALETTE["black"]
    )


def _shoes(figure: Figure, points: Array, hair: Array) -> Array:
    outfit, ankle = figure.outfit, figure.rest.pivots["l_foot"]
    height, front = points[:, 1], points[:, 2] - ankle[2]
    colours = _flat(outfit.shoe, len(points))
    middle = np.abs(np.abs(points[:, 0]) - ankle[0] - 0.004)
    laces = (front > 0.045) & (front < 0.125) & (middle < 0.022) & (height > 0.045)
    colours = _mix(colours, laces & ((front * 55) % 1 < 0.45), outfit.sole)
    toe = smooth_step(front, 0.150, 0.153) * (height < 0.045)
    colours = _mix(colours, 0.8 * toe, outfit.sole)
    return _mix(colours, 1 - smooth_step(height, 0.019, 0.022), outfit.sole)


def _socks(figure: Figure, points: Array, hair: Array) -> Array:
    return _flat(PALETTE["white"], len(points))
