"""Structural similarity under named protocols, with its map and its foreground share.

Incompatible definitions of SSIM are in use in this field: on the same images they differ by 0.13
and more, so a number without its protocol says nothing. One protocol here is one row of
``PROTOCOLS``, crop and padding included.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

WHITE = 255


@dataclass(frozen=True)
class Protocol:
    """What is looked at, and how local statistics are taken.

    Attributes:
        window: Side of the window in px, odd.
        sigma: Width of a Gaussian window in px; 0 means that all pixels weigh the same.
        sample_covariance: Divide by n - 1 (True) or by n (False) in variances.
        data_range: L of the constants (0.01 L)^2 and (0.03 L)^2; 0 for the largest less the
            smallest value of the generated image, as it is looked at.
        described: One line for tables.
        grey: Look at one channel, Rec. 601's luma rounded to a byte as OpenCV rounds it.
        crop: Columns that are kept, in the middle, as a share of the height; 0 keeps all.
        margin: White columns that are added on either side, as a share of the height.
    """

    window: int
    sigma: float
    sample_covariance: bool
    data_range: float
    described: str
    grey: bool = False
    crop: float = 0.0
    margin: float = 0.0

    @property
    def pad(self) -> int:
        """Half a window, px: where a window would reach over the edge."""
        return self.window // 2

    def columns(self, shape: tuple[int, ...]) -> slice:
        """Return the columns that are kept of an image of this shape."""
        kept = round(self.crop * shape[0]) if self.crop else shape[1]
        left = (shape[1] - kept) // 2
        return slice(left, left + kept)

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether an image of this shape has the columns, and room for one window."""
        height, width = shape[:2]
        kept = self.columns(shape)
        padded = kept.stop - kept.start + 2 * round(self.margin * height)
        return kept.start >= 0 and kept.stop <= width and min(height, padded) >= self.window


def _gaussian(
    sigma: float, data_range: float, said: str, crop: float = 0.0, margin: float = 0.0
) -> Protocol:
    window = 2 * int(3.5 * sigma + 0.5) + 1  # where scikit-image cuts the bell off
    bell = f"{window}x{window} Gaussian window of sigma {sigma:g}, population covariance, {said}"
    return Protocol(window, sigma, False, data_range, bell, crop=crop, margin=margin)


OF_IMAGE = "range of each generated image, its largest less its smallest value"

PROTOCOLS: dict[str, Protocol] = {
    # scikit-image's default on uint8; PG2, and the iPER tables of Liu et al. 2019 up to the range.
    "skimage7": Protocol(7, 0.0, True, 255.0, "7x7 uniform window, sample covariance, range 255"),
    # Wang et al. 2004, the window of Siarohin et al. 2018.
    "gauss1.5": _gaussian(1.5, 255.0, "range 255"),
    # "SSIM_256" in the code of PIDM (Bhunia et al. 2023).
    "gauss1.2": _gaussian(1.2, 0.0, OF_IMAGE),
    # "SSIM" of GFLA (Ren et al. 2020) and of those who took its script: NTED, PIDM, CFLD, PCDMs.
    "win51": Protocol(51, 0.0, True, 255.0, "51x51 uniform window, sample covariance, range 255"),
    # pose-gan (Siarohin et al. 2018), PATN on Market-1501, and "SSIM_256" of the GFLA family.
    "range_per_image": _gaussian(1.5, 0.0, OF_IMAGE),
    # PATN (Zhu et al. 2019) on DeepFashion, ADGAN, XingGAN: 176 of 256 columns, then 40 white ones
    # on either side, in which any two images agree.
    "patn_repad": _gaussian(
        1.5,
        0.0,
        f"{OF_IMAGE}; of 256 columns the 176 in the middle between two times 40 white ones",
        crop=176 / 256,
        margin=40 / 256,
    ),
    "grey": Protocol(
        7,
        0.0,
        True,
        255.0,
        "7x7 uniform window, sample covariance, range 255, on Rec. 601 luma as bytes",
        grey=True,
    ),
}


def column_of(protocol: str) -> str:
    """Return the name of the protocol's column in the table of scores."""
    return f"ssim_{protocol.replace('.', '_')}"


def ssim_map(generated: Image, true: Image, protocol: str = "skimage7") -> Array:
    """Compute the local similarity at every pixel and channel (Wang et al. 2004, eq. 13).

    Pixels beyond the border are mirrored, edge pixel included, as scikit-image does.

    Args:
        generated: (H, W, 3) RGB.
        true: (H, W, 3) RGB, same size.
        protocol: A name in ``PROTOCOLS``.

    Returns:
        (H, W', C) of what the protocol looks at: W' columns, C = 1 in grey, else 3. 1 where the
        windows agree, at most 1, at least -1. All NaN where the generated image has one value
        only, and the protocol takes its range from there.
    """
    return ssim_maps(generated, true, [protocol])[protocol]


