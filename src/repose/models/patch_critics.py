"""Critics that judge an image patch by patch, and the small one of a student's remake."""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.errors import ReposeError
from repose.models.blocks import init_glorot
from repose.models.strided import SLOPE, norm
from repose.models.window import JointMaps, Window

KERNELS = (3, 5, 10)  # sides of the small critic's convolutions, px


class PatchCritic(nn.Module):
    """A PatchGAN on source, candidate and both poses (Siarohin et al. 2018; Isola et al. 2017).

    A 4 x 4 convolution, then blocks of leaky ReLU, 4 x 4 convolution and normalisation, all of
    stride 2, the last with one channel and no normalisation. The first convolution has no border.
    """

    def __init__(self, maps: JointMaps, widths: Sequence[int], kind: str) -> None:
        """Build the network.

        Args:
            maps: draws the poses, on the window of the images that it sees.
            widths: channels of all convolutions but the last.
            kind: one of `strided.NORMS`.

        Raises:
            ReposeError: bad-network, where the window is too small for so many layers.
        """
        super().__init__()
        _check_patches(maps.window.inner, len(widths), kind)
        self.maps = maps
        channels = 2 * (3 + len(maps.joints))
        self.stem = nn.Conv2d(channels, widths[0], 4, 2)
        outputs = [*widths[1:], 1]
        self.body = nn.ModuleList(
            nn.Conv2d(one, other, 4, 2, padding=1, bias=False)
            for one, other in zip(widths, outputs, strict=True)
        )
        self.norms = nn.ModuleList([*(norm(kind, n) for n in widths[1:]), nn.Identity()])
        for layer in (self.stem, *self.body):
            init_glorot(layer)

    def forward(
        self, source: Tensor, image: Tensor, source_joints: Tensor, target_joints: Tensor
    ) -> Tensor:
        """Judge images.

        Args:
            source: (B, 3, S, S) in [-1, 1].
            image: (B, 3, S, S), true or generated.
            source_joints: (B, 19, 3) px.
            target_joints: (B, 19, 3) px.

        Returns:
            (B, n) logits, one per patch, rows first, positive for true, in float32.
        """
        pairs = ((source, source_joints), (image, target_joints))
        seen = [t for picture, j in pairs for t in (self.maps.window.cut(picture), self.maps(j))]
        x = self.stem(torch.cat(seen, dim=1))
        for layer, normal in zip(self.body, self.norms, strict=True):
            x = normal(layer(functional.leaky_relu(x, SLOPE)))
        return x.float().flatten(1)


class SmallCritic(nn.Module):
    """Three convolutions without border, stride or bias, then linear layers, on the image alone.

    What lies between the layers is not told; here it is a leaky ReLU, without which they would be
    one linear map.
    """

    def __init__(self, window: Window, widths: Sequence[int], hidden: Sequence[int]) -> None:
        """Build the network.

        Args:
            window: what it sees of the image.
            widths: channels of the first two convolutions; the last has one.
            hidden: features of the linear layers but the last, which gives the logit.

        Raises:
            ReposeError: bad-network, where the window or the number of widths does not fit.
        """
        super().__init__()
        lost = sum(KERNELS) - len(KERNELS)
        if min(window.inner) <= lost or len(widths) != len(KERNELS) - 1:
            raise ReposeError(
                "bad-network",
                f"a small critic of critic_widths {list(widths)} on {list(window.inner)} px",
                mend=f"two widths, and sides of more than {lost} px",
            )
        self.window = window
        channels = [3, *widths, 1]
        self.body = nn.ModuleList(
            nn.Conv2d(one, other, kernel, bias=False)
            for one, other, kernel in zip(channels[:-1], channels[1:], KERNELS, strict=True)
        )
        sizes = [(window.shape[0] - lost) * (window.shape[1] - lost), *hidden, 1]
        self.linears = nn.ModuleList(
            nn.Linear(one, other) for one, other in itertools.pairwise(sizes)
        )
        for layer in (*self.body, *self.linears):
            init_glorot(layer)

    def forward(
        self, source: Tensor, image: Tensor, source_joints: Tensor, target_joints: Tensor
    ) -> Tensor:
        """Judge images (B, 3, S, S): (B,) logits; this one does not look at the rest."""
        x = self.window.cut(image)
        for layer in self.body:
            x = functional.leaky_relu(layer(x), SLOPE)
        x = x.flatten(1)
        for layer in self.linears[:-1]:
            x = functional.leaky_relu(layer(x), SLOPE)
        logits: Tensor = self.linears[-1](x)
        return logits[:, 0].float()


def _check_patches(sides: tuple[int, int], convolutions: int, kind: str) -> None:
    """Refuse a window of which nothing is left, or one pixel to a normalisation."""
    # The first takes away a border, then all halve; the last but one is the last normalised.
    left = [(side // 2 - 1) >> (convolutions - 1) for side in sides]
    if min(left) // 2 < 1 or (kind == "instance" and convolutions > 1 and max(left) < 2):
        raise ReposeError(
            "bad-network",
            f"a patch critic of {convolutions} critic_widths on {list(sides)} px",
            mend="fewer critic_widths or a larger window",
        )
