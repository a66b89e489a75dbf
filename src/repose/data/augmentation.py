"""Random moves and colours, the same for the two images of a pair, applied on the device.

A move is a similarity of the image (and of depth, by the same scale), perhaps with a flip. It
carries images, joints and fitted transforms alike, so nothing is fitted again. Every draw is a
pure function of (seed, step).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from repose.geometry.affine import compose
from repose.skeleton import FLIP, FLIP_PARTS

STREAM = 0xA06  # keeps these draws apart from others of the same (seed, step)

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
YIQ_FROM_RGB = np.array([LUMA, [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]])


@dataclass(frozen=True)
class Ranges:
    """How far a draw may go; every range is symmetric around "unchanged".

    Args:
        rotation_rad: Turn of the image about its centre.
        shift_share: Shift in x and in y, as a share of the image's side.
        scale: Relative change of size; depth changes with it.
        flip: Probability of mirroring left and right.
        depth_share: Shift of the target's z, as a share of the image's side.
        brightness: Added to values in [0, 1].
        contrast: Relative change of the distance from mid-grey.
        hue_rad: Turn about the grey axis.
        saturation: Relative change of the distance from the grey axis.
    """

    rotation_rad: float
    shift_share: float
    scale: float
    flip: float
    depth_share: float
    brightness: float
    contrast: float
    hue_rad: float
    saturation: float


class Draws(NamedTuple):
    """What happens to each pair of a batch.

    Attributes:
        source_moves: (B, 4, 4) `augmented_from_original` in px for the source, (x, y, z).
        target_moves: (B, 4, 4) the same with the target's own shift of z.
        flipped: (B,) bool, whether the move holds a mirror.
        colours: (B, 3, 4) matrix from (r, g, b, 1) in [0, 1] to the new (r, g, b).
    """

    source_moves: Tensor
    target_moves: Tensor
    flipped: Tensor
    colours: Tensor

    def to(self, device: torch.device) -> "Draws":
        """Return the same draws on a device."""
        return Draws(*(value.to(device, non_blocking=True) for value in self))


def draw(ranges: Ranges, batch: int, size: int, seed: int, step: int) -> Draws:
    """Draw the moves and colours of one step.

    Args:
        ranges: How far a draw may go.
        batch: Number of pairs.
        size: Side of the square images, px.
        seed: The run's seed.
        step: The step; the same (seed, step) gives the same draws.
    """
    random = np.random.default_rng([STREAM, seed, step])
    turn = random.uniform(-ranges.rotation_rad, ranges.rotation_rad, batch)
    shift = random.uniform(-1, 1, (batch, 3)) * size
    shift *= [ranges.shift_share, ranges.shift_share, ranges.depth_share]
    scale = 1 + random.uniform(-ranges.scale, ranges.scale, batch)
    flipped = random.random(batch) < ranges.flip
    colours = _colours(ranges, random, batch)
    # Only the target moves in depth.
    moves = [_moves(turn, own, scale, flipped, size) for own in (shift * [1, 1, 0], shift)]
    values = [torch.from_numpy(value).float() for value in (*moves, colours)]
    return Draws(values[0], values[1], torch.from_numpy(flipped), values[2])


def _moves(
    turn: np.ndarray, shift: np.ndarray, scale: np.ndarray, flipped: np.ndarray, size: int
) -> np.ndarray:
    """Shift by (x, y, z), then turn and scale about the image's centre, then mirror: (B, 4, 4)."""
    moves = np.zeros((len(turn), 4, 4))
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    mirror = np.where(flipped, -1.0, 1.0)
    moves[:, 0, 0], moves[:, 0, 1] = mirror * cos, -mirror * sin
    moves[:, 1, 0], moves[:, 1, 1] = sin, cos
    moves[:, 2, 2], moves[:, 3, 3] = scale, 1
    centre = np.array([size / 2, size / 2, 0])
    moves[:, :3, 3] = centre + np.einsum("bij,bj->bi", moves[:, :3, :3], shift - centre)
    return moves


