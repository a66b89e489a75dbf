"""Poses and limbs of posewarp drawn plainly: sample by sample, joint by joint, in numpy.

Written from the formulas alone, without `repose.geometry` and `repose.parts`, to compare with:
in the tests its values, in the benchmarks its time. A loader of the original's kind draws the
same way, on the CPU.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from repose.models.limb_layers import Drawn
from repose.skeleton import JOINT

Array = NDArray[np.float64]

FULL = (
    *("head", "neck", "r_shoulder", "r_elbow", "r_wrist", "l_shoulder", "l_elbow", "l_wrist"),
    *("r_hip", "r_knee", "r_ankle", "l_hip", "l_knee", "l_ankle"),
)
UPPER = ("head", "r_wrist", "l_wrist", "r_elbow", "l_elbow", "r_shoulder", "l_shoulder")
FULL_LIMBS = (
    *((0, 1), (2, 3), (3, 4), (5, 6), (6, 7)),
    *((8, 9), (9, 10), (11, 12), (12, 13), (2, 5, 8, 11)),
)
UPPER_LIMBS = ((1, 3), (3, 5), (2, 4), (4, 6), (0, 5, 6))


def table(joints: int) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Return the joints and limbs of the skeleton of 14 or of 7 joints."""
    return (FULL, FULL_LIMBS) if joints == 14 else (UPPER, UPPER_LIMBS)


def points(pose: Array, joints: int) -> Array:
    """Pick the joints (J, 2) px of one pose (19, 3); the head's top lies beyond the ears."""
    picked = []
    for name in table(joints)[0]:
        if name != "head":
            picked.append(pose[JOINT[name], :2])
            continue
        ears = [pose[JOINT[ear], :2] for ear in ("l_ear", "r_ear")]
        ears = [ear for ear in ears if not np.isnan(ear).any()]
        centre = np.mean(ears, 0) if ears else np.full(2, np.nan)
        picked.append(1.3 * centre - 0.3 * pose[JOINT["neck"], :2])
    return np.array(picked)


def heat_map(point: Array, size: int, side: int, sigma: float) -> Array:
    """Draw one joint on (side, side) pixels of an image of `size` px; empty if not in it."""
    if np.isnan(point).any() or (point < 0).any() or (point >= size).any():
        return np.zeros((side, side))
    centres = (np.arange(side) + 0.5) * size / side
    x, y = np.meshgrid(centres, centres)
    return np.exp(-((x - point[0]) ** 2 + (y - point[1]) ** 2) / (2 * sigma**2))


def ends(own: Array) -> list[Array]:
    """Return both ends of a limb of two joints, of head and shoulders, or of the trunk."""
    middles = []
    split = len(own) // 2
    for end in (own[:split], own[split:]):
        known = [point for point in end if not np.isnan(point).any()]
        middles.append(np.mean(known, 0) if known else np.full(2, np.nan))
    return middles


