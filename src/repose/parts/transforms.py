"""How each part of the target pose maps to the source pose."""

from typing import NamedTuple

import torch
from torch import Tensor

from repose.geometry.affine import fit_affine
from repose.geometry.helmert import Fit, fit_helmert
from repose.parts.points import flat_points, rigid_points


class PartTransforms(NamedTuple):
    """How each part of the target pose maps to the source pose.

    Attributes:
        source_from_target: (B, 10, 4, 4) in px (x, y, z), or (B, 10, 3, 3) in the image plane.
        residual_px: (B, 10) root mean square distance between source and moved target points.
        degenerate: (B, 10) bool, True where a rule replaced the fit (see `fit_helmert`,
            `fit_affine`).
    """

    source_from_target: Tensor
    residual_px: Tensor
    degenerate: Tensor


def fit_part_transforms(
    source_joints: Tensor, target_joints: Tensor, *, compat_reflections: bool = False
) -> PartTransforms:
    """Fit a Helmert transform to each part of a pose pair.

    Torso and head have their joints. A limb has its two ends and a third point across the bend of
    the next bone, which tells its roll; right limbs take it on the other side than left ones, so a
    mirrored person has mirrored points (the original takes the same side). A limb that is straight
    in either pose has no third point in both: then the shortest arc decides.

    Args:
        source_joints: (B, 19, 3) px.
        target_joints: (B, 19, 3) px.
        compat_reflections: Reproduce the original's fits, of which about half are mirror images.
    """
    source, source_known = rigid_points(source_joints, as_published=compat_reflections)
    target, target_known = rigid_points(target_joints, as_published=compat_reflections)
    fit = fit_helmert(
        source, target, source_known * target_known, allow_reflections=compat_reflections
    )
    return _transforms(fit, source_known * target_known)


def fit_part_affines(source_joints: Tensor, target_joints: Tensor) -> PartTransforms:
    """Fit a 2D affine map to each part of a pose pair; limbs are rectangles around their bones.

    Args:
        source_joints: (B, 19, 3) px, of which x and y matter.
        target_joints: (B, 19, 3) px.
    """
    source, source_known = flat_points(source_joints)
    target, target_known = flat_points(target_joints)
    fit = fit_affine(source, target, source_known * target_known)
    return _transforms(fit, source_known * target_known)


def _transforms(fit: Fit, known: Tensor) -> PartTransforms:
    """Call a limb degenerate, too, where its third point was dropped."""
    dropped = torch.zeros_like(fit.degenerate)
    dropped[:, 2:] = known[:, 2:, 2] == 0
    return PartTransforms(fit.source_from_target, fit.residual, fit.degenerate | dropped)


def to_grid(transforms: Tensor, size: int, grid: tuple[int, int, int]) -> Tensor:
    """Carry transforms from px over to voxel indices, where the warp works.

    Args:
        transforms: (B, P, 4, 4) px; or (B, P, 3, 3) px of the image, which leave z alone.
        size: Side of the square image, px.
        grid: (D, H, W) of the volume.

    Returns:
        (B, P, 4, 4) `source_from_target` on voxel indices (x, y, z), centres at integers.
    """
    depth, height, width = grid
    exact = transforms.double()
    if transforms.shape[-1] == 3:
        exact = _in_space(exact)
    scale = exact.new_tensor([width, height, depth]) / size
    shift = exact.new_tensor([-0.5, -0.5, depth / 2 - 0.5])
    # index = scale px + shift on both sides, so the matrix is S T S^-1.
    linear = exact[..., :3, :3] * scale[:, None] / scale
    offset = exact[..., :3, 3] * scale + shift - (linear @ shift[:, None])[..., 0]
    moved = torch.zeros_like(exact)
    moved[..., :3, :3], moved[..., :3, 3], moved[..., 3, 3] = linear, offset, 1
    return moved.to(transforms.dtype)


def _in_space(flat: Tensor) -> Tensor:
    """Give affine maps of the image (..., 3, 3) a depth that they leave alone: (..., 4, 4)."""
    keep = torch.tensor([0, 1, 3], device=flat.device)
    matrix = torch.zeros(*flat.shape[:-2], 4, 4, dtype=flat.dtype, device=flat.device)
    matrix[..., keep[:, None], keep] = flat
    matrix[..., 2, 2] = 1
    return matrix
