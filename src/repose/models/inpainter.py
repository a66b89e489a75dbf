"""The background behind the person: a U-Net of partial convolutions (Liu et al. 2018)."""

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.models.blocks import GroupNorm, PartialConv, double
from repose.models.shortcuts import shine_through

LEAK = 0.2


class Inpainter(nn.Module):
    """Fill the hole that the source person leaves.

    Each level halves the resolution; the way back doubles it, and sees the level of equal
    resolution again beside its own. The original fills holes with white first, which its own masks
    then hide: nothing is lost by leaving them out.
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        kernels: tuple[int, ...],
        groups: int,
        compat: Collection[str],
        *,
        keep: bool,
    ) -> None:
        """Build the network.

        Args:
            widths: channels of the levels, fine to coarse.
            kernels: sides of their kernels.
            groups: most groups of each normalisation.
            compat: of the options of `warp3d.COMPAT`: `noise`, `pconv_ratio`, `leaky_tanh`.
            keep: let known pixels of the source shine through, as far as the network keeps them
                (at first nearly whole), and start holes from what surrounds them (one of the
                shortcuts, not in the paper).
        """
        super().__init__()
        self.noise, self.leaky, self.keep = "noise" in compat, "leaky_tanh" in compat, keep
        original_ratio = "pconv_ratio" in compat
        ladder = (4 if self.noise else 3, *widths)
        self.down = nn.ModuleList(
            PartialConv(a, b, k, stride=2, original_ratio=original_ratio)
            for a, b, k in zip(ladder[:-1], widths, kernels, strict=True)
        )
        self.down_norms = nn.ModuleList(
            GroupNorm(groups, width) if level else nn.Identity()
            for level, width in enumerate(widths)
        )
        outputs = (*widths[-2::-1], 4 if keep else 3)
        inputs = (widths[-1], *outputs[:-1])
        self.up = nn.ModuleList(
            PartialConv(a + skip, b, 3, original_ratio=original_ratio)
            for a, skip, b in zip(inputs, ladder[-2::-1], outputs, strict=True)
        )
        self.up_norms = nn.ModuleList(GroupNorm(groups, width) for width in outputs[:-1])

    def forward(self, source: Tensor, known: Tensor) -> Tensor:
        """Paint the background.

        Args:
            source: (B, 3, S, S) in [-1, 1].
            known: (B, 1, S, S), 1 where the source shows background.

        Returns:
            (B, 3, S, S) in [-1, 1].
        """
        x = (source + 1) / 2
        if self.noise:
            x = torch.cat([x, torch.randn_like(x[:, :1])], dim=1)
        known = given = known.to(x.dtype)
        x = x * known
        levels = [(x, known)]
        for conv, norm in zip(self.down, self.down_norms, strict=True):
            x, known = conv(x, known)
            x = functional.relu(norm(x)) * known.to(x.dtype)
            levels.append((x, known))
        levels.pop()
        for level, conv in enumerate(self.up):
            skip, skip_known = levels.pop()
            up_known = functional.interpolate(known, scale_factor=2, mode="nearest")
            up = double(x) * up_known.to(x.dtype)
            share = up.shape[1] / (up.shape[1] + skip.shape[1])
            x = torch.cat([up, skip.to(up.dtype)], dim=1)
            x, known = conv(x, torch.lerp(skip_known.float(), up_known.float(), share))
            if level < len(self.up_norms):
                x = functional.leaky_relu(self.up_norms[level](x), LEAK)
                x = x * known.to(x.dtype)
        x = x.float()
        if self.keep:
            return shine_through(source, given, x[:, :3], x[:, 3:])
        return torch.tanh(functional.leaky_relu(x, LEAK) if self.leaky else x)
