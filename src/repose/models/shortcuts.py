"""Shortcuts for small images and short trainings: pixels take the routes that features take.

Not in the paper, whose network learns within days to carry colours through its features. Here the
source's colours ride through the warp beside them, each voxel as opaque as the encoder says; what
arrives is looked at from the front, and the decoder only has to mend it.
"""

import torch
from torch import Tensor
from torch.nn import functional

CHANNELS = 4  # red, green, blue, opacity
KEPT_LOGIT = 2.0  # known pixels start with a share of 0.88
LIMIT = 0.95  # colours stay this far within [-1, 1], where tanh can still move them


def carry(source: Tensor, opacity_logits: Tensor) -> Tensor:
    """Give each voxel the colour of its column, as far as it is opaque.

    Args:
        source: (B, 3, S, S) in [-1, 1].
        opacity_logits: (B, 1, D, H, W).

    Returns:
        (B, 4, D, H, W): colours in [0, 1] times opacity, and opacity.
    """
    height, width = opacity_logits.shape[3:]
    colours = functional.adaptive_avg_pool2d((source + 1) / 2, (height, width))
    colours = functional.pad(colours, (0, 0, 0, 0, 0, 1), value=1.0)
    return colours[:, :, None] * torch.sigmoid(opacity_logits)


def render(volume: Tensor, size: int) -> Tensor:
    """Look at coloured voxels from the front.

    Args:
        volume: (B, 4, D, H, W) as `carry` makes it, index 0 of D nearest to the camera.
        size: side of the image in px.

    Returns:
        (B, 4, size, size): logits of the colours for tanh, and of the alpha for sigmoid.
    """
    colours, opacity = volume[:, :3], volume[:, 3:].clamp(0, 1)
    behind = torch.cumprod(1 - opacity, dim=2)
    seen = torch.cat([torch.ones_like(behind[:, :, :1]), behind[:, :, :-1]], dim=2)
    image = torch.cat([(seen * colours).sum(dim=2), (seen * opacity).sum(dim=2)], dim=1)
    image = functional.interpolate(image, size=(size, size), mode="bilinear")
    alpha = image[:, 3:]
    paint = 2 * image[:, :3] / alpha.clamp(min=1e-3) - 1
    return torch.cat([torch.atanh(paint.clamp(-LIMIT, LIMIT)) * alpha, 6 * alpha - 3], dim=1)


def fill_holes(image: Tensor, known: Tensor) -> Tensor:
    """Fill unknown pixels with the mean of the nearest known ones, coarse where those are far.

    Known pixels are averaged down a pyramid; each hole takes the finest level that saw any of
    them (the pull-push of Gortler et al. 1996, section 3.3).

    Args:
        image: (B, 3, S, S) in [-1, 1].
        known: (B, 1, S, S), 1 where the image is known.

    Returns:
        (B, 3, S, S) in [-1, 1]: the image where it is known; 0 where nothing is.
    """
    total, count = image * known, known
    levels = [(total, count)]
    while total.shape[-1] % 2 == 0 and total.shape[-1] > 1:
        total, count = functional.avg_pool2d(total, 2), functional.avg_pool2d(count, 2)
        levels.append((total, count))
    filled = torch.zeros_like(levels[-1][0])
    for total, count in reversed(levels):
        filled = functional.interpolate(filled, size=total.shape[-2:], mode="bilinear")
        # A level counts in full as soon as the quarter of a pixel's children were known.
        trust = (4 * count).clamp(max=1)
        filled = torch.lerp(filled, total / count.clamp(min=1e-6), trust)
    return torch.where(known > 0, image, filled)


def shine_through(source: Tensor, known: Tensor, painted: Tensor, keep: Tensor) -> Tensor:
    """Let known pixels shine through what is painted, whose holes start from their surroundings.

    Args:
        source: (B, 3, S, S) in [-1, 1].
        known: (B, 1, S, S) in [0, 1].
        painted: (B, 3, S, S) logits for tanh.
        keep: (B, 1, S, S) logits.

    Returns:
        (B, 3, S, S) in [-1, 1].
    """
    start = fill_holes(source.float(), (known > 0.5).float()).clamp(-LIMIT, LIMIT)
    kept = torch.sigmoid(keep + KEPT_LOGIT) * known
    return kept * source + (1 - kept) * torch.tanh(painted + torch.atanh(start))
