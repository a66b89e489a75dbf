"""The conditional variational U-Net (Esser et al. 2018), wired as their code is.

Latents are Gaussians of variance 1: a mean is all that posterior and prior have to say.
"""

from collections.abc import Sequence
from itertools import islice, pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.models.normalised import NormalisedConv, Residual, Up, conv, nin

GROUPS = 4  # of the autoregressive prior: the pixels of each 2 x 2 block, one after the other
SMALL = 0.1  # how far a decoder that mends a given image first strays from it


class Encoder(nn.Module):
    """Towards the bottleneck: residual blocks per scale, each scale at half the resolution."""

    def __init__(self, inputs: int, widths: Sequence[int], blocks: int, dropout: float) -> None:
        """Build the network.

        Args:
            inputs: channels of the image.
            widths: channels of the scales, fine to coarse.
            blocks: residual blocks per scale.
            dropout: probability.
        """
        super().__init__()
        self.blocks = blocks
        self.stem = nin(inputs, widths[0])
        self.body = nn.ModuleList(Residual(w, 0, dropout) for w in widths for _ in range(blocks))
        self.down = nn.ModuleList(conv(a, b, stride=2) for a, b in pairwise(widths))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return what every residual block makes of (B, inputs, H, W), fine to coarse."""
        x, made = self.stem(x), []
        for index, block in enumerate(self.body):
            if index and index % self.blocks == 0:
                x = self.down[index // self.blocks - 1](x)
            x = block(x)
            made.append(x)
        return made


class Posterior(nn.Module):
    """What the person looks like: a latent map at each of the coarsest scales."""

    def __init__(
        self, widths: Sequence[int], blocks: int, dropout: float, *, idle: bool = False
    ) -> None:
        """Build the network on top of an `Encoder`.

        Args:
            widths: channels of the encoder's scales that have latents, coarse to fine; for
                `idle`, of the next one, too.
            blocks: residual blocks per scale, even: half of them before the latent is drawn.
            dropout: probability.
            idle: hold the weights, too, that the original has behind its last latent and that
                no result hangs on.
        """
        super().__init__()
        self.blocks = count = blocks // 2
        latent = widths[:-1] if idle else widths
        self.stem = nin(widths[0], widths[0])
        self.before = _residuals(latent, count, dropout)
        self.mean = nn.ModuleList(conv(width, width) for width in latent)
        self.after = _residuals(widths[:-1], count, dropout, latent=True)
        self.up = nn.ModuleList(Up(a, b) for a, b in pairwise(widths))
        self.idle = _residuals(widths[-1:], count, dropout) if idle else None

    def forward(self, seen: list[Tensor], *, sample: bool) -> tuple[list[Tensor], list[Tensor]]:
        """Infer the latents.

        Args:
            seen: what an `Encoder` returns.
            sample: draw latents; else they are the means.

        Returns:
            Means and latents, coarse to fine, float32.
        """
        seen = list(seen)
        x = self.stem(seen[-1])
        means: list[Tensor] = []
        latents: list[Tensor] = []
        for scale, infer in enumerate(self.mean):
            if scale:
                for block in _of(self.after, scale - 1, self.blocks):
                    beside = seen.pop()
                    x = block(x, torch.cat([beside, latents[-1].to(beside.dtype)], dim=1))
                x = self.up[scale - 1](x)
            for block in _of(self.before, scale, self.blocks):
                x = block(x, seen.pop())
            mean = infer(x).float()
            means.append(mean)
            latents.append(mean + torch.randn_like(mean) if sample else mean)
        return means, latents


class Prior(nn.Module):
    """What a latent map may be, given the pose: a mean for each group of its pixels.

    The four pixels of each 2 x 2 block are four groups; each group's mean hangs on the latents of
    the groups before it. A map of a single pixel is a group of its own.
    """

    def __init__(self, channels: int, dropout: float, *, single: bool) -> None:
        """Build the network; `single` for a map of one pixel."""
        super().__init__()
        wide = channels if single else GROUPS * channels
        count = 1 if single else GROUPS
        self.first = None if single else Residual(channels, 0, dropout)
        self.mean = nn.ModuleList(conv(wide, channels) for _ in range(count))
        self.next = nn.ModuleList(Residual(wide, channels, dropout) for _ in range(count - 1))

    def forward(self, x: Tensor, latent: Tensor) -> Tensor:
        """Return the means at features (B, C, H, W), given what of the latent came before."""
        if self.first is None:
            mean: Tensor = self.mean[0](x)
            return mean.float()
        groups = split_groups(latent.to(x.dtype))
        x = functional.pixel_unshuffle(self.first(x), 2)
        means = [self.mean[0](x).float()]
        for infer, follow, known in zip(self.mean[1:], self.next, groups[:-1], strict=True):
            x = follow(x, known)
            means.append(infer(x).float())
        return merge_groups(means)


class Decoder(nn.Module):
    """From the pose and the latents to the image."""

    def __init__(
        self,
        widths: Sequence[int],
        latents: int,
        blocks: int,
        dropout: float,
        *,
        single: bool,
        mends: bool,
    ) -> None:
        """Build the network on top of an `Encoder` of the pose.

        Args:
            widths: channels of the encoder's scales, coarse to fine.
            latents: how many of them, the coarsest, have a latent map.
            blocks: residual blocks per scale, even.
            dropout: probability.
            single: the coarsest map is a single pixel.
            mends: the image is added to another one, so it begins small; a fourth channel chooses
                between two of them.
        """
        super().__init__()
        self.blocks = count = blocks // 2
        seen = widths[:latents]
        self.stem = nin(widths[0], widths[0])
        self.before = _residuals(widths, count, dropout)
        self.prior = nn.ModuleList(
            Prior(width, dropout, single=single and scale == 0) for scale, width in enumerate(seen)
        )
        self.feed = nn.ModuleList(nin(2 * w, w) for w in seen for _ in range(count))
        self.after = _residuals(widths, count, dropout)
        self.up = nn.ModuleList(Up(a, b) for a, b in pairwise(widths))
        self.head = NormalisedConv(widths[-1], 3 + mends, 3, spread=SMALL if mends else 1.0)

    def forward(
        self, pose: list[Tensor], latents: list[Tensor], *, prior: bool
    ) -> tuple[Tensor, list[Tensor]]:
        """Draw the image.

        Args:
            pose: what an `Encoder` returns.
            latents: coarse to fine.
            prior: tell the prior's means, too, which the image does not hang on.

        Returns:
            The image (B, 3 or 4, H, W), not bounded, float32; and the means, coarse to fine.
        """
        pose, means = list(pose), []
        x = self.stem(pose[-1])
        for scale in range(len(self.up) + 1):
            if scale:
                x = self.up[scale - 1](x)
            for block in _of(self.before, scale, self.blocks):
                x = block(x, pose.pop())
            latent = latents[scale].to(x.dtype) if scale < len(latents) else None
            if latent is not None and prior:
                means.append(self.prior[scale](x, latent))
            for index, block in enumerate(_of(self.after, scale, self.blocks)):
                if latent is not None:
                    feed = self.feed[scale * self.blocks + index]
                    x = feed(torch.cat([x, latent], dim=1))
                x = block(x, pose.pop())
        return self.head(x).float(), means


def _residuals(
    widths: Sequence[int], count: int, dropout: float, *, latent: bool = False
) -> nn.ModuleList:
    """Build blocks with a second input, `count` per scale; `latent` where a latent joins it."""
    return nn.ModuleList(
        Residual(width, 2 * width if latent else width, dropout)
        for width in widths
        for _ in range(count)
    )


def _of(blocks: nn.ModuleList, scale: int, count: int) -> "islice[nn.Module]":
    """Return the blocks of a scale."""
    return islice(blocks, scale * count, (scale + 1) * count)


def split_groups(latent: Tensor) -> list[Tensor]:
    """Split (B, C, 2 H, 2 W) into the four pixels of its 2 x 2 blocks, (B, C, H, W) each."""
    blocks = functional.pixel_unshuffle(latent, 2)
    return list(blocks.unflatten(1, (-1, GROUPS)).unbind(2))


def merge_groups(groups: list[Tensor]) -> Tensor:
    """Undo `split_groups`."""
    return functional.pixel_shuffle(torch.stack(groups, 2).flatten(1, 2), 2)


def divergence(posterior: list[Tensor], prior: list[Tensor]) -> Tensor:
    """Sum the KL divergences of Gaussians of variance 1, averaged over the batch: 0.5 (q - p)^2.

    Args:
        posterior: the means q of each scale, (B, C, H, W).
        prior: the means p.
    """
    pairs = zip(posterior, prior, strict=True)
    return torch.stack([0.5 * (q - p).square().sum((1, 2, 3)).mean() for q, p in pairs]).sum()
