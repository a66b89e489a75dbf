"""The discriminator of Balakrishnan et al. 2018: does this image show this change of pose?"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.models.blocks import conv2d, init_glorot
from repose.models.limb_layers import LimbDrawer
from repose.models.unet import LEAK


class Discriminator(nn.Module):
    """Convolutions and pools, then layers that see the whole image at once; one logit per image.

    It looks at the candidate alone, not at the source; both poses join at half the resolution. The
    original ends in a sigmoid, which is part of the loss here.
    """

    def __init__(
        self,
        drawer: LimbDrawer,
        *,
        widths: tuple[int, ...],
        kernels: tuple[int, ...],
        hidden: tuple[int, ...],
    ) -> None:
        """Build the network.

        Args:
            drawer: draws the poses.
            widths: channels of the convolutions; the resolution is halved after all but the last.
            kernels: sides of their kernels, px.
            hidden: widths of the layers between the last convolution and the logit.
        """
        super().__init__()
        self.drawer = drawer
        poses = 2 * len(drawer.skeleton.joints)
        inputs = (3, widths[0] + poses, *widths[1:-1])
        self.convs = nn.ModuleList(
            conv2d(a, b, k) for a, b, k in zip(inputs, widths, kernels, strict=True)
        )
        side = drawer.size // 2 ** (len(widths) - 1)
        ladder = (widths[-1] * side * side, *hidden, 1)
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(ladder))
        for layer in self.dense:
            init_glorot(layer)

    def forward(
        self, source: Tensor, image: Tensor, source_joints: Tensor, target_joints: Tensor
    ) -> Tensor:
        """Judge images.

        Args:
            source: (B, 3, S, S) in [-1, 1]; not looked at.
            image: (B, 3, S, S), true or generated.
            source_joints: (B, 19, 3) px.
            target_joints: (B, 19, 3) px.

        Returns:
            (B,) logits, positive for true, in float32.
        """
        x = image
        for index, conv in enumerate(self.convs):
            if index == 1:
                poses = (self.drawer.maps(joints) for joints in (source_joints, target_joints))
                x = torch.cat([x, *(pose.to(x.dtype) for pose in poses)], dim=1)
            x = functional.leaky_relu(conv(x), LEAK)
            if index < len(self.convs) - 1:
                x = functional.max_pool2d(x, 2)
        x = x.flatten(1)
        for index, layer in enumerate(self.dense):
            x = layer(functional.relu(x) if index else x)
        return x[:, 0].float()
