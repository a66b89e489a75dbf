"""What the variational U-Net is given of a pair, one sample and one line or crop after the other.

Written from the descriptions alone: stickmen, three-layer poses, and part crops whose homographies
are solved for as linear systems.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from repose.skeleton import JOINT

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

LIMBS = [
    *(("l_shoulder", "l_elbow"), ("l_elbow", "l_wrist")),
    *(("r_shoulder", "r_elbow"), ("r_elbow", "r_wrist")),
    *(("l_hip", "l_knee"), ("l_knee", "l_ankle")),
    *(("r_hip", "r_knee"), ("r_knee", "r_ankle")),
]
PARENT = [8, 0, 8, 2, 8, 4, 8, 6]  # the body that a limb's first joint belongs to; 8 is the torso
TRUNK = ["l_hip", "l_shoulder", "r_shoulder", "r_hip"]
CORNERS = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]


def named(pose: Array) -> dict[str, Array]:
    """Return the joints of one pose by name."""
    return {name: pose[index].astype(np.float64) for name, index in JOINT.items()}


def pixels(size: int) -> Array:
    """Return the centres of all pixels, (S, S, 2) px."""
    row, column = np.mgrid[:size, :size] + 0.5
    return np.stack([column, row], axis=-1)


def nearest(start: Array, end: Array, size: int) -> tuple[Array, Array]:
    """Return each pixel's distance from a segment, and where on it the nearest point lies."""
    reach = end - start
    length2 = reach @ reach
    share = np.zeros((size, size))
    if length2 > 0:
        share = np.clip((pixels(size) - start) @ reach / length2, 0, 1)
    gap = pixels(size) - (start + share[..., None] * reach)
    return np.hypot(gap[..., 0], gap[..., 1]), share


def line(start: Array, end: Array, width: float, size: int) -> Mask:
    """Mark the pixels of a line, (S, S); a line with NaN is not drawn."""
    if np.isnan([*start, *end, width]).any():
        return np.zeros((size, size), bool)
    return nearest(start, end, size)[0] <= width / 2


def fill(corners: Array, size: int) -> Mask:
    """Mark the pixels from which a ray to the right leaves a polygon, (S, S); none for NaN."""
    found = np.zeros((size, size), bool)
    if np.isnan(corners).any():
        return found
    x, y = pixels(size).transpose(2, 0, 1)
    for (x0, y0), (x1, y1) in pairwise([*corners, corners[0]]):
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            found ^= crosses & (x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x)
    return found


def stickman(pose: Array, size: int) -> Array:
    """Draw one pose, (19, 3) px: (3, S, S) in 0..255."""
    at = {name: point[:2] for name, point in named(pose).items()}
    width = max(int(3 * size / 128), 1)
    image = np.zeros((3, size, size))
    image[2][fill(np.array([at[name] for name in TRUNK]), size)] = 255
    neck = (at["l_shoulder"] + at["r_shoulder"]) / 2
    for channel, side in enumerate("rl"):
        for one, other in pairwise(("ankle", "knee", "hip", "shoulder", "elbow", "wrist")):
            image[channel][line(at[f"{side}_{one}"], at[f"{side}_{other}"], width, size)] = 255
        image[channel][line(neck, at["nose"], width, size)] = 127
        image[channel][line(at["nose"], at[f"{side}_eye"], width, size)] = 255
    return image


def bodies(pose: Array, size: int, width: float) -> tuple[Mask, Array, Mask]:
    """Return regions and depths of limbs and torso, (9, S, S), and the limbs' roots (8, S, S)."""
    at = named(pose)
    diagonals = [("l_shoulder", "r_hip"), ("r_shoulder", "l_hip")]
    length = max(np.linalg.norm(at[a] - at[b]) for a, b in diagonals)
    width_px = width * (0.3 * size if np.isnan(length) else length)
    shoulders, hips = ((at["l_" + n] + at["r_" + n]) / 2 for n in ("shoulder", "hip"))
    regions = np.zeros((9, size, size), bool)
    depths, roots = np.zeros((9, size, size)), np.zeros((8, size, size), bool)
    trunk = np.array([at[name][:2] for name in TRUNK])
    regions[8] = fill(trunk, size)
    for side in "lr":
        regions[8] |= line(at[f"{side}_shoulder"][:2], at[f"{side}_hip"][:2], width_px, size)
    regions[8] &= not np.isnan(trunk).any()
    for body, (start, end) in enumerate([*((at[a], at[b]) for a, b in LIMBS), (shoulders, hips)]):
        if np.isnan([*start, *end]).any():
            continue
        distance, share = nearest(start[:2], end[:2], size)
        depths[body] = start[2] + share * (end[2] - start[2])
        if body < 8:
            regions[body] = distance <= width_px / 2
            roots[body] = share * np.linalg.norm((end - start)[:2]) <= width_px
    return regions, depths, roots


def depth_labels(pose: Array, size: int, thickness: float, width: float) -> NDArray[np.int64]:
    """Label the limbs of one pose, (8,): 1 in front, -1 behind, 0 level."""
    regions, depths, roots = bodies(pose, size, width)
    shoulders = np.linalg.norm(pose[JOINT["l_shoulder"]] - pose[JOINT["r_shoulder"]])
    labels = np.zeros(8, np.int64)
    for limb in range(8):
        found: list[float] = []
        for other in range(9):
            shared = regions[limb] & regions[other] & (other != limb)
            if PARENT[limb] == other:
                shared &= ~roots[limb]
            if other < 8 and PARENT[other] == limb:
                shared &= ~roots[other]
            found.extend((depths[limb] - depths[other])[shared])
        if found and abs(np.mean(found)) > thickness * shoulders:
            labels[limb] = -np.sign(np.mean(found))
    return labels


