"""Deformable skip connections (Siarohin et al. 2018) and the small remake of seed 003.

A U-Net draws the person in the target pose. Its encoder of appearance sees the source image with
the source pose, its encoder of pose the target pose; before the decoder sees the finer features of
appearance, `warp_skip` puts them where the target pose wants them:

- `mask`: ten body parts, each by an affine map of its own (the paper);
- `full`: one affine map for the whole person, from shoulders, hips and knees;
- `stn`: one affine map that a small network learns to read off the two poses;
- `none`: not at all; a single encoder sees the image and both poses (the baseline).

Differences from the original's code, which `COMPAT` brings back: normalisation is an instance
normalisation with a scale and a shift per channel, where the original, under that name, normalises
over channels as well with one scalar each; so the networks have 2 more weights per normalised
channel and 2 fewer per layer. And the torso is a rectangle around the trunk, where the original's
is the whole image and drags the background along; `rest` says what stands around the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from repose.errors import nearest
from repose.geometry.plan import Interpolation
from repose.geometry.pull import Combine
from repose.models.blocks import Model
from repose.models.patch_critics import PatchCritic, SmallCritic
from repose.models.pulling import RESTS, LearnedPull, PartPull, WholePull
from repose.models.refusal import check_compat, refuse
from repose.models.strided import Decoder, Encoder
from repose.models.window import JointMaps, Window
from repose.skeleton import JOINT, JOINT_SETS

COMPAT = {
    "layer_norm": "normalises over channels, too, with one scale and one shift for all",
    "torso_everywhere": "the torso's mask is the whole image, so it carries the background along",
}
_SIDES = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
# Which joints are drawn, one channel each; the order of OpenPose's 18.
DRAWN = {
    "openpose18": (
        *("nose", "neck"),
        *(f"{side}_{name}" for side in "rl" for name in _SIDES[:3]),
        *(f"{side}_{name}" for side in "rl" for name in _SIDES[3:]),
        *("l_eye", "r_eye", "l_ear", "r_ear"),
    ),
    "coco17": JOINT_SETS["coco17"],
}
SWITCHES: Mapping[str, tuple[str, ...]] = {
    "joints": tuple(DRAWN),
    "warp_skip": ("none", "full", "stn", "mask"),
    "combine": ("max", "avg"),
    "interp": ("nearest", "linear"),
    "rest": RESTS,
    "norm": ("instance", "none"),
    "critic": ("patch", "small", "none"),
}


@dataclass(frozen=True)
class Config:
    """The switches and the size of the networks; what each means stands in the config."""

    window: tuple[int, ...]
    joints: str
    sigma_px: float
    warp_skip: str
    combine: str
    interp: str
    rest: str
    warped_levels: int
    encoder_widths: tuple[int, ...]
    decoder_widths: tuple[int, ...]
    norm: str
    dropout: float
    dropped_blocks: int
    critic: str
    critic_widths: tuple[int, ...]
    critic_linears: tuple[int, ...]
    compat: tuple[str, ...]


def build(config: Config, size: int) -> Model:
    """Build the networks for square images of `size` px, with fresh weights.

    Raises:
        ReposeError: bad-network, where a value is not one of those known or sizes do not fit.
    """
    _check(config)
    return Model(Generator(config, size), _critic(config, size))


class Generator(nn.Module):
    """Source image and two poses to the image of the person in the target pose.

    `torch.compile` takes it whole; the graph breaks where joints are read.
    """

    needs_depth = False

    def __init__(self, config: Config, size: int) -> None:
        """Build the networks of `config`."""
        super().__init__()
        levels = len(config.encoder_widths)
        joints = _joints(config)
        self.window = Window(size, config.window, 2 ** (levels - 1))
        self.maps = JointMaps(self.window, joints, config.sigma_px)
        self.warped_levels = config.warped_levels
        self.pull = _pull(config, joints, self.window.shape)
        kind = _norm(config)
        skips = list(config.encoder_widths)
        if self.pull is None:
            self.encoder = Encoder(3 + 2 * len(joints), skips, kind)
        else:
            self.appearance = Encoder(3 + len(joints), skips, kind)
            self.pose = Encoder(len(joints), skips, kind)
            skips = [2 * width for width in skips]
        self.decoder = Decoder(
            skips, config.decoder_widths, kind, config.dropout, config.dropped_blocks
        )

    def fit(self, source_joints: Tensor, target_joints: Tensor) -> None:
        """Return nothing: the geometry is worked out where it is used."""

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
            transforms: not used.

        Returns:
            `image` (B, 3, S, S) in [-1, 1]; around the window it is the source. In evaluation with
            moved features, too, `warped`, the source's pixels moved like them, black where nothing
            comes, and with parts `masks`, the places of the target's parts in colours.
        """
        inside = self.window.cut(source)
        poses = self.maps(torch.cat([source_joints, target_joints])).chunk(2)
        if self.pull is None:
            levels = self.encoder(torch.cat([inside, *poses], dim=1))
            return self._finish(levels, source, {})
        joints = self.window.shift(source_joints), self.window.shift(target_joints)
        levels = self.appearance(torch.cat([inside, poses[0]], dim=1))
        moved = self.pull(levels[: self.warped_levels], *joints)
        looks = [*moved, *levels[self.warped_levels :]]
        wanted = self.pose(poses[1])
        skips = [torch.cat(both, dim=1) for both in zip(looks, wanted, strict=True)]
        views = {}
        if not self.training:
            views["warped"] = self._warped(inside, source, joints)
            if isinstance(self.pull, PartPull):
                painted = self.pull.paint(joints[1], self.window.shape)
                views["masks"] = self.window.paste(painted, torch.full_like(source, -1.0))
        return self._finish(skips, source, views)

    def _finish(
        self, levels: list[Tensor], source: Tensor, views: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        drawn = torch.tanh(self.decoder(levels).float())
        return {"image": self.window.paste(drawn, source), **views}

    @torch.no_grad()
    def _warped(self, inside: Tensor, source: Tensor, joints: tuple[Tensor, Tensor]) -> Tensor:
        """Move the image itself: colours from 0, so that "nothing" is black."""
        (moved,) = cast(PartPull, self.pull)([(inside.float() + 1) / 2], *joints)
        return self.window.paste(2 * moved - 1, source)


def _joints(config: Config) -> list[int]:
    return [JOINT[name] for name in DRAWN[config.joints]]


def _norm(config: Config) -> str:
    return "layer" if "layer_norm" in config.compat else config.norm


def _pull(config: Config, joints: list[int], shape: tuple[int, int]) -> Any:
    """Build what moves features, or None for the baseline."""
    interp = cast(Interpolation, config.interp)
    if config.warp_skip == "mask":
        combine = cast(Combine, config.combine)
        return PartPull(config.rest, interp, combine, "torso_everywhere" in config.compat)
    if config.warp_skip == "full":
        return WholePull(interp)
    return LearnedPull(joints, shape) if config.warp_skip == "stn" else None


def _critic(config: Config, size: int) -> nn.Module | None:
    window = Window(size, config.window)
    if config.critic == "patch":
        maps = JointMaps(window, _joints(config), config.sigma_px)
        return PatchCritic(maps, config.critic_widths, _norm(config))
    if config.critic == "small":
        return SmallCritic(window, config.critic_widths, config.critic_linears)
    return None


def _check(config: Config) -> None:
    """Refuse what cannot be built, in words of the config."""
    for switch, known in SWITCHES.items():
        value = getattr(config, switch)
        if value not in known:
            refuse(f"{switch} is '{value}'", nearest(value, known))
    check_compat(config.compat, COMPAT)
    if config.norm == "none" and "layer_norm" in config.compat:
        refuse(
            "norm is 'none' with compat option 'layer_norm'", "norm: instance, or no such option"
        )
    encoder, decoder = len(config.encoder_widths), len(config.decoder_widths)
    if encoder < 2 or decoder != encoder - 1:
        refuse(
            f"{encoder} encoder_widths and {decoder} decoder_widths",
            "at least two levels, and one decoder block fewer than levels",
        )
    if not 0 <= config.warped_levels <= encoder:
        refuse(f"warped_levels is {config.warped_levels}", f"0 to {encoder}, the encoder's levels")
    if not config.sigma_px > 0:
        refuse(f"sigma_px is {config.sigma_px}", "above 0")
    if not (0 <= config.dropout < 1 and 0 <= config.dropped_blocks <= decoder):
        refuse(
            f"dropout {config.dropout} in {config.dropped_blocks} blocks",
            f"a share from 0 to below 1, in at most {decoder} blocks",
        )
