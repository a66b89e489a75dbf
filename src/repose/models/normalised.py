"""Layers of the variational U-Net: weight-normalised convolutions and what is made of them.

A weight is a direction and a length of its own (Salimans and Kingma 2016), and there is no other
normalisation.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

# A channel that varies less than this over the first batch tells no scale.
LEAST_VARIANCE = 1e-4


class NormalisedConv(nn.Conv2d):
    """A convolution g (V / |V|) * x + b: `gain` is g, `weight` V, `bias` b.

    Fresh, b is 0 and all of g are the spread: at 1, white input keeps its variance.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, spread: float = 1.0
    ) -> None:
        """Draw V from a normal distribution; the size is kept at stride 1.

        Args:
            inputs: channels.
            outputs: channels.
            kernel: side, odd.
            stride: as of any convolution.
            spread: standard deviation of the outputs after `measuring`.
        """
        super().__init__(inputs, outputs, kernel, stride, padding=kernel // 2)
        self.spread, self.measures = spread, False
        self.gain = nn.Parameter(torch.full((outputs,), spread))
        nn.init.normal_(self.weight, std=0.05)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (B, inputs, H, W); while it measures, set g and b first."""
        length = torch.linalg.vector_norm(self.weight, dim=(1, 2, 3), keepdim=True)
        if self.measures:
            self._measure(x, self.weight / length)
        weight = self.weight * (self.gain.view(-1, 1, 1, 1) / length)
        return functional.conv2d(x, weight, self.bias, self.stride, self.padding)

    @torch.no_grad()
    def _measure(self, x: Tensor, direction: Tensor) -> None:
        y = functional.conv2d(x, direction, None, self.stride, self.padding).float()
        variance, mean = torch.var_mean(y, (0, 2, 3), correction=0)
        gain = self.spread * torch.where(variance > LEAST_VARIANCE, variance.rsqrt(), 1.0)
        self.gain.copy_(gain)
        if self.bias is not None:
            self.bias.copy_(-mean * gain)


@contextmanager
def measuring(network: nn.Module) -> Iterator[None]:
    """Let the next pass set each convolution's g and b by the batch that it sees.

    Every channel then leaves with mean 0 and variance 1 (or the layer's spread squared) over that
    batch; one that does not vary keeps its scale. Nothing is dropped out meanwhile.
    """
    layers = [module for module in network.modules() if isinstance(module, NormalisedConv)]
    trained = network.training
    network.eval()
    for layer in layers:
        layer.measures = True
    try:
        yield
    finally:
        for layer in layers:
            layer.measures = False
        network.train(trained)


def conv(inputs: int, outputs: int, *, stride: int = 1) -> NormalisedConv:
    """Build a 3x3 convolution."""
    return NormalisedConv(inputs, outputs, 3, stride=stride)


def nin(inputs: int, outputs: int) -> NormalisedConv:
    """Build a 1x1 convolution, a network in network."""
    return NormalisedConv(inputs, outputs, 1)


class Residual(nn.Module):
    """x + conv(dropout(elu([x, nin(elu(a))]))), where a is a second input or none."""

    def __init__(self, channels: int, beside: int, dropout: float) -> None:
        """Build the block; `beside` counts the channels of a, 0 for none."""
        super().__init__()
        self.nin = nin(beside, channels) if beside else None
        self.conv = conv(2 * channels if beside else channels, channels)
        self.dropout = dropout

    def forward(self, x: Tensor, a: Tensor | None = None) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        y = functional.elu(x)
        if self.nin is not None and a is not None:
            y = torch.cat([y, functional.elu(self.nin(functional.elu(a)))], dim=1)
        if self.dropout:
            y = functional.dropout(y, self.dropout, self.training)
        return x + self.conv(y)


class Up(nn.Module):
    """Double the resolution: a convolution to four times the channels, then depth to space."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Build the layer."""
        super().__init__()
        self.conv = conv(inputs, 4 * outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, 2 H, 2 W)."""
        return functional.pixel_shuffle(self.conv(x), 2)
