"""The discriminator: is this a photograph of the source person in the target pose?"""

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.models.blocks import Bottleneck, GroupNorm, conv2d, init_he
from repose.models.pose import Factors, PoseMaps
from repose.skeleton import JOINTS

IMAGES = 6  # channels: source and candidate
KERNEL = 7
STRIDE = 2


class SeparableStem(nn.Module):
    """A 7x7 convolution over two images and a whole volume of heat maps, without that volume.

    The heat map of joint j at depth d is z[j, d] y[j] x[j], so with the kernel W[d, j]

        sum_d,j W[d, j] * (z[j, d] y[j] x[j]) = sum_j (sum_d z[j, d] W[d, j]) * (y[j] x[j])

    where * convolves. On the right depth is contracted into one small kernel per image, and the
    convolution of an outer product is two small matrix products. The algebra is exact; of the
    614 channels of the paper's size, 608 are never made.
    """

    def __init__(self, outputs: int, depth: int) -> None:
        """Build the layer for heat maps of `depth` slices."""
        super().__init__()
        self.depth = depth
        inputs = IMAGES + depth * len(JOINTS)
        # Stored as the dense convolution: channel d * J + j behind the images.
        self.weight = nn.Parameter(torch.empty(outputs, inputs, KERNEL, KERNEL))
        self.bias = nn.Parameter(torch.zeros(outputs))
        init_he(self)

    def forward(self, images: Tensor, maps: Factors) -> Tensor:
        """Convolve images (B, 6, S, S) and heat maps to (B, outputs, S / 2, S / 2)."""
        weight, heat = self.weight[:, :IMAGES], self.weight[:, IMAGES:]
        seen = functional.conv2d(images, weight, self.bias, STRIDE, KERNEL // 2)
        heat = heat.unflatten(1, (self.depth, len(JOINTS)))
        kernel = torch.einsum("bjd,odjhw->bjohw", maps.z, heat)
        across = torch.einsum("bjohw,bjcw->bjhoc", kernel, _windows(maps.x))
        felt = torch.einsum("bjrh,bjhoc->borc", _windows(maps.y), across)
        return seen + felt

    def dense(self, images: Tensor, volume: Tensor) -> Tensor:
        """Convolve with the heat maps (B, J, D, S, S) written out: the plain form, to compare."""
        maps = volume.transpose(1, 2).flatten(1, 2)
        inputs = torch.cat([images, maps], dim=1)
        return functional.conv2d(inputs, self.weight, self.bias, STRIDE, KERNEL // 2)


def _windows(factor: Tensor) -> Tensor:
    """Cut (B, J, S) into what the kernel sees at each of its stops: (B, J, S / 2, 7)."""
    return functional.pad(factor, (KERNEL // 2, KERNEL // 2)).unfold(-1, KERNEL, STRIDE)


class Discriminator(nn.Module):
    """A pre-activation ResNet-50 up to its third block, on images and heat maps."""

    def __init__(
        self,
        maps: PoseMaps,
        *,
        stem: int,
        widths: tuple[int, ...],
        units: tuple[int, ...],
        groups: int,
        compat: Collection[str],
    ) -> None:
        """Build the network.

        Args:
            maps: draws the target pose at image resolution.
            stem: channels of the first convolution.
            widths: channels of the blocks.
            units: bottlenecks per block; the last of each halves the resolution.
            groups: most groups of each normalisation.
            compat: of the options of `warp3d.COMPAT`: `batch_logit`.
        """
        super().__init__()
        self.maps = maps
        self.batch_logit = "batch_logit" in compat
        self.stem = SeparableStem(stem, maps.grid[0])
        blocks: list[nn.Module] = []
        inputs = stem
        for width, count in zip(widths, units, strict=True):
            for unit in range(count):
                stride = 2 if unit == count - 1 else 1
                blocks.append(Bottleneck(inputs, width, groups, stride=stride))
                inputs = width
        self.body = nn.Sequential(*blocks)
        self.norm = GroupNorm(groups, inputs)
        self.head = conv2d(inputs, 1, 3)

    def forward(
        self, source: Tensor, image: Tensor, source_joints: Tensor, target_joints: Tensor
    ) -> Tensor:
        """Judge images.

        Args:
            source: (B, 3, S, S) in [-1, 1].
            image: (B, 3, S, S), true or generated.
            source_joints: (B, J, 3) in px; this one does not look at them.
            target_joints: (B, J, 3) in px.

        Returns:
            (B,) logits, positive for true, in float32.
        """
        x = self.stem(torch.cat([source, image], dim=1), self.maps.factors(target_joints))
        x = functional.max_pool2d(x, 3, stride=2, padding=1)
        x = self.head(functional.relu(self.norm(self.body(x))))
        logits = x.float().mean(dim=(1, 2, 3))
        return logits.mean().expand_as(logits) if self.batch_logit else logits
