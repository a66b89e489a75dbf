"""The modules of Balakrishnan et al. 2018: cut a person into limbs, move them, paint, fill in.

A  `Segmentation`  a soft mask for each limb and the background
B  `warp_layers`   each limb's pixels to the target pose, nothing learned
C  `Foreground`    the person, and where the person is, from the moved limbs
D  `Background`    what the source person hid
"""

from collections.abc import Collection
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.geometry.limbs import limb_priors, log_with_background
from repose.geometry.maps2d import heatmaps2d
from repose.geometry.similarity import to_sampling
from repose.models.blocks import conv2d
from repose.models.shortcuts import LIMIT, shine_through
from repose.models.unet import UNet
from repose.parts.limbs import SKELETONS, fit_limbs, limb_ends, skeleton_points

FIRM = 3.0  # the largest part that a score may play in which limb lies on top, in its logarithm
QUIET = 0.1  # of their usual size, the weights that mend what a shortcut offers


class Drawn(NamedTuple):
    """What the networks see of a pair of poses; nothing in it is learned.

    Attributes:
        source_maps: (B, J, S/2, S/2) heat maps of the source's joints.
        target_maps: (B, J, S/2, S/2) of the target's.
        log_prior: (B, L + 1, S, S) where the source's background (first) and limbs may be.
        sampling: (B, L, 2, 3) `source_from_target` of each limb, in units of sampling grids.
        placed: (B, L) 0 for a limb of which no joint is known in both poses, else 1.
    """

    source_maps: Tensor
    target_maps: Tensor
    log_prior: Tensor
    sampling: Tensor
    placed: Tensor


