"""Angles of the two movements of the iPER protocol: the A-pose turn and the free movement.

No captured data: key poses in anatomical angles with eased transitions between them.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Angles = NDArray[np.float64]  # (T, len(ANGLES)) rad

# A limb's angles stand together, left then right. Arm: raised from hanging, swung from sideways
# (0) to forward (90 degrees), twisted about itself, elbow bent. Leg: lifted forward, spread,
# twisted, knee bent.
ARM = ("raise", "swing", "twist", "elbow")
LEG = ("lift", "spread", "turn_out", "knee")
ANGLES = (
    *("yaw", "lean", "roll", "bend", "side_bend", "spine_twist", "nod", "look", "tilt", "squat"),
    *(f"{side}_{name}" for side in "lr" for name in ARM),
    *(f"{side}_{name}" for side in "lr" for name in LEG),
)
ANGLE = {name: index for index, name in enumerate(ANGLES)}
_MIRRORED_SIGN = ("yaw", "roll", "side_bend", "spine_twist", "look", "tilt")

# Key poses in degrees.
ARM_POSES: dict[str, tuple[float, float, float, float]] = {
    "a_pose": (45, 0, 0, 5),
    "down": (12, 20, 0, 12),
    "sideways": (90, 0, 0, 5),
    "forward": (88, 80, 0, 8),
    "up": (163, 20, 0, 12),
    "high": (138, 0, 0, 12),
    "goal_post": (90, 5, -90, 88),
    "flexed": (90, 10, -90, 122),
    "on_hip": (45, -15, 85, 92),
    "waving": (80, 15, -100, 108),
    "folded": (42, 75, 75, 98),
    "guard": (36, 60, 10, 122),
    "punch": (85, 85, 40, 12),
    "backward": (30, -65, 0, 15),
    "across": (75, 108, 30, 22),
    "to_face": (60, 60, 20, 130),
    "reaching": (120, 60, 0, 20),
    "behind": (30, -50, 90, 75),
    "salute": (85, 10, -60, 135),
    "low": (50, 70, 0, 15),
}
LEG_POSES: dict[str, tuple[float, float, float, float]] = {
    "lifted": (68, 5, 0, 82),
    "kick": (52, 5, 0, 10),
    "sideways": (0, 28, 0, 4),
    "backward": (-22, 3, 0, 30),
    "heel_up": (-5, 3, 0, 82),
    "open_knee": (35, 28, 25, 58),
}
_A_POSE = np.deg2rad(ARM_POSES["a_pose"])


def turn_in_a_pose(frames: int, fps: float, seed: int) -> Angles:
    """Turn round once in A-pose, on the spot, with small steps and some sway."""
    random = np.random.default_rng([seed, 1])
    time = np.arange(frames) / fps
    angles = _standing(frames)
    share = time * fps / frames
    angles[:, ANGLE["yaw"]] = 2 * np.pi * (share + 0.012 * np.sin(12 * np.pi * share))
    step = 2 * np.pi * time
    for side, phase in (("l", 0.0), ("r", np.pi)):
        up = np.clip(np.sin(step + phase), 0, 1) ** 1.5
        angles[:, ANGLE[f"{side}_lift"]] += np.deg2rad(14) * up
        angles[:, ANGLE[f"{side}_knee"]] += np.deg2rad(24) * up
        sway = np.sin(0.7 * time + random.uniform(0, 6))
        angles[:, ANGLE[f"{side}_raise"]] += np.deg2rad(4) * sway
        angles[:, ANGLE[f"{side}_elbow"]] += np.deg2rad(5) * (1 + sway)
    angles[:, ANGLE["roll"]] = np.deg2rad(1.2) * np.sin(step)
    angles[:, ANGLE["side_bend"]] = -np.deg2rad(2) * np.sin(step)
    angles[:, ANGLE["look"]] = np.deg2rad(8) * np.sin(0.8 * time + random.uniform(0, 6))
    angles[:, ANGLE["nod"]] = np.deg2rad(4) * np.sin(0.6 * time)
    return angles


def move_freely(frames: int, fps: float, seed: int) -> Angles:
    """Move arms, legs, trunk, head and heading, each between key poses of its own."""
    random = np.random.default_rng([seed, 2])
    angles = _standing(frames)

    def fill(names: list[str], draw: Callable[[], Angles], seconds: tuple[float, float]) -> None:
        angles[:, [ANGLE[name] for name in names]] = _between_keys(
            random, frames, fps, draw, seconds
        )

    arms = [f"{side}_{name}" for side in "lr" for name in ARM]
    legs = [f"{side}_{name}" for side in "lr" for name in LEG]
    fill(arms, lambda: _draw_arms(random), (0.5, 1.1))
    fill([*legs, "squat"], lambda: _draw_legs(random), (0.6, 1.1))
    fill(["bend", "side_bend", "spine_twist"], lambda: _draw_trunk(random), (0.7, 1.4))
    fill(
        ["nod", "look", "tilt"], lambda: np.deg2rad(random.normal(size=3) * [8, 20, 6]), (0.6, 1.3)
    )
    fill(["yaw"], lambda: np.deg2rad(np.clip(random.normal(size=1) * 50, -120, 120)), (0.8, 1.8))
    # A squat leans forward, to keep the balance.
    angles[:, ANGLE["bend"]] += 0.5 * angles[:, ANGLE["squat"]]
    return angles


def mirrored(angles: Angles) -> Angles:
    """Return the same movement with left and right exchanged."""
    result = angles.copy()
    for name in ANGLES:
        side, _, rest = name.partition("_")
        if side in ("l", "r") and rest:
            other = f"{'r' if side == 'l' else 'l'}_{rest}"
            result[:, ANGLE[name]] = angles[:, ANGLE[other]]
    for name in _MIRRORED_SIGN:
        result[:, ANGLE[name]] *= -1
    return result


def _standing(frames: int) -> Angles:
    angles = np.zeros((frames, len(ANGLES)))
    for side in "lr":
        angles[:, [ANGLE[f"{side}_{name}"] for name in ARM]] = _A_POSE
    return angles


def _draw_arms(random: np.random.Generator) -> Angles:
    names = list(ARM_POSES)
    left = names[random.integers(len(names))]
    right = left if random.uniform() < 0.45 else names[random.integers(len(names))]
    arms = np.deg2rad([ARM_POSES[left], ARM_POSES[right]])
    arms += np.deg2rad(random.normal(size=(2, 4)) * 6)
    arms[:, 0] = np.clip(arms[:, 0], np.deg2rad(10), np.deg2rad(168))
    arms[:, 3] = np.clip(arms[:, 3], 0, np.deg2rad(140))
    return arms.ravel()


def _draw_legs(random: np.random.Generator) -> Angles:
    legs, squat = np.zeros((2, 4)), 0.0
    kind = random.uniform()
    if kind < 0.45:
        pose = list(LEG_POSES)[random.integers(len(LEG_POSES))]
        legs[random.integers(2)] = np.deg2rad(LEG_POSES[pose] + random.normal(size=4) * 4)
    elif kind < 0.65:
        squat = random.uniform(0.3, 0.8)
    elif kind < 0.8:
        legs[:, 1] = np.deg2rad(random.uniform(8, 20))
    return np.append(legs.ravel(), squat)


def _draw_trunk(random: np.random.Generator) -> Angles:
    bend = random.uniform(-8, 32) * (random.uniform() < 0.6)
    return np.deg2rad([bend, random.normal() * 8, random.normal() * 14])


def _between_keys(
    random: np.random.Generator,
    frames: int,
    fps: float,
    draw: Callable[[], Angles],
    seconds: tuple[float, float],
) -> Angles:
    """Draw key poses until the clip is full, some of them held, and ease between them."""
    times, keys = [0.0], [draw()]
    while times[-1] < frames / fps:
        if random.uniform() < 0.3:
            times.append(times[-1] + random.uniform(0.15, 0.5))
            keys.append(keys[-1])
        times.append(times[-1] + random.uniform(*seconds))
        keys.append(draw())
    when, what = np.array(times), np.array(keys)
    now = np.arange(frames) / fps
    last = np.searchsorted(when, now, side="right") - 1
    u = ((now - when[last]) / (when[last + 1] - when[last]))[:, None]
    eased = u**3 * (u * (6 * u - 15) + 10)  # quintic: no jerk at the keys
    return what[last] + (what[last + 1] - what[last]) * eased
