"""The network behind the estimator `metro`: from a picture of a person to their 19 joints.

After Sarandi et al. 2020 (MeTRo, MeTRAbs): one convolution after the features gives each joint a
map in the picture, (H, W), and a volume in space, (D, H, W), whose sides are 2.2 m whatever the
person's size in the picture; both are read by soft-argmax. Theirs is a ResNet-50 on 256 px that
was trained before on ImageNet. This one is small enough to learn from nothing on a CPU: coarse
features, which see the whole person, are added to finer ones on the way back up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.geometry.soft_argmax import mass_near, soft_argmax
from repose.skeleton import JOINT, JOINTS

BOX_MM = 2200.0  # side of the volume (Sarandi et al. 2020)
NEAR_CELLS = 1.5  # distance from a joint up to which its map's mass counts as sure of it
KINDS = ("full", "light")


@dataclass(frozen=True)
class Sizes:
    """How large a network is.

    Args:
        kind: `full`, residual convolutions; `light`, depthwise separable ones (Howard et al.
            2017), the trade that seed 004 makes in its estimator.
        side: Of the pictures, px; a multiple of 2 to the number of levels.
        widths: Channels of the levels, each at half the resolution of the one before.
        blocks: Residual blocks of each level.
        maps_level: The level at whose resolution maps and volumes lie, from 0.
        maps_width: Channels on the way back up to it.
        depth: Cells of the volumes along z.
    """

    kind: str
    side: int
    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    maps_level: int
    maps_width: int
    depth: int

    @staticmethod
    def read(values: Mapping[str, Any]) -> "Sizes":
        """Take the sizes from JSON.

        Raises:
            ValueError: when no network has such sizes.
        """
        tuples = {key: tuple(values[key]) for key in ("widths", "blocks")}
        sizes = Sizes(**{**values, **tuples})
        if fault := sizes.fault():
            raise ValueError(fault)
        return sizes

    def fault(self) -> str:
        """Say why there can be no such network, "" when there can."""
        numbers = (self.side, *self.widths, self.maps_width, self.depth)
        if self.kind not in KINDS:
            return f"kind is {self.kind}, not {' or '.join(KINDS)}"
        if len(self.widths) != len(self.blocks) or not self.widths:
            return "widths and blocks have no number for each level"
        if min(numbers) < 1 or min(self.blocks) < 0:
            return "a size is below 1"
        if self.side % 2 ** len(self.widths):
            return f"side is {self.side}, no multiple of {2 ** len(self.widths)}"
        if not 0 <= self.maps_level < len(self.widths):
            return f"maps_level is {self.maps_level} of {len(self.widths)} levels"
        return ""


class PoseNetwork(nn.Module):
    """Halve the picture once per level, come back up to the maps' level, read the maps."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.depth = sizes.depth
        self.maps_level = sizes.maps_level
        block = _Residual if sizes.kind == "full" else _Separable
        below, width = 3, sizes.maps_width
        levels = []
        for channels, count in zip(sizes.widths, sizes.blocks, strict=True):
            halve = _halve(sizes.kind, below, channels)
            levels.append(nn.Sequential(*halve, *(block(channels) for _ in range(count))))
            below = channels
        self.levels = nn.ModuleList(levels)
        above = sizes.widths[sizes.maps_level :]
        self.aside = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in above)
        self.mix = nn.ModuleList(block(width) for _ in above[1:])
        self.read = nn.Conv2d(width, len(JOINTS) * (1 + sizes.depth), 1)

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """Find the joints of the person in each picture.

        Args:
            pictures: (B, 3, S, S) in [-1, 1].

        Returns:
            places: (B, 19, 2) (x, y) in shares of the picture's side.
            joints_mm: (B, 19, 3) mm, camera axes, pelvis at 0.
            maps: (B, 19, H, W) logits of the maps in the picture.
            volumes: (B, 19, D, H, W) logits of the volumes in space.
        """
        kept, features = [], pictures
        for level, layers in enumerate(self.levels):
            features = layers(features)
            if level >= self.maps_level:
                kept.append(features)
        features = self.aside[-1](kept.pop())
        for mix, aside in zip(reversed(self.mix), reversed(self.aside[:-1]), strict=True):
            larger = functional.interpolate(features, scale_factor=2, mode="nearest")
            features = mix(larger + aside(kept.pop()))
        read = self.read(features).float().unflatten(1, (len(JOINTS), 1 + self.depth))
        maps, volumes = read[:, :, 0], read[:, :, 1:]
        joints = soft_argmax(volumes, axes=3) * BOX_MM
        return {
            "places": soft_argmax(maps, axes=2),
            "joints_mm": joints - joints[:, JOINT["pelvis"], None],
            "maps": maps,
            "volumes": volumes,
        }

    @staticmethod
    def scores(found: Mapping[str, Tensor]) -> Tensor:
        """Say how sure each joint is, (B, 19) in [0, 1]: its map's mass near its place."""
        return mass_near(found["maps"], found["places"], NEAR_CELLS)


def _halve(kind: str, below: int, width: int) -> list[nn.Module]:
    # An even kernel lies in the middle of the 2 x 2 px that become one: nothing is shifted.
    if kind == "full" or below == 3:
        first = nn.Conv2d(below, width, 4, stride=2, padding=1, bias=False)
        return [first, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    return [
        nn.Conv2d(below, below, 4, stride=2, padding=1, groups=below, bias=False),
        nn.BatchNorm2d(below),
        nn.Conv2d(below, width, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    ]


class _Residual(nn.Module):
    """Two convolutions beside the identity (He et al. 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, features: Tensor) -> Tensor:
        return torch.relu(features + self.branch(features))


class _Separable(_Residual):
    """A depthwise convolution and one of 1 x 1 px, beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.branch = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )
