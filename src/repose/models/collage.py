"""Shortcuts for small images and short trainings: the source's parts, laid where the target is.

Not in the papers, whose networks learn within days to carry colours through their latents. Here
pixels of the source take a second way: each part is moved by an affine map of the image, what the
person hid is filled in, and the decoder only has to mend what it is shown. Who is in front is not
decided here: there are two collages, limbs over the torso and the torso over limbs.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from repose.geometry.strokes import pixel_centres, strokes
from repose.models.shortcuts import fill_holes
from repose.parts import fit_part_affines
from repose.parts.layers import TORSO, Bodies
from repose.parts.rectangles import FACE
from repose.skeleton import JOINT, PARTS

CHANNELS = 6  # of both collages
MARGIN = 1 / 32  # of the image's side, by which the hole in the background exceeds the body
HEAD_WIDTH = 1.5  # of the distance from the neck to the middle of the face


class Collage(NamedTuple):
    """Two pictures of the person in the target pose, (B, 3, S, S) in [-1, 1] each."""

    limbs_over: Tensor
    torso_over: Tensor


def lay_collage(source: Tensor, poses: tuple[Tensor, Tensor], bodies: Bodies) -> Collage:
    """Lay the ten parts of the source where the target pose has them.

    Args:
        source: (B, 3, S, S) in [-1, 1].
        poses: joints of source and target, (B, 19, 3) px each.
        bodies: what `see_bodies` makes of both, one after the other: (2 B, ...).
    """
    size = source.shape[-1]
    head = _head(torch.cat(poses), size)
    parts = torch.cat((bodies.regions[:, TORSO:], head, bodies.regions[:, :TORSO]), 1)
    before, after = parts.chunk(2)
    margin = round(MARGIN * size)
    body = before.any(1, keepdim=True).float()
    near = functional.avg_pool2d(body, 2 * margin + 1, 1, margin)
    ground = fill_holes(source, (near == 0).float())
    moves = fit_part_affines(*poses).source_from_target
    torso, face, *limbs = range(len(PARTS))
    return Collage(
        *(
            _overlay(source, ground, moves, _topmost(after, order))
            for order in ((torso, *limbs, face), (*limbs[::-1], torso, face))
        )
    )


def _topmost(parts: Tensor, order: tuple[int, ...]) -> Tensor:
    """Tell which part of (B, P, S, S) is seen at each pixel, (B, S, S); -1 for none.

    Args:
        parts: where each is, bool.
        order: from back to front.
    """
    seen = torch.full_like(parts[:, 0], -1, dtype=torch.int8)
    for part in order:
        seen.masked_fill_(parts[:, part], part)
    return seen.long()


def _overlay(source: Tensor, ground: Tensor, moves: Tensor, seen: Tensor) -> Tensor:
    """Show at each pixel what its part has there; beyond the source's border the border's colour.

    Args:
        source: (B, 3, S, S).
        ground: (B, 3, S, S), seen where no part is.
        moves: (B, P, 3, 3) `source_from_target` px.
        seen: (B, S, S) the part of each pixel.
    """
    size = source.shape[-1]
    count, parts = moves.shape[:2]
    table = torch.nan_to_num(moves[:, :, :2].to(source.dtype), posinf=0, neginf=0).flatten(0, 1)
    first = parts * torch.arange(count, device=seen.device).view(-1, 1, 1)
    chosen = table.flatten(1).index_select(0, (first + seen.clamp(min=0)).flatten())
    a, b, x0, c, d, y0 = chosen.view(count, size, size, 6).unbind(-1)
    x = pixel_centres(size, source)
    y = x[:, None]
    places = torch.stack((a * x + b * y + x0, c * x + d * y + y0), -1) * (2 / size) - 1
    shown = functional.grid_sample(source, places, padding_mode="border", align_corners=False)
    return torch.where(seen[:, None] < 0, ground, shown)


def _head(joints: Tensor, size: int) -> Tensor:
    """Mark the head, (B, 1, S, S) bool: a disc about the mean of those joints that a face has."""
    face = joints[:, [JOINT[name] for name in FACE], :2].nanmean(1, keepdim=True)
    reach = (face - joints[:, JOINT["neck"], None, :2]).norm(dim=-1)
    return strokes(face, face, HEAD_WIDTH * reach, size)
