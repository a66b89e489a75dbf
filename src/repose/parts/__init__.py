"""From a pose, or a pair of poses, to part masks and part transforms (Knoche et al. 2020).

masks       capsules along the bones: which voxels belong to which part
points      which joints fix a part's place, in space and in the image
transforms  the fit of each part from target to source, and its way into voxel units

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
