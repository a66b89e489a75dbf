"""The masks and fits of Knoche et al. 2020, part by part in plain numpy loops.

Written from a description of the algorithm, in its own arithmetic (float32, one step after the
other): what the fast forms are compared with, in tests and in time.
"""

from itertools import combinations

import numpy as np

from repose.skeleton import JOINT

LIMBS = [
    ("l_shoulder", "l_elbow", "l_wrist"),
    ("l_wrist", "l_elbow", "l_shoulder"),
    ("r_shoulder", "r_elbow", "r_wrist"),
    ("r_wrist", "r_elbow", "r_shoulder"),
    ("l_hip", "l_knee", "l_ankle"),
    ("l_ankle", "l_knee", "l_hip"),
    ("r_hip", "r_knee", "r_ankle"),
    ("r_ankle", "r_knee", "r_hip"),
]
TORSO = ["r_hip", "l_hip", "l_shoulder", "r_shoulder"]
HEAD = ["neck", "l_eye", "r_eye", "nose", "l_ear", "r_ear", "l_shoulder", "r_shoulder"]


def ellipsoid(radii: np.ndarray) -> np.ndarray:
    sides = 2 * (radii.astype(np.int16) + 1) + 1
    stamp = np.zeros(sides)
    for i in range(sides[0]):
        for j in range(sides[1]):
            for k in range(sides[2]):
                terms = [
                    (x - w) ** 2 / (w + 1) ** 2 for x, w in zip((i, j, k), radii, strict=True)
                ]
                if sum(terms) <= 1:
                    stamp[i, j, k] = 1
    return stamp


def draw_line(volume: np.ndarray, start: np.ndarray, end: np.ndarray, radii: np.ndarray) -> None:
    stamp = ellipsoid(radii)
    half = radii.astype(np.int16).astype(int) + 1
    direction = end - start
    length = max(np.linalg.norm(direction), 1)
    for step in range(int(length)):
        centre = np.round(start + step * (direction / length)).astype(np.int32)
        for axis in range(3):
            centre[axis] = max(0, min(volume.shape[axis] - 1, centre[axis]))
        low = [max(0, centre[axis] - half[axis]) for axis in range(3)]
        high = [min(centre[axis] + half[axis] + 1, volume.shape[axis]) for axis in range(3)]
        into = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        out_of = tuple(
            slice(low[axis] - centre[axis] + half[axis], high[axis] - centre[axis] + half[axis])
            for axis in range(3)
        )
        volume[into] += stamp[out_of]
    volume[volume > 1] = 1


def masks(pose: np.ndarray, size: int, grid: tuple[int, int, int]) -> np.ndarray:
    """Draw one pose, (19, 3) px with z = 0 at the pelvis: (10, D, H, W)."""
    depth, height, width = grid
    pose = pose.astype(np.float32)[:, [1, 0, 2]].copy()
    pose[:, 2] += size / 2
    at = {name: pose[index].copy() for name, index in JOINT.items()}
    torso = np.sqrt(
        max(
            sum((at["l_shoulder"] - at["r_hip"]) ** 2),
            sum((at["r_shoulder"] - at["l_hip"]) ** 2),
        )
    )
    counts = (height, width, depth)
    for axis, count in enumerate(counts):
        pose[:, axis] = pose[:, axis] / size * count
    at = {name: pose[index].copy() for name, index in JOINT.items()}
    volumes = np.zeros((10, height, width, depth), np.float32)

    def draw(part: int, points: list[np.ndarray], thickness: float, ball: float = 0.0) -> None:
        for one, other in combinations(points, 2):
            radii = np.array([thickness * torso * count / size / 2 for count in counts])
            draw_line(volumes[part], one, other, radii)
        if ball:
            radii = np.array([ball * torso * count / size / 2 for count in counts])
            draw_line(volumes[part], points[-1], points[-1], radii)

    draw(0, [at[name] for name in TORSO], 0.3)
    centre = 0.5 * at["l_ear"] + 0.5 * at["r_ear"]
    to_neck = 0.7 * centre + 0.3 * at["neck"]
    draw(1, [centre - (to_neck - centre), to_neck], 0.5)
    for side, arm, leg in (("l", 2, 6), ("r", 4, 8)):
        shoulder, elbow, wrist, hip, knee, ankle = (
            at[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        )
        hip = hip + 0.1 * (hip - shoulder)
        wrist = wrist + 0.2 * (wrist - elbow)
        ankle = ankle + 0.2 * (ankle - knee)
        draw(arm, [shoulder, elbow], 0.2)
        draw(arm + 1, [elbow, wrist], 0.2, 0.4)
        draw(leg, [hip, knee], 0.2)
        draw(leg + 1, [knee, ankle], 0.2, 0.4)
    return volumes.transpose(0, 3, 1, 2)


def fit(points: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Fit scale, rotation and shift; the sign of the rotation is not looked after."""
    mean, onto_mean = points.mean(0), onto.mean(0)
    a, b = points - mean, onto - onto_mean
    u, _, vt = np.linalg.svd(a.T @ b)
    rotation = vt.T @ u.T
    scale = np.trace(b @ rotation @ a.T) / np.trace(a @ a.T)
    matrix = np.identity(4, dtype=np.float32)
    matrix[:3, :3] = scale * rotation
    matrix[:3, 3] = onto_mean - scale * rotation @ mean
    return matrix


def limb(pose: np.ndarray, names: tuple[str, str, str]) -> np.ndarray:
    a, b, anchor = (pose[JOINT[name]] for name in names)
    bone, roll = b - a, anchor - b
    across = np.cross(bone, roll)
    across = across / np.linalg.norm(across) * np.linalg.norm(roll)
    return np.stack([a, b, b + across])


def transforms(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Fit the ten parts of one pair of poses (19, 3): (10, 4, 4) from target to source."""
    fits = [
        fit(*(pose[[JOINT[name] for name in names]] for pose in (target, source)))
        for names in (TORSO, HEAD)
    ]
    return np.array(fits + [fit(limb(target, names), limb(source, names)) for names in LIMBS])
