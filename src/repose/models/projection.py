"""The projection decoder: warped features and target pose to the person's image and outline."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.models.blocks import Bottleneck, GroupNorm, Residual3d, conv2d


class ProjectionDecoder(nn.Module):
    """D_3D, flattening, D_2D: 3D residual blocks, depths stacked as channels, a rising ResNet."""

    def __init__(
        self,
        channels: int,
        depth: int,
        *,
        units3d: int,
        widths: tuple[int, ...],
        ups: tuple[int, ...],
        groups: int,
        rows: bool,
        norm: bool,
    ) -> None:
        """Build the network.

        Args:
            channels: of the features and the encoded pose together.
            depth: voxels along z.
            units3d: 3D residual blocks.
            widths: channels of the bottlenecks.
            ups: indices of the bottlenecks that double the resolution.
            groups: most groups of each normalisation.
            rows: as in `GroupNorm`, in 3D.
            norm: as in `Bottleneck`; the original's lack it, for its settings stop a block short.
        """
        super().__init__()
        self.body3d = nn.Sequential(
            *(Residual3d(channels, groups, rows=rows) for _ in range(units3d))
        )
        ladder = (channels * depth, *widths)
        self.body = nn.Sequential(
            *(
                Bottleneck(a, b, groups, up=index in ups, norm=norm)
                for index, (a, b) in enumerate(zip(ladder, widths, strict=False))
            )
        )
        self.norm = GroupNorm(groups, widths[-1])
        self.head = conv2d(widths[-1], 4, 3)

    def forward(
        self, features: Tensor, pose: Tensor, start: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Draw the person.

        Args:
            features: (B, C, D, H, W) warped to the target.
            pose: (B, C', D, H, W).
            start: (B, 4, S, S) logits that those of the network are added to (see `shortcuts`).

        Returns:
            (B, 3, S, S) in [-1, 1] and its opacity (B, 1, S, S) in [0, 1].
        """
        volume = self.body3d(torch.cat([features.to(pose.dtype), pose], dim=1))
        flat = volume.transpose(1, 2).flatten(1, 2)  # (B, D*C, H, W)
        x = self.head(functional.relu(self.norm(self.body(flat)))).float()
        if start is not None:
            x = x + start
        return torch.tanh(x[:, :3]), torch.sigmoid(x[:, 3:])
