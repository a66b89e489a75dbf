"""Random but plausible poses: a person 200 px tall in an image of 256 px, any view."""

import numpy as np
import torch
from torch import Tensor

from repose.skeleton import JOINTS

# Limb directions in the body's frame at rest (x to its left, y down, z backwards) and lengths as
# shares of body height (Drillis and Contini 1966, rounded).
ARM, LEG = (0.34, 0.94, 0.0), (0.06, 1.0, 0.0)


def turn(axis: np.ndarray, angle: float) -> np.ndarray:
    """Build a rotation by Rodrigues' formula."""
    x, y, z = axis / np.linalg.norm(axis)
    spin = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation: np.ndarray = np.eye(3) + np.sin(angle) * spin + (1 - np.cos(angle)) * spin @ spin
    return rotation


def pose(random: np.random.Generator, size: int = 256, height: float = 200.0) -> np.ndarray:
    """Draw one pose: (19, 3) px, z = 0 at the pelvis."""

    def bend(degrees: float) -> np.ndarray:
        return turn(random.normal(size=3), np.deg2rad(random.normal() * degrees))

    hips = turn(np.array([0.0, 1, 0]), random.uniform(-np.pi, np.pi)) @ bend(8)
    chest = hips @ bend(12)
    head = chest @ bend(12)
    at = {"pelvis": np.zeros(3), "neck": chest @ [0, -0.30, 0]}
    skull = at["neck"] + head @ [0, -0.10, 0]
    at["nose"] = skull + head @ [0, 0, -0.055]
    for side, sign in (("l", 1), ("r", -1)):
        mirror = np.array([sign, 1, 1])
        at[f"{side}_eye"] = skull + head @ (mirror * [0.02, -0.02, -0.045])
        at[f"{side}_ear"] = skull + head @ (mirror * [0.042, -0.01, 0])
        for root, middle, tip, frame, offset, way, lengths, degrees in (
            ("shoulder", "elbow", "wrist", chest, (0.105, -0.285, 0), ARM, (0.17, 0.15), 35),
            ("hip", "knee", "ankle", hips, (0.06, 0.01, 0), LEG, (0.245, 0.24), 18),
        ):
            upper = frame @ bend(degrees)
            lower = upper @ bend(degrees)
            at[f"{side}_{root}"] = frame @ (mirror * offset)
            at[f"{side}_{middle}"] = at[f"{side}_{root}"] + upper @ (mirror * way) * lengths[0]
            at[f"{side}_{tip}"] = at[f"{side}_{middle}"] + lower @ (mirror * way) * lengths[1]
    joints = height * np.stack([at[name] for name in JOINTS])
    middle_xy = (joints[:, :2].max(0) + joints[:, :2].min(0)) / 2
    joints[:, :2] += size / 2 + random.uniform(-8, 8, 2) - middle_xy
    return joints


def poses(count: int, seed: int, size: int = 256, share: float = 200 / 256) -> Tensor:
    """Draw `count` poses of people as tall as `share` of the image: (count, 19, 3) px float32."""
    random = np.random.default_rng(seed)
    drawn = np.stack([pose(random, 256, 256 * share) for _ in range(count)])
    return torch.from_numpy(drawn * (size / 256)).float()
