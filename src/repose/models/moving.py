"""The middle of the network, where nothing is learned: parts cut out, moved, put together."""

from collections.abc import Collection

import torch
from torch import Tensor
from torch.nn import functional

from repose.geometry.warp import warp_parts
from repose.parts import fit_part_affines, fit_part_transforms, part_masks, project, to_grid


class PartMover:
    """Moves the parts of a volume from the source pose to the target pose.

    In space by Helmert transforms, or (the paper's 2D warp) in the image plane: masks projected,
    affine transforms, the same at all depths. How much there is to move changes from pair to pair,
    so all of this stays outside of compiled graphs. It is computed in float32 at least.
    """

    def __init__(
        self,
        size: int,
        grid: tuple[int, int, int],
        warp: str,
        margin_vox: float,
        compat: Collection[str],
    ) -> None:
        """Remember the grid.

        Args:
            size: side of the image in px.
            grid: (D, H, W) voxels.
            warp: "3d" or "2d".
            margin_vox: added to the radius of the part masks, voxels.
            compat: of the options of `warp3d.COMPAT`: `masks`, `nearest`, `reflections`,
                `shift_65`.
        """
        self.size, self.grid, self.flat = size, grid, warp == "2d"
        self.margin_vox, self.compat = margin_vox, frozenset(compat)

    @torch.no_grad()
    def fit(self, source_joints: Tensor, target_joints: Tensor) -> Tensor:
        """Fit `source_from_target` in px: (B, 10, 4, 4), or (B, 10, 3, 3) in the image plane."""
        if self.flat:
            return fit_part_affines(source_joints, target_joints).source_from_target
        return fit_part_transforms(
            source_joints, target_joints, compat_reflections="reflections" in self.compat
        ).source_from_target

    @torch.compiler.disable
    @torch.no_grad()
    def masks(self, source_joints: Tensor) -> Tensor:
        """Mark the source's parts: (B, 10, D, H, W) bool."""
        return part_masks(
            source_joints.float(),
            self.size,
            self.grid,
            compat="masks" in self.compat,
            margin_vox=self.margin_vox,
        )

    def background(self, masks: Tensor) -> Tensor:
        """Mark the pixels (B, 1, S, S) that no part of the source covers, 0 or 1."""
        covered = project(masks).any(dim=1, keepdim=True)
        return functional.interpolate((~covered).float(), size=(self.size, self.size))

    @torch.compiler.disable
    def move(self, volume: Tensor, masks: Tensor, transforms: Tensor) -> Tensor:
        """Move features (B, C, D, H, W) as `transforms` say, which are as `fit` returns them."""
        with torch.autocast(volume.device.type, enabled=False):
            volume, transforms = volume.float(), transforms.float()
            if not self.flat:
                return warp_parts(volume, masks, to_grid(transforms, self.size, self.grid))
            # The same move at every depth: depths are so many more channels of one slice.
            moved = warp_parts(
                volume.flatten(1, 2)[:, :, None],  # (B, C*D, 1, H, W)
                project(masks)[:, :, None],
                self.to_slice(transforms),
                interp="nearest" if "nearest" in self.compat else "linear",
            )
            return moved[:, :, 0].unflatten(1, volume.shape[1:3])

    def to_slice(self, transforms: Tensor) -> Tensor:
        """Carry transforms of the image (B, 10, 3, 3) from px to the indices of one slice."""
        moves = to_grid(transforms, self.size, (1, *self.grid[1:]))
        if "shift_65" in self.compat:
            # The original takes 65 voxels for 256 px in the shifts only; its masks have 64.
            moves[..., :2, 3] *= (self.grid[1] + 1) / self.grid[1]
        return moves
