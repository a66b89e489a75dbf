"""Losses on what a frozen network makes of two images: perceptual, Gram, nearest-neighbour."""

import torch
from torch import Tensor
from torch.nn import functional

from repose.losses.features import Features

# What lies beyond the border is this far off, so that nothing is nearest to it (Siarohin et al.).
FAR = -10_000.0


def perceptual(features: Features, generated: Tensor, target: Tensor) -> Tensor:
    """Compare two images by the L1 distance of their activations (Johnson et al. 2016).

    Where the form is scaled, each channel's distance is in units of its own spread (Balakrishnan
    et al. 2018).

    Returns:
        sum over depths of weight * mean |difference|; the target carries no gradient.
    """
    with torch.no_grad():
        wanted = features(target)
    distances = [
        (ours.float() - theirs.float()).abs()
        for ours, theirs in zip(features(generated), wanted, strict=True)
    ]
    if features.scales is not None:
        distances = [
            distance.mean((0, 2, 3)) / scale
            for distance, scale in zip(distances, features.scales, strict=True)
        ]
    weighted = [
        weight * distance.mean()
        for weight, distance in zip(features.weights, distances, strict=True)
    ]
    return torch.stack(weighted).sum()


def gram(features: Features, generated: Tensor, target: Tensor) -> Tensor:
    """Compare which activations come together, wherever they do: the style (Gatys et al. 2016).

    Of an activation F (C, H, W), taken as a matrix (C, H W), the Gram matrix is F F^T / (4 H W),
    the size that Esser et al.'s code gives it.

    Returns:
        sum over depths of mean |difference of Gram matrices|, over all C x C entries and images;
        each depth weighs 1 whatever the form; the target carries no gradient.
    """
    with torch.no_grad():
        wanted = [gram_matrix(activation) for activation in features(target)]
    distances = [
        (gram_matrix(ours) - theirs).abs().mean()
        for ours, theirs in zip(features(generated), wanted, strict=True)
    ]
    return torch.stack(distances).sum()


def gram_matrix(activation: Tensor) -> Tensor:
    """Return the Gram matrices (B, C, C) of (B, C, H, W), in float32, divided by 4 H W."""
    with torch.autocast(activation.device.type, enabled=False):
        flat = activation.float().flatten(2)
        return flat @ flat.mT / (4 * flat.shape[-1])


def nearest(features: Features, generated: Tensor, target: Tensor, window: int) -> Tensor:
    """Compare each place of the generated image with the target's most similar place nearby.

    Small shifts cost nothing, so the loss does not teach blur as L1 does (Siarohin et al. 2018).
    With g, t the first activations, and u in the n x n window about x,

        mean over x of min over u of sum_c |g_c(x) - t_c(u)|

    The paper sums over x; its code takes the mean. Nothing is nearest to what lies beyond the
    border. The place of the minimum is found without gradients, one shift after the other, so
    memory holds one difference instead of n^2.

    Args:
        features: of which the first activation counts; the form "nearest" computes no other.
        generated: (B, 3, H, W) in [-1, 1].
        target: (B, 3, H, W) in [-1, 1]; carries no gradient.
        window: n, odd; 1 compares place by place.
    """
    if window < 1 or window % 2 == 0:
        raise ValueError(f"a window of {window} has no middle")
    ours = features(generated)[0].float()
    with torch.no_grad():
        theirs = _nearest(ours, features(target)[0].float(), window)
    return (ours - theirs).abs().sum(1).mean()


def _nearest(ours: Tensor, theirs: Tensor, window: int) -> Tensor:
    """Return, at each place of `ours` (B, C, H, W), the most similar of `theirs` in the window."""
    height, width = ours.shape[-2:]
    padded = functional.pad(theirs, (window // 2,) * 4, value=FAR)
    pitch = padded.shape[-1]
    least = torch.full_like(ours[:, 0], torch.inf)  # (B, H, W)
    best = torch.zeros_like(least, dtype=torch.long)
    for dy in range(window):
        for dx in range(window):
            shifted = padded[..., dy : dy + height, dx : dx + width]
            distance = (ours - shifted).abs_().sum(1)
            nearer = distance < least
            least = torch.where(nearer, distance, least)
            best.masked_fill_(nearer, dy * pitch + dx)
    rows, columns = (torch.arange(side, device=ours.device) for side in (height, width))
    place = (best + rows[:, None] * pitch + columns).flatten(1)
    place = place[:, None].expand(-1, ours.shape[1], -1)
    return padded.flatten(2).gather(2, place).view_as(ours)
