"""The conditional variational U-Net (Esser et al. 2018) with three-layer poses (Yuan 2019).

What the person looks like is read off eight crops of the source, each a body part in its own
frame, and passes through latent maps at the coarsest scales; a U-Net draws it over a picture of
the target pose. The picture is Esser's stickman, or the thesis' three-layer pose, whose colours
say which limbs are in front (`pose_map`). In training latents are drawn from the posterior, and
`kl` measures how far a prior that sees the pose alone is from it; else they are the means.

At full size the weights are the original's, block by block: encoder up 2,071,296 at 256 px, pose
encoder 2,253,216, decoder 39,862,886. Only the encoder's way down differs: 1,854,720 instead of
3,085,568, for the original builds 1,230,848 weights behind its last latent that nothing hangs on
and that never learn (compat `idle` builds them).

Other differences: convolutions of stride 2 are padded on both sides, not below and to the right
only; values beyond [-1, 1] are cut off, while gradients pass as if they were not; the data decide
gains and biases in a pass without dropout and noise, so the same batch gives the same network.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from repose.models.blocks import Model
from repose.models.latent_unet import Decoder, Encoder, Posterior, divergence
from repose.models.normalised import measuring
from repose.models.refusal import check_compat, refuse
from repose.models.views import COLOURS, POSE_MAPS, PosePictures, Viewer, Views, mosaic
from repose.parts.layers import swap_labels

# What the original's code does that its paper does not say, each reproduced where it is named.
COMPAT = {
    "half_pixel": "crops are sampled half a pixel off, for OpenCV counts from pixel centres",
    "idle": "weights behind the last latent that no result hangs on",
    "whole_pixels": "stickmen are drawn from joints cut to whole px",
}


@dataclass(frozen=True)
class Config:
    """The switches and the size of the networks; what each means stands in the config."""

    pose_map: str
    thickness: float
    limb_width: float
    box_factor: int
    bottleneck_factor: int
    latent_scales: int
    blocks: int
    width: int
    widest: int
    dropout: float
    posterior_pose: bool
    shortcuts: bool
    compat: tuple[str, ...]


def build(config: Config, size: int) -> Model:
    """Build the networks for square images of `size` px, with fresh weights.

    Raises:
        ReposeError: bad-network, where a value is not one of those known or sizes do not fit.
    """
    check_compat(config.compat, COMPAT)
    for what, mend in _faults(config, size):
        refuse(what, mend)
    return Model(Generator(config, size), None)


class Generator(nn.Module):
    """Source image and two poses to the image of the person in the target pose."""

    def __init__(self, config: Config, size: int) -> None:
        """Build the networks of `config`."""
        super().__init__()
        self.size, self.needs_depth = size, config.pose_map != "stickman"
        pictures = PosePictures(
            size, config.pose_map, config.limb_width, config.thickness, config.compat
        )
        self.viewer = Viewer(
            pictures,
            size >> config.box_factor,
            posterior_pose=config.posterior_pose,
            shortcuts=config.shortcuts,
            half_pixel="half_pixel" in config.compat,
        )
        fine = _widths(config, size)
        coarse, idle = fine[::-1], "idle" in config.compat
        scales = config.latent_scales
        rest = config.blocks, config.dropout
        self.enc_up = Encoder(self.viewer.seen_channels, fine[config.box_factor :], *rest)
        self.enc_down = Posterior(coarse[: scales + idle], *rest, idle=idle)
        self.dec_up = Encoder(self.viewer.pose_channels, fine, *rest)
        self.dec_down = Decoder(
            coarse,
            scales,
            *rest,
            single=size >> (len(fine) - 1) == 1,
            mends=config.shortcuts,
        )

    def fit(self, source_joints: Tensor, target_joints: Tensor) -> None:
        """Fit nothing: the geometry is in the crops and the pose map."""

    def forward(
        self,
        source: Tensor,
        source_joints: Tensor,
        target_joints: Tensor,
        transforms: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Draw the person of `source` in another pose.

        Args:
            source: (B, 3, S, S) in [-1, 1].
            source_joints: (B, 19, 3) px.
            target_joints: (B, 19, 3) px.
            transforms: none; all networks are called alike.
            labels: (B, 8) of the target's limbs, -1, 0 or 1, for a three-layer pose; told from
                the joints where there are none.

        Returns:
            `image` (B, 3, S, S) in [-1, 1]. In training `kl`, the divergence of the latents from
            their prior, a scalar; else `pose_map` and `parts` (B, 3, S, S) in [-1, 1], what the
            networks saw of the target pose and of the source, crops side by side.
        """
        views = self.viewer(source, source_joints, target_joints, labels)
        image, means, priors = self._draw(views, sample=self.training, prior=self.training)
        if self.training:
            return {"image": image, "kl": divergence(means, priors)}
        return {"image": image, "pose_map": views.shown, "parts": mosaic(views.crops, self.size)}

    @torch.no_grad()
    def initialise(self, source: Tensor, source_joints: Tensor, target_joints: Tensor) -> None:
        """Let a batch set gains and biases, so that every layer's output has mean 0, variance 1.

        Latents are the means and nothing is dropped, so the same batch gives the same network.

        Args:
            source: (B, 3, S, S) in [-1, 1]; the original takes four batches at once.
            source_joints: (B, 19, 3) px.
            target_joints: (B, 19, 3) px.
        """
        with measuring(self), torch.autocast(source.device.type, enabled=False):
            views = self.viewer(source, source_joints, target_joints)
            self._draw(views, sample=False, prior=True)

    @torch.no_grad()
    @torch.no_grad()
    def swap_depth(
        self, source: Tensor, source_joints: Tensor, target_joints: Tensor
    ) -> dict[str, Tensor]:
        """Draw the same 2D pose twice, with the depth of one limb turned round (thesis, ch. 3.5).

        Latents are the same for both: they come from the source alone. Call it in evaluation.

        Args:
            source: (B, 3, S, S) in [-1, 1].
            source_joints: (B, 19, 3) px.
            target_joints: (B, 19, 3) px.

        Returns:
            `image`, `pose_map`, `swapped_image`, `swapped_pose_map` (B, 3, S, S); `labels`,
            `swapped_labels` (B, 8); `limb` (B,) which of `parts.layers.LIMBS` differs; and
            `region` (B, 1, S, S) bool, where that is.
        """
        bodies = self.viewer.pictures.bodies(target_joints)
        labels = self.viewer.pictures.labels(bodies)
        swapped, limb = swap_labels(bodies, labels)
        given = source, source_joints, target_joints
        before, after = (self(*given, labels=chosen) for chosen in (labels, swapped))
        region = bodies.regions[torch.arange(len(limb), device=limb.device), limb]
        return {
            "image": before["image"],
            "pose_map": before["pose_map"],
            "swapped_image": after["image"],
            "swapped_pose_map": after["pose_map"],
            "labels": labels,
            "swapped_labels": swapped,
            "limb": limb,
            "region": region[:, None],
        }

    def _draw(
        self, views: Views, *, sample: bool, prior: bool
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Return the image and the means of posterior and prior."""
        means, latents = self.enc_down(self.enc_up(views.crops.flatten(1, 2)), sample=sample)
        pose, laid = views.pose, views.laid
        if laid is not None:
            pose = torch.cat([pose, *laid], dim=1)
        image, priors = self.dec_down(self.dec_up(pose), latents, prior=prior)
        if laid is not None:
            choice = torch.sigmoid(image[:, COLOURS:])
            image = image[:, :COLOURS] + torch.lerp(laid.torso_over, laid.limbs_over, choice)
        return _bounded(image), means, priors


def _bounded(image: Tensor) -> Tensor:
    """Cut off what is beyond [-1, 1]; gradients pass all the same, so that it can return."""
    return image.clamp(-1, 1).detach() + (image - image.detach())


def _widths(config: Config, size: int) -> list[int]:
    """Return the channels of the scales, fine to coarse; the coarsest is 2^bottleneck_factor."""
    scales = size.bit_length() - config.bottleneck_factor
    return [min(config.width << scale, config.widest) for scale in range(scales)]


def _faults(config: Config, size: int) -> Iterator[tuple[str, str]]:
    """Say what cannot be built, in words of the config, and what would mend it."""
    if config.pose_map not in POSE_MAPS:
        yield f"pose_map is '{config.pose_map}'", ", ".join(POSE_MAPS)
    if config.blocks < 2 or config.blocks % 2:
        yield f"blocks is {config.blocks}", "an even number: half before a latent, half after"
    if not 0 <= config.dropout < 1:
        yield f"dropout is {config.dropout}", "a probability below 1"
    for name, least in (
        *(("box_factor", 0), ("bottleneck_factor", 0), ("thickness", 0)),
        *(("width", 1), ("widest", 1), ("limb_width", 1e-6)),
    ):
        if getattr(config, name) < least:
            yield f"{name} is {getattr(config, name)}", f"at least {least}"
    scales = size.bit_length() - config.bottleneck_factor
    left = scales - config.box_factor
    if not 1 <= config.latent_scales <= left - ("idle" in config.compat):
        yield (
            f"latent_scales is {config.latent_scales} where the encoder has {max(left, 0)} scales",
            "fewer latents, or smaller box_factor and bottleneck_factor",
        )
    least = 1 << max(scales - 1, 0)
    side = size // least
    if size % least or (side > 1 and side % 2):
        yield f"images of {size} px", f"a multiple of {2 * least}"
