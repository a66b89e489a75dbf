"""A person's head, hair and bare limbs as shapes."""

import numpy as np
from numpy.typing import NDArray

from repose.studio.people import Person
from repose.studio.rig import ARM_DIRECTION, MIRROR, Rest
from repose.studio.shapes import Sculpture

Array = NDArray[np.floating]

SIDES = (("l", 1.0), ("r", -1.0))
_FRONT = np.array([0.0, 0.0, 1.0])


def add_arms(sculpture: Sculpture, person: Person, rest: Rest) -> None:
    """Add both arms with hands."""
    girth = person.build.limbs * (1 - 0.14 * person.build.female)
    for side, sign in SIDES:
        mirror = MIRROR if sign < 0 else np.ones(3)
        shoulder, elbow, wrist = (
            rest.pivots[f"{side}_{bone}"] for bone in ("upper_arm", "forearm", "hand")
        )
        upper = shoulder + 0.45 * (elbow - shoulder)
        belly = elbow + 0.32 * (wrist - elbow)
        sculpture.cone((shoulder, upper), (0.054 * girth, 0.049 * girth), 0.035)
        sculpture.cone((upper, elbow), (0.049 * girth, 0.038 * girth), 0.012)
        sculpture.cone((elbow, belly), (0.038 * girth, 0.041 * girth), 0.010)
        sculpture.cone((belly, wrist), (0.041 * girth, 0.027 * girth), 0.010)
        _add_hand(sculpture, wrist, mirror, person.build.arms)


def _add_hand(sculpture: Sculpture, wrist: Array, mirror: Array, length: float) -> None:
    along = ARM_DIRECTION * mirror
    across = np.cross(ARM_DIRECTION, _FRONT) * mirror

    def at(forward: float, front: float, side: float = 0.0) -> Array:
        return wrist + forward * length * along + front * _FRONT + side * across

    sculpture.cone((at(-0.02, 0), at(0.03, 0)), (0.026, 0.029), 0.012)
    sculpture.cone((at(0.03, 0.012), at(0.09, 0.014)), (0.021, 0.016), 0.014)
    sculpture.cone((at(0.03, -0.016), at(0.086, -0.020)), (0.021, 0.015), 0.014)
    for front, tip in ((0.030, 0.146), (0.010, 0.168), (-0.010, 0.164), (-0.028, 0.143)):
        sculpture.cone((at(0.08, front), at(tip, 1.15 * front, -0.006)), (0.0105, 0.0085), 0.005)
    sculpture.cone((at(0.03, 0.022), at(0.086, 0.056, -0.008)), (0.014, 0.010), 0.012)


def add_legs(sculpture: Sculpture, person: Person, rest: Rest) -> None:
    """Add both legs down to the ankles."""
    build = person.build
    girth = build.limbs * build.bulk
    for side, sign in SIDES:
        hip, knee, ankle = (rest.pivots[f"{side}_{bone}"] for bone in ("thigh", "shin", "foot"))
        top = hip + np.array([-sign * 0.010, -0.01, 0.0])
        middle = hip + 0.48 * (knee - hip)
        calf = knee + 0.30 * (ankle - knee) + np.array([0.0, 0.0, -0.016])
        thigh = (0.086 + 0.007 * build.female) * girth
        sculpture.cone((top, middle), (thigh, 0.071 * girth), 0.03)
        sculpture.cone((middle, knee), (0.071 * girth, 0.051 * girth), 0.012)
        sculpture.ball(
            knee + np.array([0, 0.005, 0.013]), np.array([0.036, 0.045, 0.040]) * girth, 0.02
        )
        sculpture.cone((knee, calf), (0.047 * girth, 0.052 * girth), 0.012)
        sculpture.cone((calf, ankle), (0.052 * girth, 0.033), 0.012)


def add_head(sculpture: Sculpture, person: Person, rest: Rest) -> None:
    """Add neck, skull, face and ears."""
    size, jaw, at = rest.head_scale, person.build.jaw, rest.head_point
    neck = person.build.neck
    base = rest.pivots["neck"] + np.array([0.0, -0.05, 0.002])
    sculpture.cone((base, at(0, 0.05, -0.012)), (0.058 * neck, 0.052 * neck), 0.035)
    sculpture.ball(at(0, 0.117, -0.010), size * np.array([0.073, 0.099, 0.093]), 0.02)
    # Face and jaw: a wedge from the cheek bones to the chin.
    sculpture.ball(at(0, 0.075, 0.018), size * np.array([0.063, 0.075, 0.066]), 0.03)
    sculpture.cone(
        (at(0, 0.045, 0.035), at(0, 0.012, 0.062)), (0.052 * size, 0.025 * size * jaw), 0.03
    )
    for _, sign in SIDES:
        sculpture.ball(
            at(sign * 0.037, 0.068, 0.058), size * np.array([0.024, 0.021, 0.020]), 0.03
        )
        sculpture.ball(
            at(sign * 0.076, 0.078, -0.003), size * np.array([0.009, 0.031, 0.019]), 0.008
        )
        sculpture.ball(
            at(sign * 0.029, 0.115, 0.073), size * np.array([0.024, 0.010, 0.013]), 0.02
        )
    sculpture.cone(
        (at(0, 0.104, 0.081), at(0, 0.068, 0.092)), (0.008 * size, 0.0125 * size), 0.014
    )
    for _, sign in SIDES:
        sculpture.ball(
            at(sign * 0.011, 0.063, 0.087), size * np.array([0.008, 0.007, 0.008]), 0.008
        )
    sculpture.ball(at(0, 0.037, 0.078), size * np.array([0.022, 0.006, 0.011]), 0.010)
    sculpture.ball(at(0, 0.028, 0.077), size * np.array([0.019, 0.006, 0.011]), 0.010)


