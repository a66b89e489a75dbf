"""Where the mass of a heat map lies: coordinates that a gradient flows through."""

import torch
from torch import Tensor


def soft_argmax(logits: Tensor, axes: int) -> Tensor:
    """Return the mean place of a heat map (Sun et al. 2018, "Integral human pose regression").

    Args:
        logits: (..., N_1, ..., N_axes) scores of the cells, before the softmax over all of them.
        axes: How many of the last dimensions are places: 2 for (H, W), 3 for (D, H, W).

    Returns:
        (..., axes) the last dimension first, so (x, y) of (H, W) and (x, y, z) of (D, H, W); in
        shares of the map's side, whose first cell lies between 0 and 1 / N: a coordinate is
        never farther out than the middle of the outermost cell.
    """
    mass = logits.flatten(-axes).softmax(dim=-1).view_as(logits)
    dims = range(-axes, 0)
    means = []
    for dim in dims:
        along = mass.sum(dim=[other for other in dims if other != dim])  # (..., N_dim)
        size = along.shape[-1]
        middles = (torch.arange(size, device=logits.device, dtype=logits.dtype) + 0.5) / size
        means.append(along @ middles)
    return torch.stack(means[::-1], dim=-1)


def mass_near(logits: Tensor, places: Tensor, radius: float) -> Tensor:
    """Return which share of a map's mass lies near a place: how sure a heat map is of it.

    Args:
        logits: (..., H, W) before the softmax.
        places: (..., 2) (x, y) in shares of the map's sides.
        radius: In cells.

    Returns:
        (...) in [0, 1]: cells count whose middle is no farther away along x and along y.
    """
    height, width = logits.shape[-2:]
    near = [
        (torch.arange(size, device=logits.device) + 0.5 - size * place[..., None]).abs() <= radius
        for size, place in ((height, places[..., 1]), (width, places[..., 0]))
    ]
    mass = logits.flatten(-2).softmax(dim=-1).view_as(logits)
    return (mass * (near[0][..., :, None] & near[1][..., None, :])).sum(dim=(-2, -1))