def ssim_maps(generated: Image, true: Image, protocols: Iterable[str]) -> dict[str, Array]:
    """Compute the maps of several protocols, those of one window from the same local means.

    Args:
        generated: (H, W, 3) RGB.
        true: (H, W, 3) RGB, same size.
        protocols: Names in ``PROTOCOLS``.

    Returns:
        By name, what ``ssim_map`` returns.
    """
    if generated.shape != true.shape:
        raise ValueError(f"images of two sizes: {generated.shape} and {true.shape}")
    taken: dict[tuple[float, ...], _Means] = {}
    maps = {}
    for name in protocols:
        p = PROTOCOLS[name]
        if not p.fits(true.shape):
            raise ValueError(f"image {true.shape[:2]} smaller than the window of {name}")
        key = (p.window, p.sigma, p.grey, p.crop, p.margin)
        if key not in taken:
            taken[key] = _local_means(_looked_at(generated, p), _looked_at(true, p), p)
        maps[name] = _similarity(taken[key], p)
    return maps


def ssim(similarity: Array, protocol: str = "skimage7") -> float:
    """Average a map as scikit-image does: without the border of half a window, over channels.

    Windows that would reach over the edge of the image are left out of the mean.
    """
    pad = PROTOCOLS[protocol].pad
    height, width = similarity.shape[:2]
    return float(similarity[pad : height - pad, pad : width - pad].mean())


def masked_ssim(similarity: Array, mask: Mask, protocol: str = "skimage7") -> float:
    """Average the whole map, border included, over the pixels of a mask (Knoche et al. 2020).

    The windows themselves see the full images, so a pixel just inside the mask also looks at its
    neighbours outside. NaN if the mask is empty.

    Args:
        similarity: (H, W', C) from ``ssim_map``.
        mask: (H, W) of the whole image; columns that the protocol adds are in no mask.
        protocol: Of the map.
    """
    p = PROTOCOLS[protocol]
    kept = np.pad(mask[:, p.columns(mask.shape)], ((0, 0), _sides(p, mask.shape[0])))
    return float(similarity[kept].mean()) if kept.any() else float("nan")


class _Means(NamedTuple):
    """Local means of what is looked at, (H, W', C) each, and the range of the generated image."""

    generated: Array
    true: Array
    squares: Array
    products: Array
    span: float


def _looked_at(image: Image, p: Protocol) -> Image:
    sides = _sides(p, image.shape[0])
    image = image[:, p.columns(image.shape)]
    if any(sides):
        image = np.pad(image, ((0, 0), sides, (0, 0)), constant_values=WHITE)
    if p.grey:
        image = np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY))
    return image


def _sides(p: Protocol, height: int) -> tuple[int, int]:
    return (round(p.margin * height),) * 2


def _local_means(generated: Image, true: Image, p: Protocol) -> _Means:
    x, y = generated.astype(np.float64), true.astype(np.float64)
    # Only the sum of the two variances is in the formula, so the squares share a filter.
    squares = x * x
    squares += y * y
    a, b, c, d = (_local_mean(values, p) for values in (x, y, squares, x * y))
    return _Means(a, b, c, d, float(generated.max()) - float(generated.min()))


def _similarity(means: _Means, p: Protocol) -> Array:
    span = p.data_range or means.span
    if not span:
        return np.full(means.true.shape, np.nan)
    x, y, squares, products, _ = means
    # n / (n - 1) turns a population covariance into a sample covariance.
    n = p.window**2
    unbias = n / (n - 1) if p.sample_covariance else 1.0
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    of_means, both = x * x + y * y, x * y
    similar = (2 * both + c1) * (2 * unbias * (products - both) + c2)
    result: Array = similar / ((of_means + c1) * (unbias * (squares - of_means) + c2))
    return result


def _local_mean(image: Array, p: Protocol) -> Array:
    border = cv2.BORDER_REFLECT  # edge pixel repeated: scipy's and scikit-image's "reflect"
    if p.sigma == 0:
        means = cv2.boxFilter(image, -1, (p.window, p.window), borderType=border)
    else:
        kernel = _bell(p.window, p.sigma)
        means = cv2.sepFilter2D(image, -1, kernel, kernel, borderType=border)
    # One channel comes without its axis.
    return np.asarray(means, dtype=np.float64).reshape(*image.shape[:2], -1)


def _bell(window: int, sigma: float) -> Array:
    offset = np.arange(window) - window // 2
    weights = np.exp(-0.5 * (offset / sigma) ** 2)
    normalised: Array = weights / weights.sum()
    return normalised
