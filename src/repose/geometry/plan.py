"""Which source voxels each target voxel reads: the warp as a sparse matrix.

Masks are binary and transforms do not depend on features, so for a pose pair the few target voxels
that a part reaches, and the at most eight source voxels with their weights that each reads, are
found once. Of all (part, target voxel) samples about one in 200 is not empty.
"""

from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from repose.geometry.boxes import lines, runs

Interpolation = Literal["linear", "nearest"]
# Rounding may put a coordinate this far off, voxels; boxes are wider by it, weights are exact.
SLACK = 1e-3


class Entries(NamedTuple):
    """The matrix, row by row, and again source voxel by source voxel for the way back.

    Attributes:
        source: (S,) the source voxels that are read at all.
        where: (E,) the place in `source` of each entry.
        weight: (E,) its weight, > 0.
        start: (R + 1,) the first entry of each row.
        back_row: (E,) the entries again, by source voxel: the row of each.
        back_weight: (E,) its weight.
        back_start: (S + 1,) the first of these of each source voxel.
    """

    source: Tensor
    where: Tensor
    weight: Tensor
    start: Tensor
    back_row: Tensor
    back_weight: Tensor
    back_start: Tensor


class Rows(NamedTuple):
    """The rows; a row is one part as one target voxel sees it.

    Rows stand in layers: the first has one row for each target voxel, in the order of `target`,
    the next one more for those that two parts reach, and so on.

    Attributes:
        target: (T,) the target voxels that are reached at all.
        where: (R,) the place in `target` of each row.
        layers: The first row of each layer, and R.
        others: (T, 1) uint8 count of parts that do not reach a target voxel: each offers a zero.
        parts: All parts.
    """

    target: Tensor
    where: Tensor
    layers: tuple[int, ...]
    others: Tensor
    parts: int


class WarpPlan(NamedTuple):
    """A sparse matrix from source voxels to rows, and the rows of each target voxel.

    Voxels are numbered through the batch, as ((sample D + z) H + y) W + x.
    """

    entries: Entries
    rows: Rows


def plan_warp(
    masks: Tensor, source_from_target: Tensor, *, interp: Interpolation = "linear"
) -> WarpPlan:
    """Work out what `warp_parts` reads and writes.

    Args:
        masks: (B, P, D, H, W) bool source part masks.
        source_from_target: (B, P, 4, 4) in voxel indices (x, y, z); a part whose transform is not
            finite reads nothing.
        interp: "linear" between the eight voxels around a point, or the "nearest" one.
    """
    parts, volume = masks.shape[1], masks[0, 0].numel()
    exact = torch.promote_types(source_from_target.dtype, torch.float32)
    transforms = source_from_target.flatten(0, 1)[:, :3].to(exact)  # (Q, 3, 4), Q = B P
    masks = masks.bool().contiguous().flatten(0, 1)
    owner, place, points = _candidates(masks, transforms)
    voxel, weight = _weigh(masks, owner, points, interp)
    live = (weight.amax(0) > 0).nonzero()[:, 0]
    owner, place = owner.index_select(0, live), place.index_select(0, live)
    sample = torch.div(owner, parts, rounding_mode="floor")
    order, rows = order_rows(sample * volume + place, owner - sample * parts, parts)
    live, skipped = (t.index_select(0, order) for t in (live, (owner - sample) * volume))
    # Voxels were numbered through the masks so far.
    entries = list_entries(voxel.index_select(1, live) - skipped, weight.index_select(1, live))
    return WarpPlan(entries, rows)