def limb_map(start: Array, end: Array, across: float, size: int) -> Array:
    """Draw one limb's prior (size, size); the numbers of the formula hold at 256 px."""
    if np.isnan(start).any() or np.isnan(end).any():
        return np.zeros((size, size))
    unit = size / 256
    along = max(5 * unit**2, ((end - start) ** 2).sum() / 1.5)
    angle = np.arctan2(end[1] - start[1], end[0] - start[0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    precision = turn @ np.diag([1 / along, 1 / (across * unit) ** 2]) @ turn.T
    x, y = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    off = np.stack([x, y], -1) - (start + end) / 2
    drawn = np.exp(-0.5 * np.einsum("hwi,ij,hwj->hw", off, precision, off))
    return drawn / (drawn.max() + 1e-6)


def log_prior(own: Array, joints: int, size: int) -> Array:
    """Draw the priors (L + 1, size, size) of one pose's points (J, 2)."""
    maps = [
        limb_map(*ends(own[list(limb)]), 13 if len(limb) == 4 else 11, size)
        for limb in table(joints)[1]
    ]
    return np.log(np.stack([1 - np.max(maps, 0), *maps]) + 1e-10)


def similarity(source: Array, target: Array) -> Array:
    """Fit the similarity (2, 3) from target (N, 2) to source (N, 2) by linear least squares."""
    known = ~(np.isnan(source).any(1) | np.isnan(target).any(1))
    source, target = source[known], target[known]
    if not len(source):
        return np.eye(2, 3)
    if min(np.ptp(source, 0).max(), np.ptp(target, 0).max()) < 1e-3:
        return np.c_[np.eye(2), source.mean(0) - target.mean(0)]
    rows, values = [], []
    for (tx, ty), (sx, sy) in zip(target, source, strict=True):
        rows += [[tx, -ty, 1, 0], [ty, tx, 0, 1]]
        values += [sx, sy]
    a, b, x, y = np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0]
    return np.array([[a, -b, x], [b, a, y]])


def warp(layer: Array, move: Array) -> Array:
    """Move a layer (S, S, C) by `source_from_target` (2, 3), bilinear, its border going on."""
    size = len(layer)
    x, y = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    place = np.stack([x, y, np.ones_like(x)], -1) @ move.T - 0.5
    place = place.clip(0, size - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, size - 1)
    (fx, fy) = ((place - low)[..., axis, None] for axis in (0, 1))
    top = (1 - fx) * layer[low[..., 1], low[..., 0]] + fx * layer[low[..., 1], high[..., 0]]
    bottom = (1 - fx) * layer[high[..., 1], low[..., 0]] + fx * layer[high[..., 1], high[..., 0]]
    return (1 - fy) * top + fy * bottom


def draw(source: Array, target: Array, joints: int, size: int, sigma: float) -> Drawn:
    """Draw pairs of poses (B, 19, 3), one after the other."""
    drawn = []
    for one, other in zip(source, target, strict=True):
        ours, theirs = points(one, joints), points(other, joints)
        moves, placed = [], []
        for limb in table(joints)[1]:
            a, b = ours[list(limb)], theirs[list(limb)]
            placed.append(float((~np.isnan(a + b).any(1)).any()))
            moves.append(sampling(similarity(a, b), size))
        maps = [[heat_map(p, size, size // 2, sigma) for p in pose] for pose in (ours, theirs)]
        drawn.append((*maps, log_prior(ours, joints, size), moves, placed))
    columns = zip(*drawn, strict=True)
    return Drawn(*(torch.from_numpy(np.array(c, dtype=np.float32)) for c in columns))


def sampling(move: Array, size: int) -> Array:
    """Carry a move (2, 3) from px to a unit that is -1 and 1 at the image's edges."""
    to_px = np.array([[size / 2, 0, size / 2], [0, size / 2, size / 2], [0, 0, 1]])
    moved: Array = (np.linalg.inv(to_px) @ np.vstack([move, [0, 0, 1]]) @ to_px)[:2]
    return moved


def warp_layers(source: Tensor, masks: Tensor, drawn: Drawn) -> Tensor:
    """Cut out and move the limbs (B, L, 4, S, S), sample by sample and limb by limb."""
    moved = []
    for image, cut, moves, placed in zip(source, masks, drawn.sampling, drawn.placed, strict=True):
        for mask, move, there in zip(cut, moves, placed, strict=True):
            layer = torch.cat([mask * image, mask[None]]) * there
            grid = functional.affine_grid(move[None], [1, 4, *mask.shape], align_corners=False)
            moved.append(
                functional.grid_sample(
                    layer[None], grid, padding_mode="border", align_corners=False
                )
            )
    return torch.cat(moved).unflatten(0, masks.shape[:2])


def forward(
    generator: nn.Module, source: Tensor, source_joints: Tensor, target_joints: Tensor
) -> Tensor:
    """Generate the images (B, 3, S, S) as the generator of `repose.models.posewarp` does."""
    poses = (joints.cpu().double().numpy() for joints in (source_joints, target_joints))
    drawer = generator.drawer
    drawn = draw(*poses, len(drawer.skeleton.joints), source.shape[-1], drawer.sigma_px)
    drawn = Drawn(*(value.to(source.device) for value in drawn))
    masks = generator.segmentation(source, drawn)
    layers = warp_layers(source, masks[:, 1:], drawn)
    foreground, alpha = generator.foreground(layers, drawn)
    background = generator.background(source, masks[:, :1], drawn)
    image: Tensor = alpha * foreground + (1 - alpha) * background
    return image


def sample(image: Array, source: Array, target: Array, block: dict, size: int) -> None:
    """Make all that a loader of the plain kind makes for one pair, its limbs cut out and moved.

    Args:
        image: (S, S, 3) the source.
        source: (19, 3) px.
        target: (19, 3) px.
        block: The model's block of the config.
        size: Side S of the image, px.
    """
    joints = 14 if block["skeleton"] == "mpii14" else 7
    drawn = draw(source[None], target[None], joints, size, block["sigma_px"])
    masks = torch.softmax(drawn.log_prior, dim=1)[0, 1:].numpy()
    ours, theirs = points(source, joints), points(target, joints)
    for limb, mask in zip(table(joints)[1], masks, strict=True):
        layer = np.concatenate([image * mask[..., None], mask[..., None]], axis=2)
        warp(layer, similarity(ours[list(limb)], theirs[list(limb)]))
