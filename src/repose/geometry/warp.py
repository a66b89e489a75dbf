"""Move a feature volume part by part: V'(x) = max_i trilinear(M_i V)(T_i x), Knoche et al. 2020.

Two forms of the same function. `dense` writes the formula down: a masked copy per part, a sample
of each, the maximum. `sparse` (the default) is exact as well, and reads only what is not masked.

The maximum runs over all parts. A part that does not reach a target voxel offers a zero there, so
features below zero survive only where all parts reach. Where values tie, zeros of parts that do
not reach included, they share the gradient evenly, as `torch.amax` does. Outside the volume is
zero.
"""

from itertools import pairwise
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from repose.geometry.plan import Interpolation, Rows, WarpPlan, plan_warp


def warp_parts(
    volume: Tensor,
    masks: Tensor,
    source_from_target: Tensor,
    *,
    method: Literal["sparse", "dense"] = "sparse",
    plan: WarpPlan | None = None,
    interp: Interpolation = "linear",
) -> Tensor:
    """Move each part of a volume by its own transform; the largest value wins.

    Gradients flow to the volume only, once. The sparse form adds in a fixed order without atomics:
    the same input gives the same bits, forward and backward, on CPU and GPU. Half precision
    volumes are added up in float32; coordinates have the precision of the transforms, at least
    float32.

    Args:
        volume: (B, C, D, H, W) features of the source; any memory format, which the result keeps.
            Each size is at least 2, but D may be 1 when the transforms leave z alone.
        masks: (B, P, D, H, W) bool source part masks.
        source_from_target: (B, P, 4, 4) in voxel indices (x, y, z); a part whose transform is not
            finite moves nothing. An affine map of the image is one that leaves z alone.
        method: "sparse", or "dense" for the reference.
        plan: What `plan_warp` returned for these masks, transforms and `interp`; made when None.
        interp: "linear" or "nearest".

    Returns:
        (B, C, D, H, W) features at the target pose.
    """
    if method == "dense":
        return _dense(volume, masks, source_from_target, interp)
    if plan is None:
        with torch.no_grad():
            plan = plan_warp(masks, source_from_target, interp=interp)
    return _SparseWarp.apply(volume, plan)


def _dense(
    volume: Tensor, masks: Tensor, source_from_target: Tensor, interp: Interpolation
) -> Tensor:
    """Sample P masked copies of the volume and take their maximum."""
    b, p, d, h, w = masks.shape
    exact = torch.promote_types(volume.dtype, torch.float32)
    transforms = source_from_target.to(torch.promote_types(source_from_target.dtype, exact))
    z, y, x = torch.meshgrid(
        *(torch.arange(n, dtype=transforms.dtype, device=volume.device) for n in (d, h, w)),
        indexing="ij",
    )
    target = torch.stack((x, y, z, torch.ones_like(x)), -1).view(-1, 4)
    source = target @ transforms[..., :3, :].mT  # (B, P, D H W, 3)
    source = torch.where(torch.isfinite(transforms).all(-1).all(-1)[..., None, None], source, -9.0)
    last = source.new_tensor([w - 1, h - 1, d - 1]).clamp(min=1)
    places = (2 * source / last - 1).view(b * p, d, h, w, 3).to(exact)
    copies = volume.to(exact)[:, None] * masks[:, :, None]  # (B, P, C, D, H, W)
    moved = F.grid_sample(
        copies.flatten(0, 1),
        places,
        mode="nearest" if interp == "nearest" else "bilinear",
        padding_mode="zeros",
        align_corners=True,
    )
    return moved.unflatten(0, (b, p)).amax(1).to(volume.dtype)


