"""The U-Net of Balakrishnan et al. 2018, which takes a pose at half its resolution."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.models.blocks import conv2d, double

LEAK = 0.2


class UNet(nn.Module):
    """Down by strided convolutions, up by bilinear doubling beside what was seen on the way down.

    No normalisation anywhere; leaky ReLU after each convolution. The original's doubling samples
    between corners, not between edges, and its strided convolutions pad on one side only: shifts
    of half a pixel that its weights learn to undo. Here both are centred.
    """

    def __init__(
        self,
        inputs: int,
        pose: int,
        encoder: tuple[int, ...],
        decoder: tuple[int, ...],
        kernel: int,
    ) -> None:
        """Build the network.

        Args:
            inputs: channels of the image.
            pose: channels of the pose, which joins at half the resolution.
            encoder: channels of the convolutions on the way down: one at full resolution, then
                two for each level, of which the first halves the resolution.
            decoder: channels of the convolutions on the way up, one for each level.
            kernel: side of the first convolution's kernel, px; the others have 3.
        """
        super().__init__()
        ladder = (inputs, *encoder)
        self.down = nn.ModuleList(
            conv2d(
                ladder[index] + (pose if index == 2 else 0),
                width,
                3 if index else kernel,
                stride=1 + index % 2,
            )
            for index, width in enumerate(encoder)
        )
        skips = encoder[-3::-2]
        self.up = nn.ModuleList(
            conv2d(below + skip, width, 3)
            for below, skip, width in zip((encoder[-1], *decoder), skips, decoder, strict=False)
        )

    def forward(self, x: Tensor, pose: Tensor) -> Tensor:
        """Map an image (B, inputs, S, S) and a pose (B, pose, S/2, S/2) to (B, C, S, S)."""
        skips = []
        for index, conv in enumerate(self.down):
            if index == 2:
                x = torch.cat([x, pose.to(x.dtype)], dim=1)
            x = functional.leaky_relu(conv(x), LEAK, inplace=True)
            if index % 2 == 0:
                skips.append(x)
        skips.pop()
        for conv in self.up:
            x = torch.cat([double(x), skips.pop()], dim=1)
            x = functional.leaky_relu(conv(x), LEAK, inplace=True)
        return x
