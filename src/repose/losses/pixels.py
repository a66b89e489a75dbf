"""L1: the absolute difference of two images, over all pixels or within a mask."""

import torch
from torch import Tensor


def l1(generated: Tensor, target: Tensor) -> Tensor:
    """Average the absolute difference over all pixels and channels."""
    return (generated.float() - target.float()).abs().mean()


def l1_foreground(generated: Tensor, target: Tensor, foreground: Tensor) -> Tensor:
    """Average the absolute difference over the pixels of a mask; 0 where the mask is empty.

    Args:
        generated: (B, 3, H, W).
        target: (B, 3, H, W).
        foreground: (B, 1, H, W), bool or in [0, 1]; all images of the batch share one average.
    """
    weight = foreground.to(torch.float32)
    difference = (generated.float() - target.float()).abs().mean(dim=1, keepdim=True)
    return (difference * weight).sum() / weight.sum().clamp(min=1)


def l1_masked(generated: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Average |difference| * mask over all pixels and channels.

    Unlike `l1_foreground` it divides by the size of the image, not of the mask: a small person
    counts for less. With `l1` of equal weight it is the pose mask loss of Ma et al. (2017), the
    mean of |(generated - target) * (1 + mask)|.

    Args:
        generated: (B, 3, H, W).
        target: (B, 3, H, W).
        mask: (B, 1, H, W), bool or in [0, 1].
    """
    return ((generated.float() - target.float()).abs() * mask.to(torch.float32)).mean()
