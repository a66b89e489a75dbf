"""The three-layer pose: a 2D pose whose limbs say whether they are in front (Yuan 2019, ch. 3.2).

The torso is the zero plane. Each of eight limbs has a label: +1 (red) in front of what it
overlaps, 0 (green) in one plane with it, -1 (blue) behind it. The thesis gives no formula for the
labels from 3D joints; the rule here is ours, and so are the widths and how the head is drawn.
"""

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from repose.geometry.strokes import polygons, segment_nearness, strokes
from repose.parts.masks import torso_length
from repose.parts.stickman import GREY, TRUNK, face_lines, line_width_px
from repose.skeleton import JOINT, PARTS

LIMBS = PARTS[2:]
_BONES = {
    "upper_arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
    "thigh": ("hip", "knee"),
    "shin": ("knee", "ankle"),
}
_JOINED = {"upper_arm": "torso", "forearm": "upper_arm", "thigh": "torso", "shin": "thigh"}
TORSO = len(LIMBS)  # the torso's place, behind the limbs
# Colours in [-1, 1] (red, green, blue), from back to front. The torso's green is darker, so that
# limbs in its plane are seen on it.
_PALETTE = (
    (-1.0, -1.0, -1.0),  # nothing
    (-1.0, -1.0, 1.0),  # limbs behind
    (-1.0, 0.0, -1.0),  # torso
    (-1.0, 1.0, -1.0),  # limbs in its plane
    (1.0, -1.0, -1.0),  # limbs in front
    (2 * GREY - 1,) * 3,  # neck to nose
    (1.0, 1.0, 1.0),  # nose to eyes
)
UNKNOWN_LENGTH = 0.3  # of the image's side, for a torso whose length cannot be measured


class Bodies(NamedTuple):
    """Limbs and torso as the camera sees them.

    Attributes:
        regions: (B, 9, S, S) bool, the limbs in the order of `LIMBS`, then the torso.
        depths_px: (B, 9, S, S) depth of each body's axis beside each pixel.
        roots: (B, 8, S, S) bool, pixels beside the first piece of a limb's bone, as long as the
            limb is wide: there it is joined to another body.
        shoulders_px: (B,) distance of the shoulders in space.
    """

    regions: Tensor
    depths_px: Tensor
    roots: Tensor
    shoulders_px: Tensor


class Overlaps(NamedTuple):
    """What limbs overlap in the image, all of their overlaps taken together.

    Attributes:
        area_px: (B, 8) pixels, counted for each other body that shares them.
        depth_px: (B, 8) mean depth of the limb less that of the other body, px; negative in
            front. 0 where nothing overlaps.
    """

    area_px: Tensor
    depth_px: Tensor


def see_bodies(joints: Tensor, size: int, width: float) -> Bodies:
    """Find limbs and torso in the image.

    Limbs are strips round at the ends. The torso is the quadrilateral of shoulders and hips with
    such a strip along each flank, so that it does not vanish when seen from the side; its axis
    leads from the middle of the shoulders to the middle of the hips. A body that lacks a joint is
    empty.

    Args:
        joints: (B, 19, 3) px.
        size: Side S of the square image, px.
        width: Of the strips, in torso lengths (the longer diagonal from shoulder to hip; 0.3 of
            the image's side where that cannot be measured).
    """
    joints = joints.float()
    start, end = _axes(joints)  # limbs, torso, flanks
    length = torso_length(joints)
    width_px = width * torch.where(torch.isnan(length), UNKNOWN_LENGTH * size, length)
    width_px = width_px[:, None, None, None]
    squared, share = segment_nearness(start[..., :2], end[..., :2], size)
    strips = squared <= (width_px / 2) ** 2
    corners = joints[:, None, [JOINT[name] for name in TRUNK], :2]
    flanks = strips[:, TORSO + 1 :].any(1, keepdim=True)
    known = torch.isfinite(corners).all(-1).all(-1)[..., None, None]
    torso = (polygons(corners, size) | flanks) & known
    z0, z1 = (torch.nan_to_num(point[..., 2])[..., None, None] for point in (start, end))
    reach = (end - start)[:, :TORSO, :2].norm(dim=-1)[..., None, None]
    left, right = (joints[:, JOINT[f"{side}_shoulder"]] for side in "lr")
    return Bodies(
        regions=torch.cat((strips[:, :TORSO], torso), 1),
        depths_px=torch.lerp(z0, z1, share)[:, : TORSO + 1],
        roots=share[:, :TORSO] * reach <= width_px,
        shoulders_px=(left - right).norm(dim=-1),
    )


def measure_overlaps(bodies: Bodies) -> Overlaps:
    """Compare each limb's depth with that of the torso and of the other limbs it overlaps.

    Two bodies that share a joint overlap there whatever the pose: between those, the limb's
    `roots` do not count.
    """
    seen = bodies.regions.flatten(2).float()
    depths = bodies.depths_px.flatten(2)
    area = seen @ seen.mT  # (B, 9, 9): row overlaps column
    depth = (seen * depths) @ seen.mT
    depth = depth - depth.mT  # of the row less that of the column, summed
    limb, other = (index.to(seen.device) for index in _joints_between())
    near = seen[:, limb] * seen[:, other] * bodies.roots.flatten(2)
    lost_area, lost = near.sum(-1), (near * (depths[:, limb] - depths[:, other])).sum(-1)
    for one, two, sign in ((limb, other, 1), (other, limb, -1)):
        area[:, one, two] -= lost_area
        depth[:, one, two] -= sign * lost
    area.diagonal(dim1=1, dim2=2).zero_()
    shared = area[:, :TORSO].sum(-1)
    return Overlaps(shared, depth[:, :TORSO].sum(-1) / shared.clamp(min=1))


