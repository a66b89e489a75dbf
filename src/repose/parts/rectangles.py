"""Parts as rectangles in the image: where each is, and how it moves (Siarohin et al. 2018).

A limb is a rectangle around its bone, the head a square around the face, the torso a rectangle
along the trunk. They say which places of the target a part fills. Transforms are affine, from the
corners of the same bones' rectangles (a little shorter ones), as in `fit_part_affines`, but for
the head, which goes without the neck.

Rules for what is missing, in this order:

- *no trunk*: without all of shoulders and hips the size of a person is unknown: no part at all;
- *other side*: a limb that the source lacks is taken from the limb on its other side;
- *nothing*: a part that the target lacks, or whose points do not fix an affine map (on a line,
  in one point), fills nothing.

The trunk's length st is the quadratic mean of its two sides, px.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from repose.geometry.affine import fit_affine
from repose.geometry.helmert import Fit
from repose.parts.points import (
    HEAD,
    LIMBS,
    RECTANGLE_HALF_WIDTH,
    RECTANGLES,
    ROOT_EXTENSION,
    TORSO,
    flat_points,
    trunk_length,
)
from repose.skeleton import FLIP_PARTS, JOINT, PART

FACE = ("nose", "l_eye", "r_eye", "l_ear", "r_ear")
HEAD_HALF_SIDE = 0.40  # of the trunk's length, cut to whole px
# By what share of its length a limb's mask reaches beyond its tip: hands and feet lie in it.
TIPS = {"upper_arm": 0.1, "forearm": 0.5, "thigh": 0.1, "shin": 0.5}
# The torso's rectangle encloses its joints and this much more, of the trunk's length. Ours: the
# original's torso is the whole image.
TORSO_MARGIN = 0.1


class Rectangles(NamedTuple):
    """One rectangle per part; where there is none, one of its values is NaN.

    Attributes:
        start: (B, P, 2) px, the middle of its first side.
        along: (B, P, 2) unit vector across it to the opposite side.
        length: (B, P) px, from that side to the opposite one.
        half_width: (B, P) px, to either side.
    """

    start: Tensor
    along: Tensor
    length: Tensor
    half_width: Tensor


@torch.no_grad()
def part_rectangles(joints: Tensor) -> Rectangles:
    """Return the rectangle of each of the ten parts; a bone that is a point has none.

    Args:
        joints: (B, 19, 2 or more) px, of which x and y matter.
    """
    joints = joints[..., :2]
    trunk = trunk_length(joints)
    ends = [_torso(joints, trunk), _head(joints, trunk), _limbs(joints, trunk)]
    start, end, half_width = (torch.cat(rows, 1) for rows in zip(*ends, strict=True))
    reach = end - start
    length = reach.norm(dim=-1)
    along = reach / length[..., None]  # 0 / 0 is NaN
    return Rectangles(start, along, length, half_width)


@torch.no_grad()
def draw_rectangles(rectangles: Rectangles, grid: tuple[int, int], pitch_px: int) -> Tensor:
    """Mark the cells whose centre lies in a rectangle, its border included.

    Args:
        rectangles: P per sample, px.
        grid: (H, W) cells; the first has its corner at 0.
        pitch_px: side of a cell.

    Returns:
        (B, P, H, W) bool.
    """
    start, along, length, half_width = rectangles
    y, x = (
        pitch_px * (torch.arange(n, device=start.device, dtype=start.dtype) + 0.5) for n in grid
    )
    middle = start + along * (length / 2)[..., None]
    x = (x - middle[..., 0, None])[..., None, :]  # (B, P, 1, W)
    y = (y - middle[..., 1, None])[..., :, None]  # (B, P, H, 1)
    ux, uy = along[..., None, None].unbind(2)
    # Everything large is one sum of a row and a column, or in place.
    forth, aside = (x * ux + y * uy).abs_(), (x * uy - y * ux).abs_()
    drawn = forth <= (length / 2)[..., None, None]
    return drawn.logical_and_(aside <= half_width[..., None, None])


@torch.no_grad()
def fit_rectangles(source_joints: Tensor, target_joints: Tensor) -> Tensor:
    """Fit how each part moves.

    Args:
        source_joints: (B, 19, 2 or more) px.
        target_joints: (B, 19, 2 or more) px.

    Returns:
        (B, 10, 3, 3) `source_from_target` in px; NaN for a part that fills nothing.
    """
    points, weights = flat_points(torch.cat([source_joints, target_joints]))
    (source, target), used = points.chunk(2), weights.chunk(2)[0]
    lacking = ~torch.isfinite(source[:, 2:, :4]).all(-1).all(-1)  # (B, 8) limbs
    source[:, 2:] = torch.where(lacking[..., None, None], _mirrored(source)[:, 2:], source[:, 2:])
    used[:, PART["head"], HEAD.index("neck")] = 0
    fit = fit_affine(source, target, used)
    return _usable(fit, source_joints, target_joints)


@torch.no_grad()
def fit_whole(source_joints: Tensor, target_joints: Tensor) -> Tensor:
    """Fit one affine map to a whole person: shoulders, hips, and knees known in both poses.

    Returns:
        (B, 1, 3, 3) `source_from_target` in px; NaN where shoulders and hips are not all known or
        do not fix it.
    """
    where = [JOINT[name] for name in (*TORSO, "l_knee", "r_knee")]
    fit = fit_affine(source_joints[:, None, where, :2], target_joints[:, None, where, :2])
    return _usable(fit, source_joints, target_joints)


def _usable(fit: Fit, source_joints: Tensor, target_joints: Tensor) -> Tensor:
    """Return (B, P, 3, 3) fits with NaN where points or a trunk did not fix them."""
    trunks = torch.isfinite(trunk_length(source_joints) + trunk_length(target_joints))
    usable = trunks[:, None] & ~fit.degenerate
    return torch.where(usable[..., None, None], fit.source_from_target, torch.nan)


def _mirrored(parts: Tensor) -> Tensor:
    """Return (B, 10, ...) with the left and the right ones in each other's place."""
    return parts[:, list(FLIP_PARTS)]


