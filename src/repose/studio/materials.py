"""Where the cloth of an outfit ends, and what material lies where."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from repose.studio.outfits import Outfit
from repose.studio.regions import (
    above_neck,
    along_arm,
    below_hip,
    outside_armhole,
    smooth_step,
)
from repose.studio.rig import Rest

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]

SKIN, HAIR, TOP, LEGS, SHOE, SOCK = range(6)
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


def material_at(points: Array, hair: Mask, outfit: Outfit, rest: Rest) -> NDArray[np.uint8]:
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