def add_hair(sculpture: Sculpture, person: Person, rest: Rest) -> None:
    """Add the hair, or what is worn on it."""
    style, size, at = person.hair, rest.head_scale, rest.head_point
    if style == "bald":
        return
    if style in ("beanie", "cap"):
        _add_hat(sculpture, style, rest)
        return
    thick = {"crop": 0.004, "short": 0.009, "quiff": 0.010}.get(style, 0.012)
    shell = np.array([0.073, 0.099, 0.095]) + thick
    # The shell sits up and back, so it meets the forehead at a grazing angle: no helmet's edge.
    front = (at(0, 0.160, 0.066), (0, -0.75, 0.66))
    below = (at(0, 0.045, -0.06), (0, -0.9, 0.6))
    sculpture.ball(at(0, 0.124, -0.016), size * shell, 0.01, cuts=(front, below), hair=True)
    for _, sign in SIDES:
        ear = (at(0, 0.085, 0), (0, -1, 0))
        sides = size * np.array([0.011 + thick / 2, 0.045, 0.034])
        sculpture.ball(at(sign * 0.068, 0.118, 0.004), sides, 0.012, cuts=(ear,), hair=True)
    if style in ("long", "bob"):
        _add_long_hair(sculpture, rest, -0.15 if style == "long" else -0.015)
    elif style == "ponytail":
        sculpture.cone((at(0, 0.155, -0.095), at(0, 0.12, -0.14)), (0.034, 0.026), 0.02, hair=True)
        sculpture.cone((at(0, 0.13, -0.14), at(0, -0.06, -0.13)), (0.030, 0.013), 0.02, hair=True)
    elif style == "bun":
        sculpture.ball(at(0, 0.205, -0.075), np.full(3, 0.043), 0.012, hair=True)
    elif style == "quiff":
        sculpture.cone(
            (at(-0.03, 0.212, 0.052), at(0.035, 0.216, 0.046)), (0.026, 0.028), 0.03, hair=True
        )
    elif style == "curls":
        _add_curls(sculpture, person, rest)


def _add_hat(sculpture: Sculpture, style: str, rest: Rest) -> None:
    size, at = rest.head_scale, rest.head_point
    brim = (at(0, 0.142, 0.09), (0, -0.95, 0.25 if style == "cap" else 0.12))
    sculpture.ball(
        at(0, 0.128, -0.012),
        size * np.array([0.086, 0.112, 0.107]),
        0.008,
        cuts=(brim,),
        hair=True,
    )
    if style == "cap":
        flat = (1.0, 0.22, 1.0)
        sculpture.cone(
            (at(0, 0.148, 0.075), at(0, 0.136, 0.118)),
            (0.064, 0.052),
            0.01,
            squash=flat,
            hair=True,
        )
    else:
        sculpture.ball(at(0, 0.245, -0.02), np.full(3, 0.026), 0.012, hair=True)


def _add_long_hair(sculpture: Sculpture, rest: Rest, end: float) -> None:
    size, at = rest.head_scale, rest.head_point
    flat = (1.0, 1.0, 0.6)
    sculpture.cone(
        (at(0, 0.12, -0.05), at(0, end, -0.085)),
        (0.088 * size, 0.068 * size),
        0.03,
        squash=flat,
        hair=True,
    )
    for _, sign in SIDES:
        tip = at(sign * 0.074, max(end, -0.09), -0.024)
        sculpture.cone(
            (at(sign * 0.068, 0.13, -0.018), tip), (0.034 * size, 0.021 * size), 0.03, hair=True
        )


def _add_curls(sculpture: Sculpture, person: Person, rest: Rest) -> None:
    random = np.random.default_rng([person.index, 40])
    for _ in range(46):
        out = random.normal(size=3) * [1.0, 0.7, 1.0]
        out[1] = abs(out[1]) + 0.05
        out[2] -= 0.35
        out /= np.linalg.norm(out)
        if out[2] > 0.45 and out[1] < 0.8:
            continue  # the face stays free
        centre = rest.head_point(*(np.array([0, 0.122, -0.014]) + out * [0.078, 0.105, 0.098]))
        sculpture.ball(centre, np.full(3, random.uniform(0.022, 0.029)), 0.01, hair=True)
