"""Many small integer boxes, listed as one flat run of voxels.

Part masks and warps touch about one voxel in a hundred. Listing the voxels of all boxes of a
batch at once turns hundreds of tiny slices into a few long vector operations, on any device.
"""

import torch
from torch import Tensor


def runs(counts: Tensor) -> tuple[Tensor, Tensor]:
    """List the members of consecutive runs.

    Args:
        counts: (K,) non-negative integer length of each run.

    Returns:
        (M,) the run that each member belongs to, and (M,) its place in that run, from 0;
        M is the sum of the counts.
    """
    ends = counts.cumsum(0)
    owner = torch.repeat_interleave(counts)
    place = torch.arange(len(owner), device=counts.device)
    return owner, place - (ends - counts).index_select(0, owner)


def lines(low: Tensor, high: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """List the lines along x that cross the boxes.

    Args:
        low: (K, 3) first voxel (x, y, z) of each box.
        high: (K, 3) one past the last; a box with any side <= 0 has no lines.

    Returns:
        (L,) the box of each line, (L,) its y and (L,) its z, in voxels.
    """
    side = (high - low).clamp(min=0)
    counts = side[:, 1] * side[:, 2] * (side[:, 0] > 0)
    box, place = runs(counts)
    _, first_y, first_z = low.index_select(0, box).unbind(1)
    rows = side[:, 1].index_select(0, box)
    down = torch.div(place, rows, rounding_mode="floor")
    return box, first_y + place - down * rows, first_z + down
