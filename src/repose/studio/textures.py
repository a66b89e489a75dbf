"""Colours of skin, hair and cloth as functions of the rest-space point."""

import numpy as np
from numpy.typing import NDArray

from repose.studio import materials
from repose.studio.faces import paint_face
from repose.studio.mesh import Figure
from repose.studio.outfits import PALETTE
from repose.studio.patterns import around_trunk, flat, line, mix, pattern_share
from repose.studio.regions import (
    along_arm,
    below_hip,
    outside_armhole,
    smooth_step,
)
from repose.studio.rig import ARM_DIRECTION, Rest
from repose.studio.trimmings import add_pockets, add_prints, add_trimmings

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]


def paint(figure: Figure, points: Array, hair: Array, material: NDArray[np.uint8]) -> Array:
    """Colour rest-space points.

    Args:
        figure: Whose.
        points: (N, 3) in m.
        hair: (N,) signed distance in m to the hairline; + on hair.
        material: (N,) as of `material_at`.

    Returns:
        (N, 3) float32 albedo, display values in [0, 1].
    """
    colours = np.zeros((len(points), 3), np.float32)
    for which, painter in _PAINTERS.items():
        here = material == which
        if here.any():
            colours[here] = painter(figure, points[here], hair[here])
    return colours


def _skin(figure: Figure, points: Array, hair: Array) -> Array:
    person, rest = figure.person, figure.rest
    head = (points - rest.pivots["head"]) / rest.head_scale
    colours = paint_face(flat(person.skin, len(points)), head, person)
    if person.hair == "bald":
        return colours
    if person.hair in ("beanie", "cap"):
        # Short hair below the hat: behind a line from temple to nape.
        nape = head[:, 1] - 0.055 - 0.5 * np.maximum(head[:, 2], -0.03)
        behind = smooth_step(nape, -0.004, 0.004) * (1 - smooth_step(head[:, 2], 0.018, 0.026))
        ear = (np.abs(head[:, 0]) > 0.070) & (np.hypot(head[:, 1] - 0.078, head[:, 2]) < 0.036)
        return mix(colours, 0.9 * behind * ~ear, person.hair_colour)
    # Short hairs soften the hairline.
    scalp = (head[:, 1] > 0.03) * (1 - smooth_step(-hair, 0.0, 0.0035))
    return mix(colours, 0.75 * scalp, person.hair_colour)


def _hair(figure: Figure, points: Array, hair: Array) -> Array:
    person, rest = figure.person, figure.rest
    x, y, z = ((points - rest.pivots["head"]) / rest.head_scale).T
    if person.hair in ("beanie", "cap"):
        colours = flat(figure.outfit.hat, len(points))
        if person.hair == "cap":
            seams = np.abs((np.arctan2(x, z + 0.012) / (np.pi / 3)) % 1 - 0.5) > 0.47
            return mix(colours, 0.25 * seams, (0, 0, 0))
        ribs = 0.06 * np.sin(70 * np.arctan2(x, z + 0.012))
        fold = smooth_step(-np.abs(y - 0.175 + 0.1 * z), -0.004, -0.002)
        return colours * (1 + ribs - 0.25 * fold)[:, None]
    around = np.arctan2(x, z + 0.03)
    strands = np.sin(31 * around + 26 * y + 2.5 * np.sin(9 * around + 40 * y))
    fine = np.sin(97 * around - 35 * y + 3 * np.sin(17 * around))
    return np.asarray(person.hair_colour) * (1 + 0.16 * strands + 0.12 * fine)[:, None]


def _cloth_coordinates(points: Array, rest: Rest) -> tuple[Array, Array]:
    """Return the cloth coordinates across and along (N,) in m of a top: trunk and sleeves."""
    shoulder = rest.pivots["l_upper_arm"]
    # Cloth hangs straight over the shoulders and wraps around the ribs below.
    wrapped = smooth_step(-points[:, 1], -shoulder[1] + 0.02, -shoulder[1] + 0.22)
    across = points[:, 0] + wrapped * (around_trunk(points) - points[:, 0])
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
    colours = mix(flat(outfit.top_colours[0], len(points)), share, outfit.top_colours[1])
    seam = outside_armhole(points, rest)
    if outfit.raglan:
        neck = rest.pivots["neck"][1]
        slanted = np.abs(points[:, 0]) - 0.045 - 0.62 * (neck - points[:, 1])
        colours = mix(
            colours, smooth_step(np.maximum(seam, slanted), -0.002, 0.002), outfit.top_colours[1]
        )
    elif outfit.sleeve > 0:
        colours = mix(colours, 0.3 * line(seam, 0.002), (0.05, 0.05, 0.05))
    colours = add_prints(colours, points, outfit, rest)
    return add_trimmings(colours, points, outfit, rest)


def _legs(figure: Figure, points: Array, hair: Array) -> Array:
    outfit, rest = figure.outfit, figure.rest
    hip = rest.pivots["l_thigh"]
    x, height, z = points.T
    leg = below_hip(points, rest) > 0
    across = around_trunk(points)
    outwards = np.abs(x) - hip[0] - 0.087 * (hip[1] - height)
    round_leg = np.arctan2(outwards, np.abs(z))
    if outfit.bottom != "skirt":
        across = np.where(leg, np.sign(x) * (hip[0] + 0.08 * round_leg), across)
    share = pattern_share(outfit.leg_pattern, across, height, outfit.period_m)
    colours = mix(flat(outfit.leg_colours[0], len(points)), share, outfit.leg_colours[1])
    if outfit.side_stripe:
        side = (round_leg > 1.15) & (leg | (np.abs(x) > 0.10))
        return mix(colours, side, outfit.leg_colours[1])
    if outfit.bottom == "skirt":
        return colours
    return add_pockets(colours, points, outfit, hip[1])


def _shoes(figure: Figure, points: Array, hair: Array) -> Array:
    outfit, ankle = figure.outfit, figure.rest.pivots["l_foot"]
    height, front = points[:, 1], points[:, 2] - ankle[2]
    colours = flat(outfit.shoe, len(points))
    middle = np.abs(np.abs(points[:, 0]) - ankle[0] - 0.004)
    laces = (front > 0.045) & (front < 0.125) & (middle < 0.022) & (height > 0.045)
    colours = mix(colours, laces & ((front * 55) % 1 < 0.45), outfit.sole)
    toe = smooth_step(front, 0.150, 0.153) * (height < 0.045)
    colours = mix(colours, 0.8 * toe, outfit.sole)
    return mix(colours, 1 - smooth_step(height, 0.019, 0.022), outfit.sole)


def _socks(figure: Figure, points: Array, hair: Array) -> Array:
    return flat(PALETTE["white"], len(points))


_PAINTERS = {
    materials.SKIN: _skin,
    materials.HAIR: _hair,
    materials.TOP: _top,
    materials.LEGS: _legs,
    materials.SHOE: _shoes,
    materials.SOCK: _socks,
}
