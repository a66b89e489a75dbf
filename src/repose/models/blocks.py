"""Layers that several networks share: residual blocks, normalisation, partial convolution.

Residual blocks follow He et al. 2016 ("Identity mappings"): normalise, activate, convolve.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

# The standard deviation of a unit normal that is cut off at two of its own.
_CUT_NORMAL_STD = 0.87962566


class Model(nn.Module):
    """A generator and its critic."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module | None) -> None:
        """Hold both; without a discriminator there is no adversarial loss."""
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator


class GroupNorm(nn.GroupNorm):
    """Group normalisation (Wu and He 2018) that computes in float32 and keeps the input's type.

    Autocast would return float32 and double the bytes of everything up to the next convolution;
    the kernels themselves accumulate in float32, which is all that the statistics need.
    """

    def __init__(self, most_groups: int, channels: int, *, rows: bool = False) -> None:
        """Use as many groups as divide the channels, at most `most_groups`.

        Args:
            most_groups: 32 in the paper.
            channels: of the input.
            rows: keep statistics per row of a volume, as the original does by accident (TensorFlow
                1 reduced over the last two spatial axes only).
        """
        groups = max(n for n in range(1, most_groups + 1) if channels % n == 0)
        super().__init__(groups, channels, eps=1e-5)
        self.rows = rows

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (B, C, H, W) or (B, C, D, H, W)."""
        if not (self.rows and x.dim() == 5):
            return self._normalise(x)
        rows = x.permute(0, 3, 1, 2, 4)  # (B, H, C, D, W)
        y = self._normalise(rows.flatten(0, 1)).unflatten(0, rows.shape[:2])
        return y.permute(0, 2, 3, 1, 4)

    def _normalise(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            weight, bias = self.weight.to(x.dtype), self.bias.to(x.dtype)
            return functional.group_norm(x, self.num_groups, weight, bias, self.eps)


def init_he(convolution: nn.Module) -> None:
    """Draw weights from a cut normal of variance 2 / fan-in (He et al. 2015), zero the bias."""
    weight = convolution.weight
    if not isinstance(weight, Tensor):
        raise TypeError("not a convolution")
    fan_in = weight[0].numel()
    std = math.sqrt(2 / fan_in) / _CUT_NORMAL_STD
    nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)
    _zero_bias(convolution)


def init_glorot(convolution: nn.Module) -> None:
    """Draw weights from Glorot and Bengio's uniform distribution (2010), zero the bias."""
    if isinstance(convolution.weight, Tensor):
        nn.init.xavier_uniform_(convolution.weight)
    _zero_bias(convolution)


def _zero_bias(convolution: nn.Module) -> None:
    if isinstance(convolution.bias, Tensor):
        nn.init.zeros_(convolution.bias)


def conv2d(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, bias: bool = True
) -> nn.Conv2d:
    """Build a 2D convolution that keeps the size at stride 1, with Glorot's weights."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=bias)
    init_glorot(layer)
    return layer


def conv3d(inputs: int, outputs: int) -> nn.Conv3d:
    """Build a 3x3x3 convolution that keeps the size, with Glorot's weights."""
    layer = nn.Conv3d(inputs, outputs, 3, padding=1)
    init_glorot(layer)
    return layer


