"""The two generators of Ma et al. 2017: one draws a person anew, one mends the drawing."""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.models.blocks import conv2d, init_glorot


class Coarse(nn.Module):
    """G1: a residual U-Net around one fully connected code."""

    def __init__(
        self, inputs: int, shape: tuple[int, int], *, width: int, levels: int, code: int
    ) -> None:
        """Build the network.

        Args:
            inputs: channels of image and pose.
            shape: (H, W) px of the images; multiples of 2^(levels - 1).
            width: channels of the finest level; each level below has as many more.
            levels: resolutions, each half the one above.
            code: numbers in the middle.
        """
        super().__init__()
        widths = [width * (level + 1) for level in range(levels)]
        self.stem = conv2d(inputs, width, 3)
        self.encoder = nn.ModuleList(Residual(channels) for channels in widths)
        self.down = nn.ModuleList(conv2d(a, b, 3, stride=2) for a, b in pairwise(widths))
        height, breadth = (side >> (levels - 1) for side in shape)
        self.bottom = (width, height, breadth)
        self.squeeze = nn.Linear(widths[-1] * height * breadth, code)
        self.spread = nn.Linear(code, width * height * breadth)
        below = [width, *widths[-2::-1]]  # what comes to each level from below, coarse to fine
        sums = [a + b for a, b in zip(below, reversed(widths), strict=True)]
        self.decoder = nn.ModuleList(Residual(channels) for channels in sums)
        self.narrow = nn.ModuleList(
            conv2d(a, b, 1) for a, b in zip(sums[:-1], below[1:], strict=True)
        )
        self.head = conv2d(sums[-1], 3, 3)
        for layer in (self.squeeze, self.spread):
            init_glorot(layer)

    def forward(self, x: Tensor) -> Tensor:
        """Map image and pose (B, inputs, H, W) to an image (B, 3, H, W), not bounded."""
        x = functional.relu(self.stem(x))
        skips = []
        for level, block in enumerate(self.encoder):
            if level:
                x = functional.relu(self.down[level - 1](x))
            x = block(x)
            skips.append(x)
        x = self.spread(self.squeeze(x.flatten(1))).unflatten(1, self.bottom)
        for level, block in enumerate(self.decoder):
            x = block(torch.cat([x, skips.pop().to(x.dtype)], dim=1))
            if skips:
                # A 1x1 convolution before the doubling is the same as after it, at a quarter.
                x = repeat(functional.relu(self.narrow[level](x)))
        drawn: Tensor = self.head(x)
        return drawn


class Fine(nn.Module):
    """G2: a U-Net that draws the difference between a coarse image and a good one."""

    def __init__(self, width: int, levels: int, *, bare: bool) -> None:
        """Build the network.

        Args:
            width: channels of the finest level and of all on the way up.
            levels: resolutions, each half the one above.
            bare: leave out the finest level's skip.
        """
        super().__init__()
        self.bare = bare
        widths = [width * (level + 1) for level in range(levels)]
        self.stem = conv2d(6, width, 3)
        self.encoder = nn.ModuleList(
            Pair(a, b) for a, b in zip([width, *widths[:-1]], widths, strict=True)
        )
        self.down = nn.ModuleList(conv2d(a, a, 3, stride=2) for a in widths[:-1])
        below = [widths[-1]] + [width] * (levels - 1)
        skips = [0 if bare and channels == width else channels for channels in widths[::-1]]
        self.decoder = nn.ModuleList(Pair(a + b, width) for a, b in zip(below, skips, strict=True))
        self.head = conv2d(width, 3, 3)
        nn.init.zeros_(self.head.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map coarse image and source (B, 6, H, W) to a difference (B, 3, H, W), not bounded."""
        x = functional.relu(self.stem(x))
        skips = []
        for level, pair in enumerate(self.encoder):
            if level:
                x = functional.relu(self.down[level - 1](x))
            x = pair(x)
            skips.append(x)
        # The lowest level meets itself as its own skip, as in the original.
        for pair in self.decoder:
            skip = skips.pop()
            x = pair(x if self.bare and not skips else torch.cat([x, skip], dim=1))
            if skips:
                x = repeat(x)
        drawn: Tensor = self.head(x)
        return drawn


class Pair(nn.Module):
    """Two 3x3 convolutions, a ReLU behind each."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Build the layers."""
        super().__init__()
        self.conv1 = conv2d(inputs, outputs, 3)
        self.conv2 = conv2d(outputs, outputs, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H, W)."""
        return functional.relu(self.conv2(functional.relu(self.conv1(x))))


class Residual(Pair):
    """The same beside an identity."""

    def __init__(self, channels: int) -> None:
        """Build the layers."""
        super().__init__(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        return x + super().forward(x)


def bound(x: Tensor) -> Tensor:
    """Cut off what leaves [-1, 1], but let its gradient pass, so that it can come back."""
    bounded: Tensor = _Bound.apply(x)
    return bounded


class _Bound(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clamp(-1, 1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient


def repeat(x: Tensor) -> Tensor:
    """Double the resolution of (B, C, H, W) by repeating pixels."""
    return functional.interpolate(x, scale_factor=2, mode="nearest")
