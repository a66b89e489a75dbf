"""A person's clothes as shapes."""

import numpy as np
from numpy.typing import NDArray

from repose.studio.flesh import SIDES
from repose.studio.materials import cut_cloth
from repose.studio.outfits import Outfit
from repose.studio.people import Person
from repose.studio.rig import ARM_DIRECTION, MIRROR, Rest
from repose.studio.shapes import Cut, Sculpture

Array = NDArray[np.floating]

DOWN = (0.0, -1.0, 0.0)
LEG_LOOSE_M = {"trousers": 0.012, "wide": 0.026, "cargo": 0.020, "shorts": 0.020}


def add_trunk(sculpture: Sculpture, person: Person, outfit: Outfit, rest: Rest) -> None:
    """Add hips, waist, ribs and shoulders, dressed."""
    build, loose = person.build, outfit.loose_m
    wide, deep = build.bulk, build.bulk * build.depth
    hip, neck = rest.pivots["pelvis"][1], rest.pivots["neck"][1]
    hips = 0.160 * build.hips * wide
    waist = (0.132 - 0.012 * build.female) * build.waist * wide
    ribs = (0.146 - 0.010 * build.female) * wide * (0.5 + 0.5 * build.shoulders)
    flat = (1.0, 1.0, 0.72 * build.depth)
    side = hips - 0.10
    sculpture.cone(
        ((-side, hip - 0.02, -0.005), (side, hip - 0.02, -0.005)), (0.106 * deep,) * 2, 0.03
    )
    sculpture.cone(((0, hip, 0), (0, hip + 0.15, 0)), (hips * 0.93, waist), 0.05, squash=flat)
    for _, sign in SIDES:
        seat = (sign * 0.070, hip - 0.055, -0.055 * deep)
        sculpture.ball(seat, np.array([0.083, 0.092, 0.083]) * wide, 0.05)
    cuts = (((0, cut_cloth(outfit, rest).hem, 0), DOWN),)
    sculpture.cone(
        ((0, hip - 0.10, 0), (0, hip + 0.14, 0)),
        (hips + loose + 0.004, waist + loose),
        0.02,
        squash=flat,
        cuts=cuts,
    )
    sculpture.cone(
        ((0, hip + 0.13, 0), (0, hip + 0.30, 0)), (waist + loose, ribs + loose), 0.05, squash=flat
    )
    sculpture.cone(
        ((0, hip + 0.29, 0), (0, neck - 0.13, -0.005)),
        (ribs + loose, ribs * 0.97 + loose),
        0.05,
        squash=flat,
    )
    _add_shoulders(sculpture, person, outfit, rest)


def _add_shoulders(sculpture: Sculpture, person: Person, outfit: Outfit, rest: Rest) -> None:
    build, loose = person.build, outfit.loose_m
    deep, neck = build.bulk * build.depth, rest.pivots["neck"][1]
    reach = rest.pivots["l_upper_arm"][0]
    radius = 0.062 * deep + loose
    sculpture.cone(
        ((0.04 - reach, neck - 0.075, -0.012), (reach - 0.04, neck - 0.075, -0.012)),
        (radius,) * 2,
        0.07,
    )
    for _, sign in SIDES:
        sculpture.cone(
            ((sign * (reach - 0.03), neck - 0.058, -0.015), (0, neck + 0.018, -0.018)),
            (0.047 + loose * 0.6, 0.046 + loose * 0.2),
            0.03,
        )
        if build.female > 0:
            size = np.array([0.061, 0.060, 0.053]) * (0.6 + 0.5 * build.female) + loose / 2
            sculpture.ball((sign * 0.072, neck - 0.212, 0.073 * deep), size, 0.045)
        else:
            size = np.array([0.085, 0.060, 0.050]) + loose / 2
            sculpture.ball((sign * 0.075, neck - 0.168, 0.055 * deep), size, 0.05)
    if outfit.top == "hoodie":
        _add_hood(sculpture, neck)


def _add_hood(sculpture: Sculpture, neck: float) -> None:
    sculpture.ball((0, neck + 0.012, -0.075), (0.092, 0.042, 0.060), 0.03)
    for _, sign in SIDES:
        ends = ((sign * 0.055, neck + 0.018, -0.04), (sign * 0.03, neck - 0.035, 0.06))
        sculpture.cone(ends, (0.026, 0.018), 0.02)


