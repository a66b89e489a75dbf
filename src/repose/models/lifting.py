"""The lifting encoder: an image to a volume of features, its depth learned (Knoche et al. 3.1)."""

from torch import Tensor, nn
from torch.nn import functional

from repose.models.blocks import Bottleneck, GroupNorm, Residual3d, conv2d, init_he


class LiftingEncoder(nn.Module):
    """E_2D, lift, E_3D: a ResNet, a split of its channels into depths, 3D residual blocks.

    The ResNet keeps the resolution of the volume from its first layers on; where deeper blocks
    would have lost resolution, they are dilated. The original builds the rest of its ResNet (two
    more blocks, 22 M weights), which nothing reads, and hands it a channel of noise that it drops.
    """

    def __init__(
        self,
        stride: int,
        depth: int,
        channels: int,
        *,
        stem: int,
        widths: tuple[int, ...],
        units: tuple[int, ...],
        units3d: int,
        groups: int,
        rows: bool,
    ) -> None:
        """Build the network.

        Args:
            stride: image px per voxel along x and y: 1, 2 or 4.
            depth: voxels along z.
            channels: features per voxel.
            stem: channels of the first convolution.
            widths: channels of the blocks.
            units: bottlenecks per block.
            units3d: 3D residual blocks.
            groups: most groups of each normalisation.
            rows: as in `GroupNorm`, in 3D.
        """
        super().__init__()
        self.pool = stride == 4
        self.stem = conv2d(3, stem, 7, stride=min(stride, 2))
        init_he(self.stem)
        blocks: list[nn.Module] = []
        inputs = stem
        for index, (width, count) in enumerate(zip(widths, units, strict=True)):
            for _ in range(count):
                blocks.append(Bottleneck(inputs, width, groups, dilation=2**index))
                inputs = width
        self.body = nn.Sequential(*blocks)
        self.norm = GroupNorm(groups, inputs)
        self.lift = conv2d(inputs, depth * channels, 3)
        self.depth = depth
        self.body3d = nn.Sequential(
            *(Residual3d(channels, groups, rows=rows) for _ in range(units3d))
        )

    def forward(self, source: Tensor) -> Tensor:
        """Map an image (B, 3, S, S) in [-1, 1] to a volume (B, C, D, S / stride, S / stride)."""
        x = self.stem(source)
        if self.pool:
            x = functional.max_pool2d(x, 3, stride=2, padding=1)
        x = self.lift(functional.relu(self.norm(self.body(x))))
        # Channel c of depth d stands at d * C + c, as in the original's reshape.
        volume = x.unflatten(1, (self.depth, -1)).transpose(1, 2)
        features: Tensor = self.body3d(volume)
        return features
