"""Where a limb may be seen: one Gaussian along each limb, and what is left for the background."""

import torch
from torch import Tensor

REFERENCE = 256  # px, side of the images for which Balakrishnan et al. 2018 give their numbers
LEAST_VARIANCE = 5.0  # along a limb, px^2 at that size
ALONG = 1.5  # squared length of a limb over the variance along it
FLOOR = 1e-6  # what is added to the highest pixel before dividing by it
LOG_FLOOR = 1e-10


def limb_priors(ends: Tensor, across_px: Tensor, size: int) -> Tensor:
    """Draw a Gaussian along each limb, stretched to 1 at its highest pixel.

    With length L in px, and at 256 px, its centre is the limb's mid-point and its variance along
    the limb is max(5, L^2 / 1.5) (the code of Balakrishnan et al. 2018). At other sizes the 5
    grows with the image's area. A limb of zero length lies along x. A limb beyond the image that
    still reaches in by more than a trace is stretched to 1 as well, at the border.

    Args:
        ends: (B, L, 2, 2) px, both ends (x, y) of each limb; a limb with an end that is not finite
            is missing: its map is empty.
        across_px: (L,) standard deviation across each limb, px.
        size: Side of the square image, px.

    Returns:
        (B, L, size, size) float32 in [0, 1].
    """
    ends = ends.detach().float()
    known = torch.isfinite(ends).all(-1).all(-1)  # (B, L)
    start, end = torch.where(known[..., None, None], ends, 0.0).unbind(2)
    bone = end - start
    length = bone.norm(dim=-1, keepdim=True)
    along_x = bone.new_tensor([1.0, 0.0])
    direction = torch.where(length > 0, bone / length.clamp(min=1e-12), along_x)
    least = LEAST_VARIANCE * (size / REFERENCE) ** 2
    variance = (length[..., 0].square() / ALONG).clamp(min=least)
    narrow = direction / variance.sqrt()[..., None]  # px to deviations along the limb
    wide = torch.stack((-direction[..., 1], direction[..., 0]), -1) / across_px[:, None]
    offset = torch.arange(size, device=ends.device) + 0.5 - ((start + end) / 2)[..., None]
    x, y = offset.unbind(2)  # (B, L, S)
    along, across = (
        (axis[..., 1, None] * y)[..., :, None] + (axis[..., 0, None] * x)[..., None, :]
        for axis in (narrow, wide)
    )
    drawn = torch.exp(-0.5 * (along.square() + across.square()))
    drawn = drawn / (drawn.amax((-2, -1), keepdim=True) + FLOOR)
    return drawn * known[..., None, None]


def log_with_background(priors: Tensor) -> Tensor:
    """Put the background first and take logarithms: log(p + 1e-10).

    Args:
        priors: (B, L, H, W) in [0, 1], of the limbs.

    Returns:
        (B, L + 1, H, W); the background's prior is 1 less the largest of the limbs'.
    """
    background = 1 - priors.amax(1, keepdim=True)
    return torch.log(torch.cat((background, priors), 1) + LOG_FLOOR)