def depth_labels(bodies: Bodies, thickness: float) -> Tensor:
    """Label each limb: 1 in front of what it overlaps, -1 behind, 0 in one plane with it.

    In front or behind by more than a body's thickness; what overlaps nothing is 0, and so is
    everything where a shoulder is missing.

    Args:
        bodies: From `see_bodies`.
        thickness: Of a body, in widths of the shoulders.

    Returns:
        (B, 8) int64, in the order of `LIMBS`.
    """
    depth = measure_overlaps(bodies).depth_px
    limit = thickness * bodies.shoulders_px[:, None]
    return (depth < -limit).long() - (depth > limit).long()  # NaN is neither


def swap_labels(bodies: Bodies, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Flip the label that matters most: of the labelled limb that overlaps most of the others.

    Where all labels are 0, the limb that overlaps most goes behind.

    Args:
        bodies: From `see_bodies`.
        labels: (B, 8) as `depth_labels` gives them.

    Returns:
        The labels with one of each sample changed (B, 8), and which it is (B,).
    """
    area = measure_overlaps(bodies).area_px
    labelled = labels != 0
    limb = torch.where(labelled | ~labelled.any(1, keepdim=True), area, -1.0).argmax(1)
    chosen = torch.arange(len(LIMBS), device=labels.device) == limb[:, None]
    flipped = torch.where(labelled, -labels, -torch.ones_like(labels))
    return torch.where(chosen, flipped, labels), limb


def paint_layers(joints: Tensor, bodies: Bodies, labels: Tensor, *, sides: bool) -> Tensor:
    """Paint the pose from back to front: limbs behind, torso, limbs in its plane, limbs in front.

    Limbs behind are blue, in the plane green, in front red; the torso is a darker green. Over them
    the head's lines: neck to nose grey, nose to each eye white.

    Args:
        joints: (B, 19, 3) px, of which the head is painted.
        bodies: From `see_bodies`.
        labels: (B, 8) as `depth_labels` gives them.
        sides: Paint left limbs and right limbs on pictures of their own, each with the torso and
            the eye of its side: three colours alone do not tell left from right.

    Returns:
        (B, 3, S, S) in [-1, 1], or (B, 6, S, S), left before right.
    """
    limbs, torso = bodies.regions[:, :TORSO], bodies.regions[:, TORSO:]
    lines = face_lines(joints.float())
    size = torso.shape[-1]
    face = strokes(lines[:, :, 0], lines[:, :, 1], line_width_px(size), size)  # neck, right, left
    if not sides:
        return _paint(limbs, labels, torso, face)
    pictures = []
    for side, eye in (("l_", 2), ("r_", 1)):
        own = [index for index, name in enumerate(LIMBS) if name.startswith(side)]
        pictures.append(_paint(limbs[:, own], labels[:, own], torso, face[:, [0, eye]]))
    return torch.cat(pictures, 1)


def _paint(limbs: Tensor, labels: Tensor, torso: Tensor, face: Tensor) -> Tensor:
    """Paint the layers one over the other; the first line of the face is grey, others white."""
    behind, level, front = (
        (limbs & (labels == label)[..., None, None]).any(1, keepdim=True) for label in (-1, 0, 1)
    )
    coloured = (behind, torso, level, front, face[:, :1], face[:, 1:].any(1, keepdim=True))
    seen = torch.zeros_like(torso, dtype=torch.uint8)  # which colour
    for colour, region in enumerate(coloured, 1):
        seen.masked_fill_(region, colour)
    palette = torch.tensor(_PALETTE, device=limbs.device)
    return palette[seen[:, 0].long()].permute(0, 3, 1, 2).contiguous()


def _axes(joints: Tensor) -> tuple[Tensor, Tensor]:
    """Return root and tip of the limbs' bones, the torso's axis and its flanks: (B, 11, 3) px."""
    rows = [(limb[:2], *_BONES[limb[2:]]) for limb in LIMBS]
    rows += [("l_", "shoulder", "hip"), ("r_", "shoulder", "hip")]
    start = joints[:, [JOINT[side + root] for side, root, _ in rows]]
    end = joints[:, [JOINT[side + tip] for side, _, tip in rows]]
    return tuple(  # type: ignore[return-value]
        torch.cat((ends[:, :TORSO], ends[:, TORSO:].mean(1, keepdim=True), ends[:, TORSO:]), 1)
        for ends in (start, end)
    )


@cache
def _joints_between() -> tuple[Tensor, Tensor]:
    """Return each limb and the body that its root is joined to, (8,) each."""
    others = []
    for limb in LIMBS:
        name = _JOINED[limb[2:]]
        others.append(TORSO if name == "torso" else LIMBS.index(limb[:2] + name))
    return torch.arange(len(LIMBS)), torch.tensor(others)
