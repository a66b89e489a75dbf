"""The part masks of Knoche et al. 2020, bit for bit: ellipsoids stamped along a line.

The original centres its stamp on the radius w but pastes it by the whole number above it, so its
masks are shifted by up to a voxel, and it leaves out the end of each line. Kept to compare with
the original's results; `capsules` is the sound version.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Voxels = NDArray[np.floating]


def stamp_line(volume: NDArray[np.bool_], start: Voxels, end: Voxels, radii: Voxels) -> None:
    """Stamp an ellipsoid at unit steps from start to before end, into `volume` itself.

    Args:
        volume: (H, W, D) bool.
        start: (3,) voxels, in the order of the volume's axes.
        end: (3,) voxels.
        radii: (3,) voxels.
    """
    stamp = ellipsoid(*radii)
    half = np.array(stamp.shape) // 2
    reach = end - start
    length = max(float(np.linalg.norm(reach)), 1.0)
    steps = np.arange(int(length), dtype=reach.dtype)[:, None]
    centres = np.round(start + steps * (reach / length)).astype(np.int32)
    centres = centres.clip(0, np.array(volume.shape) - 1)
    moved = np.ones(len(centres), bool)
    moved[1:] = (centres[1:] != centres[:-1]).any(1)
    centres = centres[moved]
    low = np.maximum(centres - half, 0)
    high = np.minimum(centres + half + 1, volume.shape)
    into = np.stack((low, high, low - centres + half, high - centres + half), 1)
    for (x0, y0, z0), (x1, y1, z1), (i0, j0, k0), (i1, j1, k1) in into.tolist():
        volume[x0:x1, y0:y1, z0:z1] |= stamp[i0:i1, j0:j1, k0:k1]


@lru_cache(maxsize=32)
def ellipsoid(*radii: np.floating) -> NDArray[np.bool_]:
    """Return the original's stamp: (x - w)^2 / (w + 1)^2 summed over the axes is at most 1."""
    x, y, z = (  # squares of the distance from the centre, along each axis
        (np.arange(2 * int(w) + 3, dtype=w.dtype) - w) ** 2 / (w + 1) ** 2 for w in radii
    )
    inside: NDArray[np.bool_] = x[:, None, None] + y[:, None] + z <= 1
    return inside