class LimbDrawer:
    """Draws poses for images of one size; in float32, the fits in float64."""

    def __init__(
        self,
        size: int,
        skeleton: str,
        sigma_px: float,
        compat: Collection[str],
        *,
        mirrors: bool = False,
    ) -> None:
        """Remember what to draw.

        Args:
            size: side of the images, px.
            skeleton: a key of `parts.limbs.SKELETONS`.
            sigma_px: of the heat maps' Gaussians, px of the image.
            compat: of the options of `posewarp.COMPAT`: `right_shoulder`.
            mirrors: mirror a limb where that fits better.
        """
        self.size, self.sigma_px = size, sigma_px
        self.skeleton, self.mirrors = SKELETONS[skeleton], mirrors
        self.right_shoulder = "right_shoulder" in compat

    @torch.no_grad()
    def maps(self, joints: Tensor) -> Tensor:
        """Draw heat maps (B, J, S/2, S/2) of (B, 19, 3) px; 0 for a joint outside the image."""
        points = skeleton_points(joints.float(), self.skeleton)
        grid = (self.size // 2, self.size // 2)
        return heatmaps2d(points, self.size, grid, self.sigma_px, outside=False)

    @torch.no_grad()
    def draw(self, source_joints: Tensor, target_joints: Tensor) -> Drawn:
        """Draw all that the generator needs of two poses, each (B, 19, 3) px."""
        with torch.autocast(source_joints.device.type, enabled=False):
            source, target = (
                skeleton_points(joints.float(), self.skeleton)
                for joints in (source_joints, target_joints)
            )
            ends = limb_ends(source, self.skeleton, right_shoulder=self.right_shoulder)
            across = ends.new_tensor(self.skeleton.across) * self.size
            fit, placed = fit_limbs(source, target, self.skeleton, mirrors=self.mirrors)
            return Drawn(
                self.maps(source_joints),
                self.maps(target_joints),
                log_with_background(limb_priors(ends, across, self.size)),
                to_sampling(fit.source_from_target, self.size),
                placed.float(),
            )


class Segmentation(nn.Module):
    """Module A: M_s = softmax(what the network sees + log of the prior)."""

    def __init__(self, net: UNet, width: int, limbs: int, *, quiet: bool) -> None:
        """Put a head for `limbs` limbs and the background on a network of `width` channels."""
        super().__init__()
        self.net, self.head = net, _head(width, limbs + 1, quiet)

    def forward(self, source: Tensor, drawn: Drawn) -> Tensor:
        """Return masks (B, L + 1, S, S) that add up to 1, the background's first."""
        seen = self.head(self.net(source, drawn.source_maps))
        return torch.softmax(seen.float() + drawn.log_prior, dim=1)


def warp_layers(source: Tensor, masks: Tensor, drawn: Drawn) -> Tensor:
    """Module B: cut each limb out of the source and move it to the target pose.

    Bilinear. Beyond the source's border its outermost pixels go on (the original: those next to
    them), so a limb that the border cuts off has no edge there. On a GPU the gradients are added
    up in any order, so two runs are equal but for rounding.

    Args:
        source: (B, 3, S, S) in [-1, 1].
        masks: (B, L, S, S) of the limbs.
        drawn: The poses; a limb that they cannot place is left out.

    Returns:
        (B, L, 4, S, S) float32: colours times opacity, and opacity.
    """
    with torch.autocast(source.device.type, enabled=False):
        opacity = masks.float() * drawn.placed[..., None, None]
        opaque = functional.pad(source.float(), (0, 0, 0, 0, 0, 1), value=1.0)
        layers = opacity[:, :, None] * opaque[:, None]  # (B, L, 4, S, S)
        shape = layers.shape
        flat = layers.flatten(0, 1)
        grid = functional.affine_grid(
            drawn.sampling.flatten(0, 1), [*flat.shape], align_corners=False
        )
        moved = functional.grid_sample(
            flat, grid, mode="bilinear", padding_mode="border", align_corners=False
        )
        return moved.view(shape)


def put_together(layers: Tensor) -> Tensor:
    """Show layers (B, L, 4, S, S) as one image (B, 3, S, S), grey where there is none."""
    total = layers.sum(1)
    return total[:, :3] / total[:, 3:].clamp(min=1)


class Foreground(nn.Module):
    """Module C: the person in the target pose, and its mask."""

    def __init__(self, net: UNet, width: int, limbs: int, *, shortcuts: bool) -> None:
        """Put the heads on a network of `width` channels.

        With shortcuts, one more says which limb lies on top, and the other two start from the
        limbs as they lie.
        """
        super().__init__()
        self.net = net
        self.colours, self.mask = (_head(width, n, shortcuts) for n in (3, 1))
        self.order = _head(width, limbs, shortcuts) if shortcuts else None

    def forward(self, layers: Tensor, drawn: Drawn) -> tuple[Tensor, Tensor]:
        """Paint (B, 3, S, S) in [-1, 1] and its mask (B, 1, S, S) in [0, 1] from moved limbs."""
        seen = self.net(layers[:, :, :3].flatten(1, 2), drawn.target_maps)
        colours, mask = self.colours(seen).float(), self.mask(seen).float()
        if self.order is not None:
            paint, opacity = _pile(layers, self.order(seen).float())
            colours, mask = colours + paint, mask + 6 * opacity - 3
        return torch.tanh(colours), torch.sigmoid(mask)


class Background(nn.Module):
    """Module D: the scene without the person."""

    def __init__(self, net: UNet, width: int, noise_fill: float, *, shortcuts: bool) -> None:
        """Put the head on a network of `width` channels.

        Args:
            net: takes 4 channels, the masked source and the mask.
            width: of the network's channels.
            noise_fill: standard deviation of the noise that fills the hole, 0 for none.
            shortcuts: let known pixels shine through as far as the network keeps them (at first
                nearly whole), and start the hole from what surrounds it.
        """
        super().__init__()
        self.net, self.noise_fill, self.shortcuts = net, noise_fill, shortcuts
        self.head = _head(width, 4 if shortcuts else 3, shortcuts)

    def forward(self, source: Tensor, known: Tensor, drawn: Drawn) -> Tensor:
        """Paint (B, 3, S, S) in [-1, 1]; `known` (B, 1, S, S) is the background's mask."""
        filled = source * known
        if self.noise_fill:
            filled = filled + self.noise_fill * torch.randn_like(source) * (1 - known)
        seen = self.net(torch.cat([filled, known], dim=1), drawn.source_maps)
        painted = self.head(seen).float()
        if not self.shortcuts:
            return torch.tanh(painted)
        return shine_through(source, known, *painted.split([3, 1], dim=1))


def _pile(layers: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    """Lay limbs over each other: logits for tanh (B, 3, S, S), and opacity (B, 1, S, S).

    Where several are, each counts with its opacity times exp(score).
    """
    weights = torch.exp(FIRM * torch.tanh(scores / FIRM))[:, :, None]  # (B, L, 1, S, S)
    total = (layers * weights).sum(1)
    opacity = layers[:, :, 3:].sum(1).clamp(max=1)
    paint = total[:, :3] / total[:, 3:].clamp(min=1e-3)
    return torch.atanh(paint.clamp(-LIMIT, LIMIT)) * opacity, opacity


def _head(inputs: int, outputs: int, quiet: bool) -> nn.Conv2d:
    head = conv2d(inputs, outputs, 3)
    if quiet:
        head.weight.data.mul_(QUIET)
    return head