def add_sleeves(sculpture: Sculpture, person: Person, outfit: Outfit, rest: Rest) -> None:
    """Add sleeves over the arms."""
    length = cut_cloth(outfit, rest).sleeve
    if length <= 0:
        return
    girth = person.build.limbs * (1 - 0.14 * person.build.female)
    for side, sign in SIDES:
        shoulder, elbow, wrist = (
            rest.pivots[f"{side}_{bone}"] for bone in ("upper_arm", "forearm", "hand")
        )
        along = ARM_DIRECTION * (MIRROR if sign < 0 else np.ones(3))
        end = ((shoulder + length * along), along)
        cloth = outfit.loose_m * (1.3 if outfit.sleeve < 0.5 else 1.0) + 0.004
        middle = min(length + 0.03, float(np.linalg.norm(elbow - shoulder)))
        narrow = (0.054 - 0.013 * middle / 0.285) * girth + cloth
        sculpture.cone(
            (shoulder, shoulder + middle * along),
            (0.054 * girth + cloth, narrow),
            0.02,
            cuts=(end,),
        )
        if outfit.sleeve > 0.5:
            cuff = 0.030 * girth + (0.75 if outfit.top == "hoodie" else 1.0) * cloth
            sculpture.cone((elbow, wrist), (0.041 * girth + cloth, cuff), 0.015, cuts=(end,))


def add_leg_cloth(sculpture: Sculpture, person: Person, outfit: Outfit, rest: Rest) -> None:
    """Add trousers, shorts or skirt over the legs."""
    end = ((0, cut_cloth(outfit, rest).cuff, 0), DOWN)
    if outfit.bottom == "skirt":
        _add_skirt(sculpture, person, outfit, rest, end)
        return
    girth = person.build.limbs * person.build.bulk
    loose = LEG_LOOSE_M.get(outfit.bottom, 0.003)
    for side, sign in SIDES:
        hip, knee, ankle = (rest.pivots[f"{side}_{bone}"] for bone in ("thigh", "shin", "foot"))
        above, below = 0.084 * girth + 0.6 * loose, 0.056 * girth + loose
        sculpture.cone((hip + 0.15 * (knee - hip), knee), (above, below), 0.02, cuts=(end,))
        if outfit.leg > 0.6:
            sculpture.cone((knee, ankle), (below + 0.001, 0.043 + loose), 0.02, cuts=(end,))
        if outfit.bottom == "cargo":
            pocket = hip + 0.62 * (knee - hip) + np.array([sign * 0.068 * girth, 0, 0])
            sculpture.ball(pocket, (0.028, 0.075, 0.055), 0.012)


def _add_skirt(sculpture: Sculpture, person: Person, outfit: Outfit, rest: Rest, end: Cut) -> None:
    x, height, _ = rest.pivots["l_thigh"]
    hem = height + outfit.leg * (rest.pivots["l_foot"][1] - height)
    radii = (0.112 * person.build.bulk, 0.115 + 0.10 * outfit.leg)
    for _, sign in SIDES:
        top = (sign * 0.55 * x, height - 0.01, 0.0)
        low = (sign * (0.6 * x + 0.05), hem - 0.06, 0.0)
        sculpture.cone((top, low), radii, 0.06, cuts=(end,))


def add_shoes(sculpture: Sculpture, rest: Rest) -> None:
    """Add shoes, flat below at y = 0."""
    floor = ((0.0, 0.0, 0.0), DOWN)
    for side, sign in SIDES:
        ankle = rest.pivots[f"{side}_foot"]
        ground = ankle * [1, 0, 1]

        def at(x: float, y: float, z: float, ground: Array = ground, sign: float = sign) -> Array:
            return ground + np.array([sign * x, y, z])

        sculpture.cone(
            (at(0, 0.036, -0.034), at(0.006, 0.030, 0.10)), (0.041, 0.038), 0.02, cuts=(floor,)
        )
        sculpture.cone(
            (at(0.006, 0.028, 0.09), at(0.010, 0.022, 0.158)), (0.044, 0.033), 0.02, cuts=(floor,)
        )
        sculpture.cone((ankle + np.array([0, -0.005, 0]), at(0, 0.05, 0.04)), (0.041, 0.040), 0.02)
