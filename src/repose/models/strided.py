"""The layers of a U-Net that halves and doubles by strided convolutions (Isola et al. 2017)."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.models.blocks import GroupNorm, conv2d, init_glorot

SLOPE = 0.2  # of the leaky ReLU in encoders and critics


class LayerNorm(nn.Module):
    """What the original of Siarohin et al. 2018 calls an instance normalisation.

    One mean and one deviation per image, over all channels and pixels, one scale and one shift for
    all of them; it divides by (deviation + 1e-3).
    """

    def __init__(self) -> None:
        """Start from scale 1 and shift 0."""
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (B, C, H, W) in float32; keeps the input's type."""
        exact = x.float()
        mean = exact.mean((1, 2, 3), keepdim=True)
        # At 0 a root has no slope; the clamp gives it slope 0.
        deviation = (exact - mean).square().mean((1, 2, 3), keepdim=True).clamp(min=1e-12).sqrt()
        return ((exact - mean) / (deviation + 1e-3) * self.weight + self.bias).to(x.dtype)


NORMS: Mapping[str, Callable[[int], nn.Module]] = {
    "instance": lambda channels: GroupNorm(channels, channels),
    "layer": lambda _channels: LayerNorm(),
    "none": lambda _channels: nn.Identity(),
}


def norm(kind: str, channels: int) -> nn.Module:
    """Build one of `NORMS`; "instance" has a scale and a shift per channel."""
    return NORMS[kind](channels)


class Down(nn.Module):
    """Leaky ReLU, a 4 x 4 convolution of stride 2 without bias, a normalisation."""

    def __init__(self, inputs: int, outputs: int, kind: str) -> None:
        """Build the block; `kind` is one of `NORMS`."""
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 4, 2, padding=1, bias=False)
        init_glorot(self.conv)
        self.norm = norm(kind, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H // 2, W // 2)."""
        normal: Tensor = self.norm(self.conv(functional.leaky_relu(x, SLOPE)))
        return normal


class Up(nn.Module):
    """ReLU, a transposed 4 x 4 convolution of stride 2 without bias, a normalisation, dropout."""

    def __init__(self, inputs: int, outputs: int, kind: str, dropout: float) -> None:
        """Build the block; `kind` is one of `NORMS`, `dropout` the share of zeroed features."""
        super().__init__()
        self.conv = nn.ConvTranspose2d(inputs, outputs, 4, 2, padding=1, bias=False)
        init_glorot(self.conv)
        self.norm = norm(kind, outputs)
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, 2 H, 2 W)."""
        normal: Tensor = self.norm(self.conv(functional.relu(x)))
        return functional.dropout(normal, self.dropout, self.training)


class Encoder(nn.Module):
    """A 3 x 3 convolution, then blocks that halve the resolution; the last is not normalised."""

    def __init__(self, inputs: int, widths: Sequence[int], kind: str) -> None:
        """Build the network; `widths` are the channels of its levels, finest first."""
        super().__init__()
        self.stem = conv2d(inputs, widths[0], 3)
        kinds = [kind] * (len(widths) - 2) + ["none"]
        self.body = nn.ModuleList(
            Down(one, other, kind)
            for one, other, kind in zip(widths[:-1], widths[1:], kinds, strict=True)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map (B, inputs, H, W) to the features of all levels, finest first."""
        levels = [self.stem(x)]
        for block in self.body:
            levels.append(block(levels[-1]))
        return levels


class Decoder(nn.Module):
    """Blocks that double the resolution, each of which sees a level of an encoder, too."""

    def __init__(
        self, skips: Sequence[int], widths: Sequence[int], kind: str, dropout: float, dropped: int
    ) -> None:
        """Build the network.

        Args:
            skips: channels of the encoder's levels, finest first.
            widths: channels of the blocks, coarsest first, one fewer than levels.
            kind: one of `NORMS`.
            dropout: share of features that are zeroed in training.
            dropped: the number of blocks, the coarsest first, that have dropout.
        """
        super().__init__()
        self.body = nn.ModuleList()
        inputs = skips[-1]
        for index, (width, skip) in enumerate(zip(widths, reversed(skips[:-1]), strict=True)):
            self.body.append(Up(inputs, width, kind, dropout if index < dropped else 0.0))
            inputs = width + skip
        self.head = conv2d(inputs, 3, 3)

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Map the features of all levels, finest first, to (B, 3, H, W), not yet squashed."""
        x = levels[-1]
        for block, skip in zip(self.body, reversed(levels[:-1]), strict=True):
            x = torch.cat([block(x), skip], dim=1)
        drawn: Tensor = self.head(functional.relu(x))
        return drawn
