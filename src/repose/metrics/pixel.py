"""Pixel distances between two RGB uint8 images."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def psnr(generated: Image, true: Image) -> float:
    """Peak signal-to-noise ratio in dB at range 255; inf for equal images."""
    error = np.mean((generated.astype(np.float64) - true.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255.0**2 / error))


def l1(generated: Image, true: Image, mask: NDArray[np.bool_] | None = None) -> float:
    """Mean absolute difference with colours in [0, 1], over pixels and channels.

    Args:
        generated: (H, W, 3).
        true: (H, W, 3).
        mask: (H, W) pixels to count; None counts all. NaN if it is empty.
    """
    difference = np.abs(generated.astype(np.int16) - true.astype(np.int16))
    if mask is not None:
        difference = difference[mask]
    return float(difference.mean() / 255.0) if difference.size else float("nan")