def _mask_boxes(masks: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first and last live voxel (x, y, z) of (Q, D, H, W) masks, each (Q, 3)."""
    bytes_ = masks.view(torch.uint8)
    flat = bytes_.amax(1)
    sides = (flat.amax(1), flat.amax(2), bytes_.flatten(2).amax(2))
    length = max(masks.shape[1:])
    index = torch.arange(length, device=masks.device)
    live = torch.zeros(len(masks), 3, length, dtype=torch.bool, device=masks.device)
    for axis, side in enumerate(sides):
        live[:, axis, : side.shape[1]] = side.bool()
    return torch.where(live, index, length).amin(-1), torch.where(live, index, -1).amax(-1)


def _candidates(masks: Tensor, transforms: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """List target voxels that may read a mask: those whose source point lies in the mask's box.

    Returns:
        (M,) the mask of each, (M,) its voxel in the volume, (3, M) its source point (x, y, z).
    """
    _, depth, height, width = masks.shape
    first, last = _mask_boxes(masks)
    # A point reads a box's voxels while it is less than one voxel away from it.
    low, high = (first - 1 - SLACK).to(transforms), (last + 1 + SLACK).to(transforms)
    usable = (last >= first).all(-1) & torch.isfinite(transforms).all(-1).all(-1)
    transforms = torch.where(usable[:, None, None], transforms, 0.0)
    box_low, box_high = _target_boxes(low, high, transforms, (width, height, depth))
    box_high = torch.where(usable[:, None], box_high, box_low)
    owner, y, z = lines(box_low, box_high)
    table = torch.cat((transforms.flatten(1), low, high, box_low, box_high), 1)
    columns = table.index_select(0, owner).mT.contiguous()  # (24, L)
    ax, ay, az, shift = columns[:12].view(3, 4, -1).unbind(1)
    low, high, box_low, box_high = columns[12:].view(4, 3, -1)
    base = ay * y + az * z + shift
    # Where the line along x enters and leaves the mask's box, axis by axis.
    slope = torch.where(ax.abs() < 1e-9, 1e-9, ax)
    ends = ((low - base) / slope, (high - base) / slope)
    enter = (torch.minimum(*ends).amax(0) - SLACK).ceil()
    leave = (torch.maximum(*ends).amin(0) + SLACK).floor() + 1
    start, stop = torch.maximum(enter, box_low[0]), torch.minimum(leave, box_high[0])
    line, place = runs((stop - start).clamp(min=0).long())
    x = place + start.long().index_select(0, line)
    points = base.index_select(1, line) + ax.index_select(1, line) * x
    first = (z * height + y) * width
    return owner.index_select(0, line), first.index_select(0, line) + x, points


def _target_boxes(
    low: Tensor, high: Tensor, transforms: Tensor, size: tuple[int, int, int]
) -> tuple[Tensor, Tensor]:
    """Return boxes [low, high) of target voxels (Q, 3) whose source points may lie in boxes.

    The image of a box about c with half sides h under a linear map L lies in L c +- |L| h. Where
    the transform has no inverse the box is the whole volume.
    """
    inverse = torch.linalg.inv_ex(transforms[:, :, :3].double()).inverse
    middle, half = (low + high).double() / 2, (high - low).double() / 2
    centre = (inverse @ (middle - transforms[:, :, 3])[..., None])[..., 0]
    reach = (inverse.abs() @ half[..., None])[..., 0] + SLACK
    limit = centre.new_tensor(size)
    box_low = torch.minimum((centre - reach).ceil().nan_to_num(0, neginf=0).clamp(min=0), limit)
    box_high = (centre + reach).floor().nan_to_num(1e9) + 1
    box_high = torch.minimum(box_high.clamp(min=0), limit)
    return box_low.long(), box_high.long()


def _weigh(
    masks: Tensor, owner: Tensor, points: Tensor, interp: Interpolation
) -> tuple[Tensor, Tensor]:
    """Find the voxels around each source point and their weights; masked ones weigh nothing.

    Args:
        masks: (Q, D, H, W) bool.
        owner: (M,) the mask of each point.
        points: (3, M) voxel indices (x, y, z).
        interp: As in `plan_warp`.

    Returns:
        (8, M) voxels numbered through the masks, and (8, M) weights; with "nearest" (1, M).
    """
    _, depth, height, width = masks.shape
    if interp == "nearest":
        corner = points.round()[:, None]  # (3, 1, M)
        weights = torch.ones_like(corner)
    else:
        corner = points.floor()
        beyond = points - corner
        weights = torch.stack((1 - beyond, beyond), 1)  # (3, 2, M)
        corner = torch.stack((corner, corner + 1), 1)
    last = corner.new_tensor([width - 1, height - 1, depth - 1])[:, None, None]
    inside = torch.minimum(corner.clamp(min=0), last)
    weights *= inside == corner
    x, y, z = inside.long()
    z = z * (height * width) + owner * (depth * height * width)
    voxel = z[:, None, None] + (y * width)[:, None] + x
    weight = weights[2][:, None, None] * weights[1][:, None] * weights[0]
    voxel, weight = voxel.flatten(0, 2), weight.flatten(0, 2)
    weight *= masks.view(-1).index_select(0, voxel.flatten()).view(voxel.shape)
    return voxel, weight


def order_rows(voxel: Tensor, part: Tensor, parts: int) -> tuple[Tensor, Rows]:
    """Put rows, given by target voxel and part (R,), in layers; return the order and them."""
    by_voxel = _argsort(voxel * parts + part)
    target, group = _groups(voxel.index_select(0, by_voxel))
    reached = torch.bincount(group, minlength=len(target))
    index = torch.arange(len(voxel), device=voxel.device)
    layer = index - (reached.cumsum(0) - reached).index_select(0, group)
    by_layer = _argsort(layer * len(voxel) + index)
    layers = torch.bincount(layer, minlength=1).cumsum(0).tolist()
    others = (parts - reached).to(torch.uint8)[:, None]
    rows = Rows(target, group.index_select(0, by_layer), (0, *layers), others, parts)
    return by_voxel.index_select(0, by_layer), rows


def list_entries(voxel: Tensor, weight: Tensor) -> Entries:
    """List those of (K, R) source voxels that have a weight, in both orders."""
    corners, rows = weight.shape
    weight, voxel = weight.t().flatten(), voxel.t().flatten()
    entry = weight.nonzero()[:, 0]
    row = torch.div(entry, corners, rounding_mode="floor")
    weight, voxel = weight.index_select(0, entry), voxel.index_select(0, entry)
    back = _argsort(voxel * rows + row)
    source, group = _groups(voxel.index_select(0, back))
    where = torch.empty_like(group).index_copy_(0, back, group)
    starts = _starts(torch.bincount(row, minlength=rows))
    back_starts = _starts(torch.bincount(group, minlength=len(source)))
    back_row, back_weight = row.index_select(0, back), weight.index_select(0, back)
    return Entries(source, where, weight, starts, back_row, back_weight, back_starts)


def _argsort(keys: Tensor) -> Tensor:
    """Sort (K,) keys that are all different, so any algorithm gives the one order."""
    if keys.device.type != "cpu":
        return keys.argsort()
    return torch.from_numpy(np.argsort(keys.numpy()))  # numpy's is several times faster here


def _groups(ordered: Tensor) -> tuple[Tensor, Tensor]:
    """Return the distinct values of an ordered list, and for each member which it is."""
    return torch.unique_consecutive(ordered, return_inverse=True)


def _starts(counts: Tensor) -> Tensor:
    starts = counts.new_zeros(len(counts) + 1)
    torch.cumsum(counts, 0, out=starts[1:])
    return starts
