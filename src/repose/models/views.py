"""What the variational U-Net sees of a pair: pictures of poses, and the source's parts."""

from collections.abc import Collection
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from repose.models.collage import CHANNELS, Collage, lay_collage
from repose.parts.layers import Bodies, depth_labels, paint_layers, see_bodies
from repose.parts.part_crops import CROPS, part_crops
from repose.parts.stickman import stickman

POSE_MAPS = {"stickman": 3, "three_layer": 3, "three_layer6": 6}  # and their channels
COLOURS = 3


class Views(NamedTuple):
    """What the networks see of a pair; all colours are in [-1, 1].

    Attributes:
        crops: (B, 8, C, s, s) the source's parts, with its pose map for the option.
        pose: (B, 3 or 6, S, S) the target pose.
        shown: (B, 3, S, S) the target pose for people to look at.
        laid: the collages, where there are shortcuts.
    """

    crops: Tensor
    pose: Tensor
    shown: Tensor
    laid: Collage | None


class PosePictures:
    """Draws poses as pictures: stickmen, or limbs in the colours of their layers."""

    def __init__(
        self,
        size: int,
        pose_map: str,
        limb_width: float,
        thickness: float,
        compat: Collection[str],
    ) -> None:
        """Remember the style.

        Args:
            size: side of the image in px.
            pose_map: of `POSE_MAPS`.
            limb_width: in torso lengths.
            thickness: of a body, in widths of the shoulders.
            compat: of the options of `vunet25d.COMPAT`: `whole_pixels`.
        """
        self.size, self.pose_map = size, pose_map
        self.limb_width, self.thickness = limb_width, thickness
        self.whole_pixels = "whole_pixels" in compat

    def bodies(self, joints: Tensor) -> Bodies:
        """Find limbs and torso of (B, 19, 3) joints in the image."""
        return see_bodies(joints, self.size, self.limb_width)

    def labels(self, bodies: Bodies) -> Tensor:
        """Label the limbs, (B, 8)."""
        return depth_labels(bodies, self.thickness)

    def draw(
        self, joints: Tensor, bodies: Bodies, labels: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Draw a pose for the network, (B, 3 or 6, S, S), and for people, (B, 3, S, S)."""
        if self.pose_map == "stickman":
            pose = stickman(joints, self.size, whole_pixels=self.whole_pixels)
            return pose, pose
        if labels is None:
            labels = self.labels(bodies)
        shown = paint_layers(joints, bodies, labels, sides=False)
        if self.pose_map == "three_layer":
            return shown, shown
        return paint_layers(joints, bodies, labels, sides=True), shown


class Viewer:
    """Makes views of pairs, without gradients and in float32."""

    def __init__(
        self,
        pictures: PosePictures,
        side: int,
        *,
        posterior_pose: bool,
        shortcuts: bool,
        half_pixel: bool,
    ) -> None:
        """Remember what is to be seen.

        Args:
            pictures: draws poses.
            side: of the crops, px.
            posterior_pose: cut the source's pose map, too.
            shortcuts: lay collages.
            half_pixel: as in `geometry.homography.quad_points`.
        """
        self.pictures, self.side = pictures, side
        self.posterior_pose, self.shortcuts = posterior_pose, shortcuts
        self.half_pixel = half_pixel
        pose = POSE_MAPS[pictures.pose_map]
        self.seen_channels = len(CROPS) * (COLOURS + (pose if posterior_pose else 0))
        self.pose_channels = pose + (CHANNELS if shortcuts else 0)

    @torch.compiler.disable
    @torch.no_grad()
    def __call__(
        self,
        source: Tensor,
        source_joints: Tensor,
        target_joints: Tensor,
        labels: Tensor | None = None,
    ) -> Views:
        """Draw all views; arguments as `vunet25d.Generator.forward`."""
        with torch.autocast(source.device.type, enabled=False):
            source, poses = source.float(), (source_joints.float(), target_joints.float())
            both = self.posterior_pose or self.shortcuts
            bodies = self.pictures.bodies(torch.cat(poses) if both else poses[1])
            before, after = (Bodies(*(v.chunk(1 + both)[end] for v in bodies)) for end in (0, -1))
            pose, shown = self.pictures.draw(poses[1], after, labels)
            seen = source
            if self.posterior_pose:
                seen = torch.cat([source, self.pictures.draw(poses[0], before)[0]], dim=1)
            crops = part_crops(seen, poses[0], self.side, half_pixel=self.half_pixel)
            laid = lay_collage(source, poses, bodies) if self.shortcuts else None
            return Views(crops, pose, shown, laid)


def mosaic(crops: Tensor, size: int) -> Tensor:
    """Lay the colours of the crops (B, 8, C, s, s) out on one square (B, 3, size, size)."""
    shown = functional.pad(crops[:, :, :COLOURS], (0, 0) * 3 + (0, 1))  # a ninth, grey
    rows = shown.unflatten(1, (3, 3)).permute(0, 3, 1, 4, 2, 5)  # (B, 3, row, y, column, x)
    return functional.interpolate(
        rows.flatten(4, 5).flatten(2, 3), size=(size, size), mode="bilinear", antialias=True
    )