def _colours(ranges: Ranges, random: np.random.Generator, batch: int) -> np.ndarray:
    """Draw brightness, contrast, hue and saturation, each pair in its own order.

    All four are affine in (r, g, b), so any order of them is one matrix. (Knoche et al. 2020 turn
    hue in HSV instead; about the grey axis there is no kink where two channels change places.)
    """
    steps = np.tile(np.eye(4), (4, batch, 1, 1))
    steps[0, :, :3, 3] = random.uniform(-ranges.brightness, ranges.brightness, (batch, 1))
    contrast = 1 + random.uniform(-ranges.contrast, ranges.contrast, (batch, 1, 1))
    steps[1, :, :3, :3] *= contrast
    steps[1, :, :3, 3] = 0.5 * (1 - contrast[:, 0])
    angle = random.uniform(-ranges.hue_rad, ranges.hue_rad, batch)
    turned = np.tile(np.eye(3), (batch, 1, 1))
    turned[:, 1, 1] = turned[:, 2, 2] = np.cos(angle)
    turned[:, 1, 2], turned[:, 2, 1] = -np.sin(angle), np.sin(angle)
    steps[2, :, :3, :3] = np.linalg.inv(YIQ_FROM_RGB) @ turned @ YIQ_FROM_RGB
    saturation = 1 + random.uniform(-ranges.saturation, ranges.saturation, (batch, 1, 1))
    steps[3, :, :3, :3] = saturation * np.eye(3) + (1 - saturation) * LUMA
    orders = random.permuted(np.tile(np.arange(4), (batch, 1)), axis=1)
    colours = np.tile(np.eye(4), (batch, 1, 1))
    for place in range(4):
        colours = steps[orders[:, place], np.arange(batch)] @ colours
    return colours[:, :3]


def move_images(images: Tensor, moves: Tensor) -> Tensor:
    """Carry square images by their moves; what comes from outside repeats the border.

    Args:
        images: (B, C, S, S) float.
        moves: (B, 4, 4) `augmented_from_original` px; depth is ignored.

    Returns:
        (B, C, S, S).
    """
    size = images.shape[-1]
    pixel_from_unit = moves.new_tensor(
        [[size / 2, 0, size / 2], [0, size / 2, size / 2], [0, 0, 1]]
    )
    original_from_augmented = torch.linalg.inv(_planar(moves))
    unit = torch.linalg.inv(pixel_from_unit) @ original_from_augmented @ pixel_from_unit
    grid = F.affine_grid(unit[:, :2], list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def move_joints(joints: Tensor, moves: Tensor, flipped: Tensor) -> Tensor:
    """Carry joints by their moves; in a flipped image left and right change their names.

    Args:
        joints: (B, 19, 3) px, z = 0 at the pelvis.
        moves: (B, 4, 4) `augmented_from_original` px.
        flipped: (B,) bool.

    Returns:
        (B, 19, 3) px.
    """
    moved = joints @ moves[:, :3, :3].mT + moves[:, None, :3, 3]
    return torch.where(flipped[:, None, None], moved[:, list(FLIP)], moved)


def move_transforms(source_from_target: Tensor, draws: Draws) -> Tensor:
    """Carry fitted transforms of parts: T becomes A_source T A_target^-1, parts change sides.

    Args:
        source_from_target: (B, P, 4, 4) in px, or (B, P, 3, 3) in the image plane.
        draws: The moves of source and target.

    Returns:
        The transforms between the moved images, same shape.
    """
    planar = source_from_target.shape[-1] == 3
    source, target = (
        (_planar(moves) if planar else moves)[:, None]
        for moves in (draws.source_moves, draws.target_moves)
    )
    moved = compose(source, source_from_target, target)
    return torch.where(draws.flipped[:, None, None, None], moved[:, list(FLIP_PARTS)], moved)


def colour_images(images: Tensor, colours: Tensor) -> Tensor:
    """Change the colours of (B, 3, H, W) images in [0, 1] by (B, 3, 4) matrices, and clip."""
    changed = torch.baddbmm(colours[:, :, 3:], colours[:, :, :3], images.flatten(2))
    return changed.clamp(0, 1).view_as(images)


def _planar(moves: Tensor) -> Tensor:
    """Drop depth: (B, 4, 4) to (B, 3, 3) on points (x, y)."""
    kept = torch.tensor([0, 1, 3], device=moves.device)
    return moves[:, kept[:, None], kept]