def _torso(joints: Tensor, trunk: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Enclose shoulders and hips along the line from mid-shoulders to mid-hips.

    Seen from the side these four lie in a line; the rectangle is then as wide as a limb.
    """
    corners = joints[:, [JOINT[name] for name in TORSO]]  # (B, 4, 2), hips first
    hips, shoulders = corners[:, :2].mean(1), corners[:, 2:].mean(1)
    axis = hips - shoulders
    along = axis / axis.norm(dim=-1, keepdim=True)
    apart = corners - shoulders[:, None]
    forth = (apart * along[:, None]).sum(-1)  # (B, 4) px
    aside = apart[..., 0] * along[:, None, 1] - apart[..., 1] * along[:, None, 0]
    margin = TORSO_MARGIN * trunk
    start = shoulders + (forth.amin(1) - margin)[:, None] * along
    end = shoulders + (forth.amax(1) + margin)[:, None] * along
    wide = torch.maximum(aside.abs().amax(1) + margin, RECTANGLE_HALF_WIDTH * trunk)
    return start[:, None], end[:, None], wide[:, None]


def _head(joints: Tensor, trunk: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Put an upright square around the mean of those facial points that are known."""
    middle = joints[:, [JOINT[name] for name in FACE]].nanmean(1)
    half = (HEAD_HALF_SIDE * trunk).floor()
    down = torch.stack((torch.zeros_like(half), half), -1)
    return (middle - down)[:, None], (middle + down)[:, None], half[:, None]


def _limbs(joints: Tensor, trunk: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    rows = [(limb[:2], limb[2:]) for limb in LIMBS]
    root = joints[:, [JOINT[side + RECTANGLES[name][0]] for side, name in rows]]
    tip = joints[:, [JOINT[side + RECTANGLES[name][1]] for side, name in rows]]
    share = joints.new_tensor([[TIPS[name]] for _, name in rows])
    start = root + ROOT_EXTENSION * (root - tip)
    end = tip + share * (tip - start)
    return start, end, (RECTANGLE_HALF_WIDTH * trunk)[:, None].expand(-1, len(LIMBS))
