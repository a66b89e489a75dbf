"""Structural similarity under named protocols, with its map and its foreground share.

Five incompatible definitions of SSIM are in use in this field, so a number without its protocol
says nothing. One protocol here is one row of ``PROTOCOLS``.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Protocol:
    """How local statistics are taken.

    Attributes:
        window: Side of the window in px, odd.
        sigma: Width of a Gaussian window in px; 0 means that all pixels weigh the same.
        sample_covariance: Divide by n - 1 (True) or by n (False) in variances.
        data_range: L of the constants (0.01 L)^2 and (0.03 L)^2.
        described: One line for tables.
    """

    window: int
    sigma: float
    sample_covariance: bool
    data_range: float
    described: str


PROTOCOLS: dict[str, Protocol] = {
    # scikit-image's default on uint8; PG2, and the iPER tables of Liu et al. 2019 up to the range.
    "skimage7": Protocol(7, 0.0, True, 255.0, "7x7 uniform window, sample covariance, range 255"),
    # Wang et al. 2004, the window of Siarohin et al. 2018; 11 taps = 3.5 sigma on either side.
    "gauss1.5": Protocol(
        11,
        1.5,
        False,
        255.0,
        "11x11 Gaussian window of sigma 1.5, population covariance, range 255",
    ),
}


def ssim_map(generated: Image, true: Image, protocol: str = "skimage7") -> Array:
    """Compute the local similarity at every pixel and channel (Wang et al. 2004, eq. 13).

    Pixels beyond the border are mirrored, edge pixel included, as scikit-image does.

    Args:
        generated: (H, W, 3) RGB.
        true: (H, W, 3) RGB, same size.
        protocol: A name in ``PROTOCOLS``.

    Returns:
        (H, W, 3), 1 where the windows agree, at most 1, at least -1.
    """
    p = PROTOCOLS[protocol]
    if generated.shape != true.shape:
        raise ValueError(f"images of two sizes: {generated.shape} and {true.shape}")
    if min(true.shape[:2]) < p.window:
        raise ValueError(f"image {true.shape[:2]} smaller than the window of {p.window} px")
    x, y = generated.astype(np.float64), true.astype(np.float64)
    mean_x, mean_y = _local_mean(x, p), _local_mean(y, p)
    # n / (n - 1) turns a population covariance into a sample covariance.
    n = p.window**2
    unbias = n / (n - 1) if p.sample_covariance else 1.0
    var_x = unbias * (_local_mean(x * x, p) - mean_x * mean_x)
    var_y = unbias * (_local_mean(y * y, p) - mean_y * mean_y)
    cov = unbias * (_local_mean(x * y, p) - mean_x * mean_y)
    c1, c2 = (0.01 * p.data_range) ** 2, (0.03 * p.data_range) ** 2
    similar = (2 * mean_x * mean_y + c1) * (2 * cov + c2)
    result: Array = similar / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))
    return result


def ssim(similarity: Array, protocol: str = "skimage7") -> float:
    """Average a map as scikit-image does: without the border of half a window, over channels.

    Windows that would reach over the edge of the image are left out of the mean.
    """
    pad = PROTOCOLS[protocol].window // 2
    height, width = similarity.shape[:2]
    return float(similarity[pad : height - pad, pad : width - pad].mean())


def masked_ssim(similarity: Array, mask: NDArray[np.bool_]) -> float:
    """Average the whole map, border included, over the pixels of a mask (Knoche et al. 2020).

    The windows themselves see the full images, so a pixel just inside the mask also looks at its
    neighbours outside. NaN if the mask is empty.

    Args:
        similarity: (H, W, 3) from ``ssim_map``.
        mask: (H, W).
    """
    if not mask.any():
        return float("nan")
    return float(similarity[mask].mean())


def _local_mean(image: Array, p: Protocol) -> Array:
    border = (
        cv2.BORDER_REFLECT
    )  # mirror, edge pixel repeated: scipy's and scikit-image's "reflect"
    if p.sigma == 0:
        return np.asarray(cv2.boxFilter(image, -1, (p.window, p.window), borderType=border))
    kernel = _gaussian(p.window, p.sigma)
    return np.asarray(cv2.sepFilter2D(image, -1, kernel, kernel, borderType=border))


def _gaussian(window: int, sigma: float) -> Array:
    offset = np.arange(window) - window // 2
    weights = np.exp(-0.5 * (offset / sigma) ** 2)
    normalised: Array = weights / weights.sum()
    return normalised