class _SparseWarp(torch.autograd.Function):
    """Gather, weigh, maximise; backward does the same over the transposed lists."""

    @staticmethod
    def forward(ctx: Any, volume: Tensor, plan: WarpPlan) -> Tensor:
        entries, rows = plan
        exact = torch.promote_types(volume.dtype, torch.float32)
        read = _take(volume, entries.source).to(exact)
        values = _weighted_sums(read, entries.where, entries.start, entries.weight)
        best = _best(values, rows)
        ctx.plan = plan
        if ctx.needs_input_grad[0]:
            ctx.save_for_backward(_shares(values, best, rows))
        return _put(best.to(volume.dtype), rows.target, volume)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        entries, rows = ctx.plan
        (shares,) = ctx.saved_tensors
        taken = _take(gradient, rows.target)
        more = taken.index_select(0, rows.where[rows.layers[1] :])
        offered = torch.cat((taken, more)).to(shares.dtype).mul_(shares)
        sums = _weighted_sums(offered, entries.back_row, entries.back_start, entries.back_weight)
        return _put(sums.to(gradient.dtype), entries.source, gradient), None


def _best(values: Tensor, rows: Rows) -> Tensor:
    """Return the largest of the rows' values (R, C) at each target voxel, (T, C)."""
    best = values[: rows.layers[1]].clone()
    for first, last in pairwise(rows.layers[1:]):
        where = rows.where[first:last]  # a layer has each target at most once
        larger = torch.maximum(best.index_select(0, where), values[first:last])
        best.index_copy_(0, where, larger)
    if len(rows.layers) - 1 < rows.parts:  # no voxel is reached by all parts
        return best.clamp_(min=0)
    return torch.where(rows.others > 0, best.clamp(min=0), best)


def _shares(values: Tensor, best: Tensor, rows: Rows) -> Tensor:
    """Return the share (R, C) of its target's gradient that each row gets: winners share alike."""
    first_layer = rows.layers[1]
    later = rows.where[first_layer:]
    wins = torch.cat(
        (values[:first_layer] == best, values[first_layer:] == best.index_select(0, later))
    )
    winners = wins[:first_layer].to(torch.uint8)
    for first, last in pairwise(rows.layers[1:]):
        where = rows.where[first:last]
        winners.index_copy_(0, where, winners.index_select(0, where) + wins[first:last])
    shares = wins.to(values.dtype)
    zero = best == 0
    if bool(((winners > 1) | (winners > 0) & zero).any()):  # a rare case that takes long
        winners = (winners + zero * rows.others).clamp(min=1)
        shares /= winners.index_select(0, rows.where)
    return shares


def _weighted_sums(table: Tensor, index: Tensor, starts: Tensor, weights: Tensor) -> Tensor:
    """Add weighted rows of a (K, C) table, bag by bag: (bags, C)."""
    return F.embedding_bag(
        index,
        table,
        starts,
        mode="sum",
        per_sample_weights=weights.to(table.dtype),
        include_last_offset=True,
    )


def _channels_last(volume: Tensor) -> bool:
    return volume.is_contiguous(memory_format=torch.channels_last_3d)


def _take(volume: Tensor, voxels: Tensor) -> Tensor:
    """Read (K, C) features of a (B, C, D, H, W) volume at voxels numbered through the batch."""
    b, c = volume.shape[:2]
    if _channels_last(volume):
        return volume.permute(0, 2, 3, 4, 1).reshape(-1, c).index_select(0, voxels)
    flat = volume.reshape(b, c, -1)
    sample = torch.div(voxels, flat.shape[2], rounding_mode="floor")
    return flat[sample, :, voxels - sample * flat.shape[2]]


def _put(features: Tensor, voxels: Tensor, like: Tensor) -> Tensor:
    """Write (K, C) features into zeros of the shape and memory format of `like`."""
    b, c = like.shape[:2]
    if _channels_last(like):
        volume = torch.zeros_like(like, memory_format=torch.channels_last_3d)
        volume.permute(0, 2, 3, 4, 1).view(-1, c).index_copy_(0, voxels, features)
        return volume
    volume = torch.zeros(like.shape, dtype=like.dtype, device=like.device)
    flat = volume.view(b, c, -1)
    sample = torch.div(voxels, flat.shape[2], rounding_mode="floor")
    flat[sample, :, voxels - sample * flat.shape[2]] = features
    return volume
