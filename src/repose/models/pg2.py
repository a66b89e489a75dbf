"""Pose-guided generation in two stages (Ma et al. 2017), as its code has it.

`coarse` draws the person in the target pose from the source and the pose: a U-Net whose middle is
one fully connected layer, so that what is seen anywhere can go anywhere. It learns alone, by L1,
and is blurred. `fine` then sees that image and the source, and draws what has to be added to it;
it learns with a discriminator, while `coarse` no longer does. The phases of a training say so:
`generator.coarse: 22000`, then `generator.fine, discriminator: 38000`. What has not begun to learn
is left out: while `fine` has nothing that learns but `coarse` has, the image is the coarse one.

Both stages end without a bound, as in the original; here what leaves [-1, 1] is cut off, and its
gradient passes. The last layer of `fine` starts at zero: it adds nothing before it has learnt to,
where the original's adds noise at first. TensorFlow pads strided convolutions on the far side
alone; here they are centred. Discs stand around joints as they are, not rounded to pixels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from repose.models.blocks import Model
from repose.models.dcgan import Discriminator
from repose.models.refusal import check_compat, refuse
from repose.models.two_stages import Coarse, Fine, bound
from repose.models.window import Window
from repose.skeleton import JOINTS

# What the original's code does for no reason that its paper gives.
COMPAT = {
    "bare_finest": "the refinement's finest level sees no skip (the original on Market-1501)",
}

# OpenPose's 18 joints are the canonical ones without the pelvis.
SHOWN = [index for index, name in enumerate(JOINTS) if name != "pelvis"]


@dataclass(frozen=True)
class Config:
    """The size of the networks; what each means stands in the config."""

    window: tuple[int, ...]
    radius_px: float
    width: int
    levels: int
    code: int
    fine_levels: int
    discriminator_widths: tuple[int, ...]
    compat: tuple[str, ...]


def build(config: Config, size: int) -> Model:
    """Build the networks for square images of `size` px, with fresh weights.

    No `discriminator_widths`, no discriminator. A window whose sides do not halve as often as
    the stages want gets a border that is taken off again.

    Raises:
        ReposeError: bad-network, where a value is not one of those known or sizes do not fit.
    """
    _check(config)
    window = Window(size, config.window, 2 ** (max(config.levels, config.fine_levels) - 1))
    critic = None
    if config.discriminator_widths:
        critic = Discriminator(window, config.discriminator_widths)
    return Model(Generator(config, window), critic)


class Generator(nn.Module):
    """Source image and target pose to the person in that pose; the source's pose is not used."""

    needs_depth = False

    def __init__(self, config: Config, window: Window) -> None:
        """Build the two stages of `config`."""
        super().__init__()
        self.window, self.radius_px = window, config.radius_px
        self.coarse = Coarse(
            3 + len(SHOWN),
            window.shape,
            width=config.width,
            levels=config.levels,
            code=config.code,
        )
        bare = "bare_finest" in config.compat
        self.fine = Fine(config.width, config.fine_levels, bare=bare)

    def fit(self, source_joints: Tensor, target_joints: Tensor) -> None:
        """Fit nothing: no part is moved."""

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
            source_joints: not used.
            target_joints: (B, 19, 3) px; a missing joint has an empty map.
            transforms: not used.

        Returns:
            `image` (B, 3, S, S) in [-1, 1]; when not training also `coarse`, and `difference`
            between the two, cut to [-1, 1]. Around the window: the source, and no difference.
        """
        seen = self.window.cut(source)
        pose = pose_maps(self.window.shift(target_joints), self.window.shape, self.radius_px)
        coarse = bound(self.coarse(torch.cat([seen, pose.to(seen.dtype)], dim=1)).float())
        image = coarse
        if self._refines():
            image = bound(coarse + self.fine(torch.cat([coarse, seen], dim=1)).float())
        views = {"image": self.window.paste(image, source).float()}
        if not self.training:
            difference = (image - coarse).clamp(-1, 1)
            views["coarse"] = self.window.paste(coarse, source).float()
            views["difference"] = self.window.paste(difference, torch.zeros_like(source)).float()
        return views

    def _refines(self) -> bool:
        """Say whether `fine` has begun to learn: not while `coarse` alone has what learns."""
        coarse, fine = (
            any(weight.requires_grad for weight in stage.parameters())
            for stage in (self.coarse, self.fine)
        )
        return fine or not coarse


@torch.no_grad()
def pose_maps(joints: Tensor, shape: tuple[int, int], radius_px: float) -> Tensor:
    """Draw a solid disc per joint: 1 where a pixel's centre lies within it, -1 elsewhere.

    Args:
        joints: (B, 19, 2 or 3) px of the image that is drawn; the pelvis is left out.
        shape: (H, W) px.
        radius_px: Of the discs.

    Returns:
        (B, 18, H, W) float32; -1 everywhere for a missing joint.
    """
    points = joints[:, SHOWN].float()
    x, y = (
        torch.arange(side, device=points.device) + 0.5 - points[..., axis, None]
        for axis, side in ((0, shape[1]), (1, shape[0]))
    )
    near = x.square()[..., None, :] + y.square()[..., :, None] <= radius_px**2
    return 2 * near.float() - 1


def _check(config: Config) -> None:
    """Refuse what cannot be built, in words of the config."""
    check_compat(config.compat, COMPAT)
    for name in ("width", "levels", "code", "fine_levels"):
        if getattr(config, name) < 1:
            refuse(f"{name} is {getattr(config, name)}", "1 or more")
    if not config.radius_px > 0:
        refuse(f"radius_px is {config.radius_px}", "more than 0")
