"""The warp of learned 3D features (Knoche et al. 2020) and its ablations.

The source image is lifted to a volume of features; ten body parts are cut out of it, moved rigidly
to where the target pose has them and put together again; a decoder draws the person from that and
the target pose; an inpainter paints what was behind the person.

Two switches make the four rows of the paper's Table 1: `warp` moves parts in space (Helmert
transforms) or in the image plane (affine transforms of projected parts, the same for all depths);
`pose` shows the target with its depth or flattened.

The original runs at 257 px with volumes of 33 x 65 x 65, by padding a zero row, column and slice;
this runs at 256 px with 32 x 64 x 64, whose voxels tile the image exactly. The original's L2 term
on some of its weights is not part of the network and is left out.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from repose.models import shortcuts
from repose.models.blocks import Model
from repose.models.discriminator import Discriminator
from repose.models.inpainter import Inpainter
from repose.models.lifting import LiftingEncoder
from repose.models.moving import PartMover
from repose.models.pose import PoseEncoder, PoseMaps
from repose.models.projection import ProjectionDecoder
from repose.models.refusal import check_compat, refuse

# What the original's code does that its paper does not say, each reproduced where it is named.
COMPAT = {
    "bare_decoder": "no normalisation inside the decoder's bottlenecks",
    "batch_logit": "one logit for the whole batch instead of one per image",
    "gn_rows": "group normalisation of volumes keeps a statistic per row",
    "leaky_tanh": "the inpainter ends in a leaky ReLU before its tanh",
    "masks": "part masks by shifted stamps that stop one voxel short",
    "nearest": "the 2D warp takes the nearest feature instead of interpolating",
    "noise": "the inpainter sees a channel of noise",
    "pconv_ratio": "partial convolutions divide by the number of input channels, too",
    "pose_slices": "2D poses leak depth: the maximum over slices instead of a projection",
    "reflections": "Helmert fits may mirror a part",
    "shift_65": "the 2D warp's shifts are scaled by 65/256 instead of 64/256",
}


@dataclass(frozen=True)
class Config:
    """The switches and the size of the networks; what each means stands in the config."""

    warp: str  # 3d or 2d
    pose: str  # 3d or 2d
    stride: int
    depth: int
    channels: int
    groups: int
    sigma_px: float
    margin_vox: float
    stem: int
    encoder_widths: tuple[int, ...]
    encoder_units: tuple[int, ...]
    encoder_units3d: int
    pose_channels: int
    pose_units: int
    decoder_units3d: int
    decoder_widths: tuple[int, ...]
    decoder_ups: tuple[int, ...]
    inpainter_widths: tuple[int, ...]
    inpainter_kernels: tuple[int, ...]
    discriminator_stem: int
    discriminator_widths: tuple[int, ...]
    discriminator_units: tuple[int, ...]
    shortcuts: bool  # pixels take the routes of features, too; not in the paper
    compat: tuple[str, ...]


def build(config: Config, size: int) -> Model:
    """Build the networks for square images of `size` px, with fresh weights.

    No `discriminator_widths`, no discriminator.

    Raises:
        ReposeError: bad-network, where a value is not one of those known or sizes do not fit.
    """
    _check(config, size)
    return Model(Generator(config, size), _discriminator(config, size))


class Generator(nn.Module):
    """Source image and two poses to the image of the person in the target pose.

    `torch.compile` takes it whole; the graph breaks where joints are read, at masks, heat maps and
    the move, whose sizes change from pair to pair.
    """

    def __init__(self, config: Config, size: int) -> None:
        """Build the networks of `config`."""
        super().__init__()
        grid = (config.depth, size // config.stride, size // config.stride)
        self.size, self.shortcuts = size, config.shortcuts
        self.needs_depth = "3d" in (config.warp, config.pose)
        self.mover = PartMover(size, grid, config.warp, config.margin_vox, config.compat)
        self.lifting = _lifting(config)
        self.pose = PoseEncoder(
            PoseMaps(size, grid, config.sigma_px, config.pose, config.compat),
            config.pose_channels,
            config.pose_units,
            config.groups,
            rows="gn_rows" in config.compat,
        )
        self.projection = _projection(config)
        self.inpainter = Inpainter(
            config.inpainter_widths,
            config.inpainter_kernels,
            config.groups,
            config.compat,
            keep=config.shortcuts,
        )

    def fit(self, source_joints: Tensor, target_joints: Tensor) -> Tensor:
        """Fit what moves the parts: `source_from_target` in px, of the kind that `warp` needs.

        Args:
            source_joints: (B, 19, 3) px.
            target_joints: (B, 19, 3) px.

        Returns:
            (B, 10, 4, 4) Helmert or (B, 10, 3, 3) affine transforms.
        """
        return self.mover.fit(source_joints, target_joints)

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
            source_joints: (B, 19, 3) px.
            target_joints: (B, 19, 3) px.
            transforms: as `fit` returns them; fitted here where there are none.

        Returns:
            `image`, `foreground`, `background` (B, 3, S, S) in [-1, 1] and `alpha` (B, 1, S, S) in
            [0, 1]: image = alpha foreground + (1 - alpha) background.
        """
        if transforms is None:
            transforms = self.fit(source_joints, target_joints)
        masks = self.mover.masks(source_joints)
        volume = self.lifting(source)
        start = None
        if self.shortcuts:
            # The first feature of a voxel says how opaque it is.
            carried = shortcuts.carry(source, volume[:, :1].float())
            volume = torch.cat([carried, volume[:, 1:].float()], dim=1)
        volume = self.mover.move(volume, masks, transforms)
        if self.shortcuts:
            start = shortcuts.render(volume[:, : shortcuts.CHANNELS], self.size)
        foreground, alpha = self.projection(volume, self.pose(target_joints), start)
        background = self.inpainter(source, self.mover.background(masks))
        return {
            "image": alpha * foreground + (1 - alpha) * background,
            "foreground": foreground,
            "alpha": alpha,
            "background": background,
        }


