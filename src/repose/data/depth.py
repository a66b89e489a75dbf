"""Joints that are known in the image only, as data sets with 2D poses give them."""

import numpy as np
from numpy.typing import NDArray


def lay_flat(joints: NDArray[np.float32]) -> tuple[NDArray[np.float32], bool]:
    """Put joints without a depth into the plane of the pelvis, z = 0.

    What is drawn in the image is right then; what depends on depth is not, and whoever uses it
    has to ask.

    Args:
        joints: (..., 3) px; z is NaN where a joint is known in the image only.

    Returns:
        The joints, those that are missing still NaN, and whether any of them had no depth.
    """
    flat = np.isfinite(joints[..., :2]).all(axis=-1) & np.isnan(joints[..., 2])
    laid = joints.copy()
    laid[flat, 2] = 0
    return laid, bool(flat.any())