class Residual3d(nn.Module):
    """A pre-activation residual block on volumes: two 3x3x3 convolutions around an identity."""

    def __init__(self, channels: int, groups: int, *, rows: bool = False) -> None:
        """Build the block; `rows` as in `GroupNorm`."""
        super().__init__()
        self.norm1 = GroupNorm(groups, channels, rows=rows)
        self.conv1 = conv3d(channels, channels)
        self.norm2 = GroupNorm(groups, channels, rows=rows)
        self.conv2 = conv3d(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, D, H, W) to the same shape."""
        y = self.conv1(functional.relu(self.norm1(x), inplace=True))
        y = self.conv2(functional.relu(self.norm2(y), inplace=True))
        return y.add_(x)


class Bottleneck(nn.Module):
    """A pre-activation bottleneck on images: 1x1, 3x3, 1x1 around a shortcut.

    The shortcut is a 1x1 convolution where the number of channels changes, else the identity.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        groups: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        up: bool = False,
        norm: bool = True,
    ) -> None:
        """Build the block.

        Args:
            inputs: channels.
            outputs: channels; a quarter of them between the 1x1 convolutions.
            groups: most groups of each normalisation.
            stride: every how manieth pixel is kept.
            dilation: of the 3x3 convolution.
            up: double the resolution bilinearly, after the first 1x1: a choice, for there are the
                fewest channels. To double the input gives other values: normalisation and ReLU
                do not commute with an interpolation.
            norm: normalise inside the block; without, the inner convolutions carry a bias.
        """
        super().__init__()
        middle = outputs // 4
        self.stride, self.up = stride, up
        self.norm = GroupNorm(groups, inputs)
        self.shortcut = conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.conv1 = nn.Conv2d(inputs, middle, 1, bias=not norm)
        self.norm1 = GroupNorm(groups, middle) if norm else nn.Identity()
        self.conv2 = nn.Conv2d(
            middle, middle, 3, stride, padding=dilation, dilation=dilation, bias=not norm
        )
        self.norm2 = GroupNorm(groups, middle) if norm else nn.Identity()
        self.conv3 = nn.Conv2d(middle, outputs, 1)
        for layer in (self.conv1, self.conv2, self.conv3):
            (init_he if norm else init_glorot)(layer)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H', W')."""
        y = functional.relu(self.norm(x), inplace=True)
        # He et al.: where channels change, the shortcut starts from the activated input.
        skip = x if isinstance(self.shortcut, nn.Identity) else y
        skip = self.shortcut(skip[..., :: self.stride, :: self.stride])
        y = functional.relu(self.norm1(self.conv1(y)), inplace=True)
        if self.up:
            skip, y = double(skip), double(y)
        y = functional.relu(self.norm2(self.conv2(y)), inplace=True)
        return self.conv3(y).add_(skip)


def double(x: Tensor) -> Tensor:
    """Double the resolution of (B, C, H, W) bilinearly."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class PartialConv(nn.Module):
    """A convolution that sees known pixels only and makes up for the others (Liu et al. 2018).

    Y = W (X . M) * size(M) / sum(M) + b where the kernel sees any known pixel, and b elsewhere.
    A mask is the same for all channels that come from one place, so its sum is an average pool of
    one channel; the original convolves it with a full kernel of ones, half of all its arithmetic.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, original_ratio: bool
    ) -> None:
        """Build the layer.

        Args:
            inputs: channels.
            outputs: channels.
            kernel: side, odd.
            stride: as of any convolution.
            original_ratio: divide by the sum over channels too but multiply by the size of one
                channel, as the original does: 1 / inputs of what the paper says.
        """
        super().__init__()
        self.conv = conv2d(inputs, outputs, kernel, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.kernel, self.stride = kernel, stride
        self.gain = 1 / inputs if original_ratio else 1.0

    def forward(self, x: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve.

        Args:
            x: (B, inputs, H, W), zero where unknown.
            known: (B, 1, H, W) share of the channels known at each pixel, in [0, 1].

        Returns:
            (B, outputs, H', W') and the new mask (B, 1, H', W'), 1 where anything was seen.
        """
        with torch.no_grad():
            # Zeros beyond the border count as unknown, so the border is made up for, too.
            share = functional.avg_pool2d(
                known.float(), self.kernel, self.stride, padding=self.kernel // 2
            )
            seen = (share > 0).to(share.dtype)
            ratio = self.gain * seen / share.clamp(min=torch.finfo(share.dtype).tiny)
        y = functional.conv2d(x, self.conv.weight, None, self.stride, self.kernel // 2)
        return y * ratio.to(y.dtype) + self.bias.to(y.dtype).view(-1, 1, 1), seen


def channels_last(network: nn.Module) -> nn.Module:
    """Store the weights of all convolutions channels last, for 2D and for 3D; returns its input.

    Convolutions then compute in that layout whatever comes in. Worth 1.2x on a CPU, and what the
    tensor cores of a GPU want.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)
        elif isinstance(layer, nn.Conv3d):
            layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last_3d)
    return network