def _lifting(config: Config) -> LiftingEncoder:
    return LiftingEncoder(
        config.stride,
        config.depth,
        config.channels,
        stem=config.stem,
        widths=config.encoder_widths,
        units=config.encoder_units,
        units3d=config.encoder_units3d,
        groups=config.groups,
        rows="gn_rows" in config.compat,
    )


def _projection(config: Config) -> ProjectionDecoder:
    carried = shortcuts.CHANNELS - 1 if config.shortcuts else 0
    return ProjectionDecoder(
        config.channels + carried + config.pose_channels,
        config.depth,
        units3d=config.decoder_units3d,
        widths=config.decoder_widths,
        ups=config.decoder_ups,
        groups=config.groups,
        rows="gn_rows" in config.compat,
        norm="bare_decoder" not in config.compat,
    )


def _discriminator(config: Config, size: int) -> Discriminator | None:
    if not config.discriminator_widths:
        return None
    grid = (config.depth, size, size)
    return Discriminator(
        PoseMaps(size, grid, config.sigma_px, config.pose, config.compat),
        stem=config.discriminator_stem,
        widths=config.discriminator_widths,
        units=config.discriminator_units,
        groups=config.groups,
        compat=config.compat,
    )


def _check(config: Config, size: int) -> None:
    """Refuse what cannot be built, in words of the config."""
    for switch, value in (("warp", config.warp), ("pose", config.pose)):
        if value not in ("3d", "2d"):
            refuse(f"{switch} is '{value}'", "3d or 2d")
    check_compat(config.compat, COMPAT)
    for one, other in (
        ("encoder_widths", "encoder_units"),
        ("inpainter_widths", "inpainter_kernels"),
        ("discriminator_widths", "discriminator_units"),
    ):
        if len(getattr(config, one)) != len(getattr(config, other)):
            refuse(f"{one} and {other} differ in length", "one number for each level")
    if config.stride not in (1, 2, 4) or 2 ** len(config.decoder_ups) != config.stride:
        refuse(
            f"stride {config.stride} with {len(config.decoder_ups)} decoder_ups",
            "stride is 1, 2 or 4, and the decoder doubles the resolution back to 1",
        )
    least = max(config.stride, 2 ** len(config.inpainter_widths))
    if size % least:
        refuse(f"images of {size} px", f"a multiple of {least}")
