"""Pull features part by part: F'(x) = max_i M_i(x) F(T_i x), Siarohin et al. 2018, eq. 3.

Unlike in `warp`, masks stand at the target: a part says which places it fills, and its transform
says where each of them looks. Two forms of the same function. `pull_dense` writes the formula
down; `pull_parts` is exact as well, and reads only what a mask asks for: the places are listed
as a `WarpPlan`, which the sparse warp then runs. So it adds in a fixed order, and gradients flow
to the features once.

A part whose mask does not hold x offers a zero there, and so does one that looks beyond the
border. Features below zero survive only where all parts hold x.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from repose.geometry.plan import (
    Entries,
    Interpolation,
    Rows,
    WarpPlan,
    list_entries,
    order_rows,
)
from repose.geometry.warp import warp_parts

Combine = Literal["max", "avg"]


def pull_parts(
    features: Tensor,
    masks: Tensor,
    source_from_target: Tensor,
    *,
    interp: Interpolation = "nearest",
    combine: Combine = "max",
    plan: WarpPlan | None = None,
) -> Tensor:
    """Fill each part's places at the target from where its transform looks in the source.

    Args:
        features: (B, C, H, W) of the source; any memory format, which the result keeps.
        masks: (B, P, H, W) bool, the places of each part at the target.
        source_from_target: (B, P, 3, 3) in cell indices (x, y), as `in_cells` gives them; a part
            whose transform is not finite fills nothing.
        interp: "nearest" or "linear" between the four cells around a point.
        combine: "max", or "avg" over the parts that hold a place.
        plan: What `plan_pull` returned for these masks, transforms and options; made when None.

    Returns:
        (B, C, H, W) features at the target; 0 where no part fills.
    """
    if plan is None:
        plan = plan_pull(masks, source_from_target, interp=interp, combine=combine)
    # The image is one slice of a volume; with a plan the warp asks for nothing else.
    return warp_parts(features[:, :, None], masks, source_from_target, plan=plan)[:, :, 0]


@torch.no_grad()
def plan_pull(
    masks: Tensor,
    source_from_target: Tensor,
    *,
    interp: Interpolation = "nearest",
    combine: Combine = "max",
) -> WarpPlan:
    """List what `pull_parts` reads and writes; arguments as there."""
    parts, height, width = masks.shape[1:]
    area = height * width
    usable = torch.isfinite(source_from_target).all(-1).all(-1)[..., None, None]
    held = masks & usable
    owner, y, x = held.flatten(0, 1).nonzero().unbind(1)
    sample = torch.div(owner, parts, rounding_mode="floor")
    place = y * width + x
    points = _points(source_from_target, owner, x, y)
    cell, weight = _weigh(points, height, width, interp)
    if combine == "avg":
        weight = weight / held.sum(1).flatten().index_select(0, sample * area + place)
    # Places that look beyond the border, or at no number where infinities meet, weigh nothing.
    live = (weight.amax(0) > 0).nonzero()[:, 0]
    owner, sample, place = (t.index_select(0, live) for t in (owner, sample, place))
    order, rows = order_rows(sample * area + place, owner - sample * parts, parts)
    live, first = live.index_select(0, order), (sample * area).index_select(0, order)
    cell, weight = cell.index_select(1, live) + first, weight.index_select(1, live)
    if combine == "avg":
        return _one_row_per_place(cell, weight, rows)
    return WarpPlan(list_entries(cell, weight), rows)


def in_cells(source_from_target: Tensor, pitch_px: int) -> Tensor:
    """Carry transforms from px, corners at 0, over to indices of cells, centres at integers.

    Args:
        source_from_target: (..., 3, 3) px (x, y).
        pitch_px: side of a cell.
    """
    moved = source_from_target.clone()
    linear = source_from_target[..., :2, :2]
    # px = pitch (index + 1/2) on both sides.
    moved[..., :2, 2] = source_from_target[..., :2, 2] / pitch_px + (linear.sum(-1) - 1) / 2
    return moved


def _points(source_from_target: Tensor, owner: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return where (M,) places look: (2, M) cell indices, at least in float32."""
    exact = torch.promote_types(source_from_target.dtype, torch.float32)
    table = source_from_target.flatten(0, 1)[:, :2].to(exact)
    ax, ay, shift = table.index_select(0, owner).permute(2, 1, 0).unbind(0)
    return ax * x + ay * y + shift


def _weigh(
    points: Tensor, height: int, width: int, interp: Interpolation
) -> tuple[Tensor, Tensor]:
    """Find the cells around (2, M) points: (K, M) cells of an image and weights, K = 1 or 4."""
    if interp == "nearest":
        corner = (points + 0.5).floor()[:, None]  # (2, 1, M)
        weights = torch.ones_like(corner)
    else:
        corner = points.floor()
        beyond = points - corner
        weights = torch.stack((1 - beyond, beyond), 1)  # (2, 2, M)
        corner = torch.stack((corner, corner + 1), 1)
    last = corner.new_tensor([width - 1, height - 1])[:, None, None]
    inside = torch.minimum(corner.clamp(min=0), last)
    weights = weights * (inside == corner)
    x, y = inside.long()
    cell = (y * width)[:, None] + x
    return cell.flatten(0, 1), (weights[1][:, None] * weights[0]).flatten(0, 1)


def _one_row_per_place(cell: Tensor, weight: Tensor, rows: Rows) -> WarpPlan:
    """Merge the rows of each place into one that adds them up; arguments in the rows' order."""
    counts = torch.tensor(rows.layers, device=cell.device).diff()
    layer = torch.repeat_interleave(counts)
    shape = (len(cell), len(counts), len(rows.target))
    cells, weights = cell.new_zeros(shape), weight.new_zeros(shape)
    cells[:, layer, rows.where], weights[:, layer, rows.where] = cell, weight
    entries: Entries = list_entries(cells.flatten(0, 1), weights.flatten(0, 1))
    every = torch.arange(len(rows.target), device=cell.device)
    return WarpPlan(
        entries, Rows(rows.target, every, (0, len(every)), torch.zeros_like(rows.others), 1)
    )


def pull_dense(
    features: Tensor,
    masks: Tensor,
    source_from_target: Tensor,
    *,
    interp: Interpolation = "nearest",
    combine: Combine = "max",
) -> Tensor:
    """Compute `pull_parts` as the formula says: a moved copy per part, then the maximum or mean.

    Arguments and result as there; sides are at least 2.
    """
    b, p, h, w = masks.shape
    finite = torch.isfinite(source_from_target).all(-1).all(-1)[..., None, None]  # (B, P, 1, 1)
    masks = masks & finite
    matrix = torch.where(finite, source_from_target, 0.0)[..., :2, :]
    y, x = torch.meshgrid(
        *(torch.arange(n, dtype=matrix.dtype, device=matrix.device) for n in (h, w)), indexing="ij"
    )
    target = torch.stack((x, y, torch.ones_like(x)), -1).view(-1, 3)
    source = target @ matrix.mT  # (B, P, H W, 2)
    places = 2 * source / source.new_tensor([w - 1, h - 1]) - 1
    copies = features[:, None].expand(-1, p, -1, -1, -1).flatten(0, 1)
    moved = F.grid_sample(
        copies,
        places.view(b * p, h, w, 2).to(features.dtype),
        mode="nearest" if interp == "nearest" else "bilinear",
        padding_mode="zeros",
        align_corners=True,
    ).unflatten(0, (b, p))
    moved = moved * masks[:, :, None]  # (B, P, C, H, W)
    if combine == "max":
        return moved.amax(1)
    return moved.sum(1) / masks.sum(1, keepdim=True).clamp(min=1)
