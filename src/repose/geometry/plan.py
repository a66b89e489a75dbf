"""Which source voxels each target voxel reads: the warp as a sparse matrix.

Masks are binary and transforms do not depend on features, so for a pose pair the few target voxels
that a part reaches, and the at most eight source voxels with their weights that each reads, are
found once. Of all (part, target voxel) samples about one in 200 is not empty.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from repose.geometry.boxes import lines, runs

Interpolation = Literal["linear", "nearest"]
# Rounding may put a coordinate this far off, voxels; boxes are wider by it, weights are exact.
SLACK = 1e-3


@dataclass(frozen=True)
class WarpPlan:
    """A sparse matrix from source voxels to rows, and the rows of each target voxel.

    A row is one part seen from one target voxel. Voxels are numbered through the batch, as
    ((sample D + z) H + y) W + x. Rows stand in layers: the first holds one row for each target
    voxel, the next one more for those that several parts reach, and so on.

    Attributes:
        grid: (B, D, H, W).
        source: (S,) the source voxels that are read at all.
        target: (T,) the target voxels that are reached at all.
        entry_source: (E,) for each entry of the matrix, row by row, its place in `source`.
        entry_weight: (E,) its weight.
        row_start: (R + 1,) the first entry of each row.
        row_target: (R,) each row's place in `target`.
        layers: The first row of each layer, and R.
        others: (T, 1) parts that do not reach the target voxel: each offers a zero.
        back_row: (E,) the entries again, source voxel by source voxel: the row of each.
        back_weight: (E,) its weight.
        back_start: (S + 1,) the first of these entries of each source voxel.
    """

    grid: tuple[int, int, int, int]
    source: Tensor
    target: Tensor
    entry_source: Tensor
    entry_weight: Tensor
    row_start: Tensor
    row_target: Tensor
    layers: tuple[int, ...]
    others: Tensor
    back_row: Tensor
    back_weight: Tensor
    back_start: Tensor


class _Rows(NamedTuple):
    """The live rows: target voxel and part (R,), source voxels and weights (R, corners)."""

    target: Tensor
    part: Tensor
    source: Tensor
    weight: Tensor


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
    b, p, *size = masks.shape
    transforms = source_from_target.flatten(0, 1)  # (Q, 4, 4), Q = B P
    if transforms.dtype not in (torch.float32, torch.float64):
        transforms = transforms.float()
    transforms = transforms[:, :3]
    masks = masks.contiguous()
    owner, place, points = _candidates(masks.flatten(0, 1), transforms)
    rows = _rows(masks, owner, place, points, interp)
    return _assemble(rows, (b, *size), p)


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
    ax, ay, az, shift = transforms.unbind(-1)  # columns (Q, 3)
    base = ay[owner] * y[:, None] + az[owner] * z[:, None] + shift[owner]
    step = ax[owner]
    # Where the line along x enters and leaves the mask's box, axis by axis.
    slope = torch.where(step.abs() < 1e-9, 1e-9, step)
    ends = ((low[owner] - base) / slope, (high[owner] - base) / slope)
    enter = torch.minimum(*ends).amax(-1) - SLACK
    leave = torch.maximum(*ends).amin(-1) + SLACK
    start, stop = box_low[:, 0][owner].to(enter), box_high[:, 0][owner].to(enter)
    start = torch.maximum(start, enter.ceil())
    stop = torch.minimum(stop, leave.floor() + 1)
    line, place = runs((stop - start).clamp(min=0).long())
    x = place + start.long()[line]
    points = base.mT[:, line] + step.mT[:, line] * x
    return owner[line], ((z * height + y) * width)[line] + x, points


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


def _rows(
    masks: Tensor, owner: Tensor, place: Tensor, points: Tensor, interp: Interpolation
) -> _Rows:
    """Weigh the voxels around each source point; keep those rows that read a live voxel."""
    parts, depth, height, width = masks.shape[1:]
    if interp == "nearest":
        corner = points.round()[:, None]  # (3, 1, M)
        weights = torch.ones_like(corner)
    else:
        corner = points.floor()
        beyond = points - corner
        weights = torch.stack((1 - beyond, beyond), 1)  # (3, 2, M)
        corner = torch.stack((corner, corner + 1), 1)
    limit = torch.tensor([width, height, depth], device=masks.device)[:, None, None] - 1
    corner = corner.long()
    inside = corner.clamp(min=0).minimum(limit)
    weights = weights * (inside == corner)
    stride = torch.tensor([1, width, width * height], device=masks.device)[:, None, None]
    x, y, z = inside * stride
    source = (z[:, None, None] + y[:, None] + x).flatten(0, 2)  # (8, M)
    wx, wy, wz = weights
    weight = (wz[:, None, None] * wy[:, None] * wx).flatten(0, 2)
    volume = depth * height * width
    weight = weight * masks.view(-1)[source + owner * volume]
    live = (weight.amax(0) > 0).nonzero()[:, 0]
    owner, place = owner[live], place[live]
    sample = torch.div(owner, parts, rounding_mode="floor")
    source = source[:, live] + sample * volume
    return _Rows(sample * volume + place, owner - sample * parts, source.mT, weight[:, live].mT)


def _assemble(rows: _Rows, grid: tuple[int, ...], parts: int) -> WarpPlan:
    """Order the rows in layers by target voxel and part, and list the entries both ways."""
    device, count = rows.target.device, len(rows.target)
    order = _argsort(rows.target * parts + rows.part)
    target, row_group = _groups(rows.target[order])
    reached = torch.bincount(row_group, minlength=len(target))
    index = torch.arange(count, device=device)
    layer = index - (reached.cumsum(0) - reached)[row_group]
    by_layer = _argsort(layer * count + index)
    order, row_target = order[by_layer], row_group[by_layer]
    sizes = torch.bincount(layer, minlength=1).cumsum(0).tolist()

    weight, source = rows.weight[order], rows.source[order]  # (R, corners)
    used = weight != 0
    entry = used.flatten().nonzero()[:, 0]
    entry_row = torch.div(entry, weight.shape[1], rounding_mode="floor")
    entry_weight, entry_voxel = weight.flatten()[entry], source.flatten()[entry]
    back = _argsort(entry_voxel * count + entry_row)
    read, group = _groups(entry_voxel[back])
    entry_source = torch.empty_like(group)
    entry_source[back] = group
    return WarpPlan(
        grid=grid,  # type: ignore[arg-type]
        source=read,
        target=target,
        entry_source=entry_source,
        entry_weight=entry_weight,
        row_start=_starts(used.sum(1)),
        row_target=row_target,
        layers=(0, *sizes),
        others=(parts - reached)[:, None],
        back_row=entry_row[back],
        back_weight=entry_weight[back],
        back_start=_starts(torch.bincount(group, minlength=len(read))),
    )


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
