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
from torch.nn import functional

from repose.errors import ReposeError, nearest
from repose.geometry.warp import warp_parts
from repose.models.discriminator import Discriminator
from repose.models.flat import move_flat
from repose.models.inpainter import Inpainter
from repose.models.lifting import LiftingEncoder
from repose.models.pose import PoseEncoder, PoseMaps
from repose.models.projection import ProjectionDecoder
from repose.parts import fit_part_affines, fit_part_transforms, part_masks, project, to_grid

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
    """The size of the networks; the values of the paper stand in the config."""

    warp: str  # 3d or 2d
    pose: str  # 3d or 2d
    stride: int
    depth: int
    channels: int
    groups: int
    sigma_px: float
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
    compat: tuple[str, ...]


class Model(nn.Module):
    """A generator and its critic."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module | None) -> None:
        """Hold both; without a discriminator there is no adversarial loss."""
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator


def build(config: Config, size: int) -> Model:
    """Build the networks for square images of `size` px, with fresh weights.

    An empty `discriminator_widths` means no discriminator.

    Raises:
        ReposeError: bad-network, where a value is not one of those known or sizes do not fit.
    """
    _check(config, size)
    generator = Generator(config, size)
    discriminator = None
    if config.discriminator_widths:
        grid = (config.depth, size, size)
        discriminator = Discriminator(
            PoseMaps(size, grid, config.sigma_px, config.pose, config.compat),
            stem=config.discriminator_stem,
            widths=config.discriminator_widths,
            units=config.discriminator_units,
            groups=config.groups,
            compat=config.compat,
        )
    return Model(generator, discriminator)


def _check(config: Config, size: int) -> None:
    for name in ("warp", "pose"):
        if getattr(config, name) not in ("3d", "2d"):
            raise ReposeError(
                "bad-network", f"{name} is '{getattr(config, name)}'", mend="3d or 2d"
            )
    for option in config.compat:
        if option not in COMPAT:
            raise ReposeError(
                "bad-network", f"unknown compat option '{option}'", mend=nearest(option, COMPAT)
            )
    if config.stride not in (1, 2, 4) or 2 ** len(config.decoder_ups) != config.stride:
        raise ReposeError(
            "bad-network",
            f"stride {config.stride} with {len(config.decoder_ups)} decoder_ups",
            mend="stride is 1, 2 or 4, and the decoder doubles the resolution back to 1",
        )
    least = max(config.stride, 2 ** len(config.inpainter_widths))
    if size % least:
        raise ReposeError("bad-network", f"images of {size} px", mend=f"a multiple of {least}")


class Generator(nn.Module):
    """Source image and two poses to the image of the person in the target pose.

    All submodules compile; what depends on joints (masks, fits, the warp's index lists) has sizes
    that change from pair to pair, stays outside the graph, and is computed in float32.
    """

    def __init__(self, config: Config, size: int) -> None:
        """Build the networks of `config`."""
        super().__init__()
        rows = "gn_rows" in config.compat
        self.size = size
        self.grid = (config.depth, size // config.stride, size // config.stride)
        self.warp, self.compat = config.warp, frozenset(config.compat)
        self.lifting = LiftingEncoder(
            config.stride,
            config.depth,
            config.channels,
            stem=config.stem,
            widths=config.encoder_widths,
            units=config.encoder_units,
            units3d=config.encoder_units3d,
            groups=config.groups,
            rows=rows,
        )
        self.pose = PoseEncoder(
            PoseMaps(size, self.grid, config.sigma_px, config.pose, self.compat),
            config.pose_channels,
            config.pose_units,
            config.groups,
            rows=rows,
        )
        self.projection = ProjectionDecoder(
            config.channels + config.pose_channels,
            config.depth,
            units3d=config.decoder_units3d,
            widths=config.decoder_widths,
            ups=config.decoder_ups,
            groups=config.groups,
            rows=rows,
            norm="bare_decoder" not in self.compat,
        )
        self.inpainter = Inpainter(
            config.inpainter_widths, config.inpainter_kernels, config.groups, self.compat
        )

    @torch.no_grad()
    def fit(self, source_joints: Tensor, target_joints: Tensor) -> Tensor:
        """Fit what moves the parts: `source_from_target` in px, of the kind that `warp` needs.

        Returns:
            (B, 10, 4, 4) Helmert or (B, 10, 3, 3) affine transforms.
        """
        if self.warp == "2d":
            return fit_part_affines(source_joints, target_joints).source_from_target
        return fit_part_transforms(
            source_joints, target_joints, compat_reflections="reflections" in self.compat
        ).source_from_target

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
        masks = self._masks(source_joints)
        volume = self._move(self.lifting(source), masks, transforms)
        foreground, alpha = self.projection(volume, self.pose(target_joints))
        background = self.inpainter(source, self._known(masks))
        image = alpha * foreground + (1 - alpha) * background
        return {
            "image": image,
            "foreground": foreground,
            "alpha": alpha,
            "background": background,
        }

    @torch.compiler.disable
    @torch.no_grad()
    def _masks(self, source_joints: Tensor) -> Tensor:
        """Draw the source's parts: (B, 10, D, H, W)."""
        joints = source_joints.float()
        return part_masks(joints, self.size, self.grid, compat="masks" in self.compat)

    def _known(self, masks: Tensor) -> Tensor:
        """Mark the pixels (B, 1, S, S) that no part of the source covers."""
        covered = project(masks).any(dim=1, keepdim=True)
        return functional.interpolate((~covered).float(), size=(self.size, self.size))

    @torch.compiler.disable
    def _move(self, volume: Tensor, masks: Tensor, transforms: Tensor) -> Tensor:
        """Move the parts of (B, C, D, H, W) features from the source pose to the target pose."""
        with torch.autocast(volume.device.type, enabled=False):
            volume, transforms = volume.float(), transforms.float()
            if self.warp == "3d":
                return warp_parts(volume, masks, to_grid(transforms, self.size, self.grid))
            # The same image-plane transform at every depth: depths are so many more channels.
            flat = volume.flatten(1, 2)[:, :, None]  # (B, C*D, 1, H, W)
            moved = move_flat(flat, project(masks)[:, :, None], transforms, self.size, self.compat)
            return moved[:, :, 0].unflatten(1, volume.shape[1:3])