def paint_layers(pose: Array, labels: NDArray[np.int64], size: int, width: float) -> Array:
    """Paint one pose, (3, S, S) in [0, 1], red, green, blue."""
    regions, _, _ = bodies(pose, size, width)
    image = np.zeros((size, size, 3))
    for limb in np.flatnonzero(labels == -1):
        image[regions[limb]] = (0, 0, 1)
    image[regions[8]] = (0, 0.5, 0)
    for limb in np.flatnonzero(labels == 0):
        image[regions[limb]] = (0, 1, 0)
    for limb in np.flatnonzero(labels == 1):
        image[regions[limb]] = (1, 0, 0)
    at = {name: point[:2] for name, point in named(pose).items()}
    thin = max(int(3 * size / 128), 1)
    neck = (at["l_shoulder"] + at["r_shoulder"]) / 2
    image[line(neck, at["nose"], thin, size)] = 127 / 255
    for eye in ("r_eye", "l_eye"):
        image[line(at["nose"], at[eye], thin, size)] = 1
    return image.transpose(2, 0, 1)


def homography(corners: Array) -> Array:
    """Solve for the 3x3 matrix that takes the unit square's corners to four points."""
    rows, values = [], []
    for (u, v), (x, y) in zip(CORNERS, corners, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -x * u, -x * v], [0, 0, 0, u, v, 1, -y * u, -y * v]]
        values += [x, y]
    return np.append(np.linalg.solve(rows, values), 1).reshape(3, 3)


def convex(corners: Array) -> bool:
    """Tell whether a quadrilateral turns the same way at each corner."""
    edges = np.roll(corners, -1, axis=0) - corners
    after = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * after[:, 1] - edges[:, 1] * after[:, 0]
    return bool((turns > 0).all() or (turns < 0).all())


def read(image: Array, points: Array) -> Array:
    """Read (C, S, S) at (..., 2) px, bilinearly, the border's colour beyond the border."""
    last = image.shape[-1] - 1
    points = np.clip(points - 0.5, 0, last)
    corner = np.minimum(points.astype(int), last - 1)
    (column, row), (right, down) = np.moveaxis(corner, -1, 0), np.moveaxis(points - corner, -1, 0)
    above = image[:, row, column] * (1 - right) + image[:, row, column + 1] * right
    below = image[:, row + 1, column] * (1 - right) + image[:, row + 1, column + 1] * right
    return above * (1 - down) + below * down


def crop(image: Array, corners: Array, side: int) -> Array:
    """Stretch a quadrilateral of an image to a square, (C, side, side); zeros for NaN."""
    if np.isnan(corners).any():
        return np.zeros((len(image), side, side))
    u, v = (pixels(side) / side).transpose(2, 0, 1)[..., None]
    if convex(corners):
        places = np.concatenate([u, v, np.ones_like(u)], -1) @ homography(corners).T
        return read(image, places[..., :2] / places[..., 2:])
    upper, lower = ((1 - u) * corners[a] + u * corners[b] for a, b in ((0, 1), (3, 2)))
    return read(image, (1 - v) * upper + v * lower)


def crop_corners(pose: Array, size: int) -> Array:
    """Find the corners of the eight crops of one pose, (8, 4, 2) px."""
    at = {name: point[:2] for name, point in named(pose).items()}
    left, right, nose = at["l_shoulder"], at["r_shoulder"], at["nose"]
    quads = [[left, right, at["r_hip"], at["l_hip"]]]
    neck = (left + right) / 2
    if np.isnan(nose).any():
        up = np.array([-(right - left)[1], (right - left)[0]])
        up = -up if up[1] > 0 else up
        quads.append([left + up, right + up, right, left])
    else:
        top = neck + 2 * (nose - neck)
        across = 0.5 * np.array([-(neck - top)[1], (neck - top)[0]])
        quads.append([top - across, top + across, neck + across, neck - across])
    for one, other in [*LIMBS[:4], LIMBS[4], LIMBS[6]]:
        start, end = at[one], at[other]
        if "hip" in one and np.isnan(end).any():
            end = np.array([start[0], size - 0.5])
        across = 0.25 * np.array([-(end - start)[1], (end - start)[0]])
        quads.append([start + across, end + across, end - across, start - across])
    return np.array(quads)


def sample(
    image: Array, source: Array, target: Array, block: Mapping[str, Any], size: int
) -> tuple[Array, Array]:
    """Make the crops (8, 3, s, s) and the pose map (3, S, S) in [-1, 1] of one pair.

    Args:
        image: (S, S, 3) in [-1, 1].
        source: (19, 3) px.
        target: (19, 3) px.
        block: of the config; its shortcuts are left out.
        size: S.
    """
    channels, side = image.transpose(2, 0, 1), size >> block["box_factor"]
    crops = np.array([crop(channels, quad, side) for quad in crop_corners(source, size)])
    if block["pose_map"] == "stickman":
        return crops, stickman(target, size) / 127.5 - 1
    labels = depth_labels(target, size, block["thickness"], block["limb_width"])
    return crops, 2 * paint_layers(target, labels, size, block["limb_width"]) - 1
