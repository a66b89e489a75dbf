"""A person's clothes as shapes, and what material lies where."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from repose.studio.flesh import SIDES
from repose.studio.outfits import Outfit
from repose.studio.people import Person
from repose.studio.regions import (
    above_neck,
    along_arm,
    below_hip,
    outside_armhole,
    smooth_step,
)
from repose.studio.rig import ARM_DIRECTION, MIRROR, Rest
from repose.studio.shapes import Sculpture

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

SKIN, HAIR, TOP, LEGS, SHOE, SOCK = range(6)
DOWN = (0.0, -1.0, 0.0)
TUCKED = ("blouse", "shirt")


@dataclass(frozen=True)
class Cut:
    """Where the cloth of an outfit ends on a body, in rest-space m.

    Attributes:
        sleeve: Along the arm from the shoulder; 0 or less without sleeves.
        hem: Height of the top's lower edge.
        cuff: Height of the lower edge of trousers or skirt.
    """

    sleeve: float
    hem: float
    cuff: float


def cut_cloth(outfit: Outfit, rest: Rest) -> Cut:
    """Fit an outfit's lengths to a body."""
    wrist = float(np.linalg.norm(rest.pivots["l_hand"] - rest.pivots["l_upper_arm"]))
    hip, ankle = rest.pivots["l_thigh"][1], rest.pivots["l_foot"][1]
    hem = hip + (0.055 if outfit.top in TUCKED else -0.045)
    return Cut(outfit.sleeve * wrist, hem, hip + outfit.leg * (ankle - hip))


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
        sculpture.ball((0, neck + 0.012, -0.075), (0.092, 0.042, 0.060), 0.03)
        sculpture.cone(
            ((-0.055, neck + 0.018, -0.04), (-0.03, neck - 0.035, 0.06)), (0.026, 0.018), 0.02
        )
        sculpture.cone(
            ((0.055, neck + 0.018, -0.04), (0.03, neck - 0.035, 0.06)), (0.026, 0.018), 0.02
        )


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
    girth = person.build.limbs * person.build.bulk
    loose = {"trousers": 0.012, "wide": 0.026, "cargo": 0.020, "shorts": 0.020}.get(
        outfit.bottom, 0.003
    )
    cuff = cut_cloth(outfit, rest).cuff
    for side, sign in SIDES:
        hip, knee, ankle = (rest.pivots[f"{side}_{bone}"] for bone in ("thigh", "shin", "foot"))
        end = ((0, cuff, 0), DOWN)
        if outfit.bottom == "skirt":
            flare = 0.115 + 0.10 * outfit.leg
            low = (hip[0] * 0.6 + 0.02 * sign + 0.03 * sign, cuff - 0.06, 0.0)
            top = (hip[0] * 0.55, hip[1] - 0.01, 0.0)
            sculpture.cone((top, low), (0.112 * person.build.bulk, flare), 0.06, cuts=(end,))
            continue
        start = hip + 0.15 * (knee - hip)
        sculpture.cone(
            (start, knee), (0.084 * girth + loose * 0.6, 0.056 * girth + loose), 0.02, cuts=(end,)
        )
        if outfit.leg > 0.6:
            sculpture.cone(
                (knee, ankle), (0.057 * girth + loose, 0.043 + loose), 0.02, cuts=(end,)
            )
            if outfit.bottom == "cargo":
                pocket = hip + 0.62 * (knee - hip) + np.array([sign * 0.068 * girth, 0, 0])
                sculpture.ball(pocket, (0.028, 0.075, 0.055), 0.012)


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


def bare_above_neckline(points: Array, outfit: Outfit, rest: Rest) -> Array:
    """Return the signed distance (N,) in m to the neckline; + is bare."""
    neck = rest.pivots["neck"]
    x, y, z = points[:, 0], points[:, 1] - neck[1], points[:, 2] - neck[2]
    ring = np.hypot(x / 0.064, z / 0.068) - 1  # 0 on the ring where neck and shoulders meet
    front = smooth_step(z, -0.01, 0.07)
    if outfit.neckline == "v":
        vee = np.abs(x) / 0.060 - 0.15
        return y - 0.004 + 0.10 * front - 0.09 * (ring + (vee - ring) * front)
    depth, slope = (0.030, 0.10) if outfit.neckline == "crew" else (0.080, 0.065)
    return y - 0.004 + depth * front - slope * ring


def bare_beyond_strap(points: Array, rest: Rest) -> Array:
    """Return the signed distance (N,) in m to the armhole of a sleeveless top; + is bare."""
    shoulder = rest.pivots["l_upper_arm"]
    x, y = np.abs(points[:, 0]) - shoulder[0] - 0.02, points[:, 1] - shoulder[1] + 0.01
    return np.maximum(0.075 - np.hypot(x, y * 0.8), outside_armhole(points, rest))


def materials(points: Array, hair: Mask, outfit: Outfit, rest: Rest) -> NDArray[np.uint8]:
    """Say what material covers each rest-space point.

    Args:
        points: (N, 3) rest-space points in m.
        hair: (N,) bool, true on hair.
        outfit: The clothes.
        rest: The A-pose they are worn in.

    Returns:
        (N,) of SKIN, HAIR, TOP, LEGS, SHOE, SOCK.
    """
    cut = cut_cloth(outfit, rest)
    height = points[:, 1]
    ankle = rest.pivots["l_foot"][1]
    arm = outside_armhole(points, rest) > 0
    bare = bare_above_neckline(points, outfit, rest) > 0
    bare |= above_neck(points, rest) > 0.05
    if cut.sleeve > 0:
        bare |= arm & (along_arm(points, rest) > cut.sleeve + 0.002)
    else:
        bare |= bare_beyond_strap(points, rest) > 0
    below = ~arm & (height < cut.hem - 0.002)
    leg = below & ((height > cut.cuff - 0.002) | (below_hip(points, rest) < 0))
    sock = below & ~leg & (height < ankle + outfit.sock_m)
    shoe = below & (height < ankle + 0.02 - 0.2 * (points[:, 2] - 0.02))
    result = np.full(len(points), TOP, np.uint8)
    result[bare | below] = SKIN
    for material, where in ((SOCK, sock), (LEGS, leg), (SHOE, shoe & ~(leg & (height > ankle)))):
        result[where] = material
    result[hair] = HAIR
    return result
