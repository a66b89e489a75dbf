"""From a pose, or a pair of poses, to what a network needs of them.

masks       capsules along the bones: which voxels belong to which part (Knoche et al. 2020)
points      which joints fix a part's place, in space and in the image
transforms  the fit of each part from target to source, and its way into voxel units
limbs       joints and limbs of the upper and of the whole body (Balakrishnan et al. 2018)
rectangles  parts as rectangles in the image, and how they move (Siarohin et al. 2018)
pose_mask   where a body roughly is in the image, as PG2 weighs its losses (Ma et al. 2017)
stickman    a pose as three pictures of lines (Esser et al. 2018)
layers      a pose whose limbs say whether they are in front (Yuan 2019)
part_crops  pictures of body parts, each in its own frame (Esser et al. 2018)

Frames: joints in px (x, y, z), z = 0 at the pelvis; volumes (D, H, W) cover a cube of the image's
side. A joint that is NaN is missing: what needs it is left out.
"""

from repose.parts.masks import part_masks, project
from repose.parts.transforms import (
    PartTransforms,
    fit_part_affines,
    fit_part_transforms,
    to_grid,
)

__all__ = [
    "PartTransforms",
    "fit_part_affines",
    "fit_part_transforms",
    "part_masks",
    "project",
    "to_grid",
]
