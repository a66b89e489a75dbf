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
    place = torch.arange(len(owner), device=counts.device) - (ends - counts)[owner]
    return owner, place


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
    rows = side[:, 1][box]
    down = torch.div(place, rows, rounding_mode="floor")
    return box, low[:, 1][box] + place - down * rows, low[:, 2][box] + down
