"""Balakrishnan et al. 2018, "Synthesizing Images of Humans in Unseen Poses".

Cut the source into limbs and background (A), move each limb by the similarity that its joints fix
(B), paint the person and its mask from the moved limbs (C), fill in the background (D):

    image = mask * foreground + (1 - mask) * background

Suresh and Sonarkar 2019 (seed 002) take the same network to the upper body (`skeleton: upper7`):
what lies below moves with the background, if at all. With `shortcuts`, which the paper does not
have, pixels take the routes of features, too: for small images and short trainings.

The original's images are BGR, ours RGB: to use its weights here, turn the colours of its first and
last convolutions. Its joints have the order of `parts.limbs`.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from repose.errors import nearest
from repose.models.blocks import Model
from repose.models.limb_critic import Discriminator
from repose.models.limb_layers import (
    Background,
    Foreground,
    LimbDrawer,
    Segmentation,
    put_together,
    warp_layers,
)
from repose.models.refusal import check_compat, refuse
from repose.models.unet import UNet
from repose.parts.limbs import SKELETONS

COMPAT = {
    "right_shoulder": "the neck's prior ends at the right shoulder instead of between both",
}

# Of the view `segments`: background dark, then the limbs in the skeleton's order, in [-1, 1].
DARK = (-0.8, -0.8, -0.8)
COLOURS = (
    *((1.0, 0.9, -0.6), (1.0, -0.6, -0.6), (1.0, 0.1, -0.8), (-0.6, 0.2, 1.0)),
    *((-0.8, 0.8, 1.0), (0.9, -0.7, 0.6), (0.5, -0.9, 0.1), (-0.3, -0.5, 0.8)),
    *((0.2, -0.8, 0.9), (-0.5, 0.7, -0.5)),
)


@dataclass(frozen=True)
class Config:
    """The switches and the size of the networks; what each means stands in the config."""

    skeleton: str  # mpii14 or upper7
    sigma_px: float
    mirrors: bool  # of the trunk of people who turned round; not in the paper
    noise_fill: float
    kernel: int
    encoder_widths: tuple[int, ...]
    segment_widths: tuple[int, ...]
    paint_widths: tuple[int, ...]
    discriminator_widths: tuple[int, ...]
    discriminator_kernels: tuple[int, ...]
    discriminator_hidden: tuple[int, ...]
    shortcuts: bool  # pixels take the routes of features, too; not in the paper
    compat: tuple[str, ...]


def build(config: Config, size: int) -> Model:
    """Build the networks for square images of `size` px, with fresh weights.

    No `discriminator_widths`, no discriminator.

    Raises:
        ReposeError: bad-network, where a value is not one of those known or sizes do not fit.
    """
    _check(config, size)
    discriminator = None
    if config.discriminator_widths:
        discriminator = Discriminator(
            LimbDrawer(size, config.skeleton, config.sigma_px, config.compat),
            widths=config.discriminator_widths,
            kernels=config.discriminator_kernels,
            hidden=config.discriminator_hidden,
        )
    return Model(Generator(config, size), discriminator)


class Generator(nn.Module):
    """Source image and two poses to the image of the person in the target pose."""

    needs_depth = False

    def __init__(self, config: Config, size: int) -> None:
        """Build the networks of `config`."""
        super().__init__()
        self.drawer = LimbDrawer(
            size, config.skeleton, config.sigma_px, config.compat, mirrors=config.mirrors
        )
        self.limbs = limbs = len(self.drawer.skeleton.limbs)
        joints = len(self.drawer.skeleton.joints)
        encoder, kernel, quick = config.encoder_widths, config.kernel, config.shortcuts

        def net(inputs: int, decoder: tuple[int, ...]) -> UNet:
            return UNet(inputs, joints, encoder, decoder, kernel)

        segment, paint = config.segment_widths, config.paint_widths
        self.segmentation = Segmentation(net(3, segment), segment[-1], limbs, quiet=quick)
        self.foreground = Foreground(net(3 * limbs, paint), paint[-1], limbs, shortcuts=quick)
        self.background = Background(net(4, paint), paint[-1], config.noise_fill, shortcuts=quick)

    def fit(self, source_joints: Tensor, target_joints: Tensor) -> None:
        """Fit nothing beforehand: limbs are placed in `forward`."""

    def forward(
        self,
        source: Tensor,
        source_joints: Tensor,
        target_joints: Tensor,
        transforms: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Draw the person of `source` in another pose.

        Args:
            source: (B, 3, S, S) in [-1, 1].
            source_joints: (B, 19, 3) px, of which x and y matter.
            target_joints: (B, 19, 3) px.
            transforms: not used.

        Returns:
            `image`, `foreground`, `background` (B, 3, S, S) in [-1, 1] and `alpha` (B, 1, S, S) in
            [0, 1]: image = alpha foreground + (1 - alpha) background. Where it does not learn,
            `segments` (the source's masks, a colour each) and `warped` (the moved limbs) as well.
        """
        drawn = self.drawer.draw(source_joints, target_joints)
        masks = self.segmentation(source, drawn)
        layers = warp_layers(source, masks[:, 1:], drawn)
        foreground, alpha = self.foreground(layers, drawn)
        background = self.background(source, masks[:, :1], drawn)
        made = {"image": alpha * foreground + (1 - alpha) * background}
        if not self.training:
            made["segments"] = _in_colours(masks)
            made["warped"] = put_together(layers)
        return made | {"foreground": foreground, "alpha": alpha, "background": background}


def _in_colours(masks: Tensor) -> Tensor:
    """Mix colours (B, 3, S, S) by the shares (B, L + 1, S, S) of background and limbs."""
    colours = masks.new_tensor([DARK, *COLOURS[: masks.shape[1] - 1]])
    return (masks[:, :, None] * colours[..., None, None]).sum(1)


def _check(config: Config, size: int) -> None:
    """Refuse what cannot be built, in words of the config."""
    if config.skeleton not in SKELETONS:
        refuse(f"skeleton is '{config.skeleton}'", nearest(config.skeleton, SKELETONS))
    check_compat(config.compat, COMPAT)
    if config.sigma_px <= 0 or config.noise_fill < 0:
        refuse(
            f"sigma_px {config.sigma_px}, noise_fill {config.noise_fill}",
            "sigma_px above 0, noise_fill at least 0",
        )
    levels = len(config.encoder_widths) // 2
    if levels < 1 or len(config.encoder_widths) != 2 * levels + 1:
        refuse("an encoder_widths of even length, or of one", "one number, then two per level")
    for name in ("segment_widths", "paint_widths"):
        if len(getattr(config, name)) != levels:
            refuse(f"{name} with another number of levels than encoder_widths", f"{levels}")
    critic = config.discriminator_widths
    if len(critic) == 1 or len(critic) != len(config.discriminator_kernels):
        refuse(
            "discriminator_widths and discriminator_kernels that do not fit",
            "one number for each of at least two convolutions, or none at all",
        )
    for kernel in (config.kernel, *config.discriminator_kernels):
        if kernel % 2 == 0:
            refuse(f"a kernel of {kernel} px", "an odd number")
    least = 2 ** max(levels, len(critic) - 1)
    if size % least:
        refuse(f"images of {size} px", f"a multiple of {least}")
