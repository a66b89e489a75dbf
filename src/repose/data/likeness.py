"""Images that are one picture: compressed again, of another size, brighter or darker, trimmed.

Two looks decide. A hash of 64 bits (signs of the low frequencies of a cosine transform, Zauner
2010) is compared with every other one, exactly, by counting bits that differ. People on a plain
ground have much the same low frequencies, so what is close must look alike in colour and detail,
too. Against trimmed images, one of the two is looked at through several windows that leave out up
to 8 % of its width.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 32  # px, to which an image is shrunk first
FREQUENCIES = 8  # along each axis; 64 bits
DETAIL = 16  # px, side of what is compared in colour
# Px of that, deviations: what is coarser than the second all people share, and what is finer than
# the first changes with half a pixel.
BLURS_PX = (0.7, 2.0)
ROWS, COLUMNS = 64, 8192  # images compared at once: what a processor's cache holds
PAIRS = 1 << 15  # pairs looked at in colour at once

Array = NDArray[np.float32]
Window = tuple[float, float, float]  # left, top, side: shares of the image

# The whole image, and 96 % and 92 % of it: in the middle and in each corner.
WINDOWS: tuple[Window, ...] = (
    (0.0, 0.0, 1.0),
    *((0.02, 0.02, 0.96), *((x, y, 0.96) for x, y in product((0.0, 0.04), repeat=2))),
    *((0.04, 0.04, 0.92), *((x, y, 0.92) for x, y in product((0.0, 0.08), repeat=2))),
)
STEPS = 2 * len(WINDOWS) - 1


@dataclass(frozen=True)
class Twins:
    """Pairs of images that are one picture.

    Args:
        first: (n,) places in the first list.
        second: (n,) places in the second.
        distance: (n,) bits that differ.
        likeness: (n,) correlation of colour and detail, at most 1.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distance: NDArray[np.int64]
    likeness: Array

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.first)


def shrink(image: np.ndarray) -> NDArray[np.uint8]:
    """Shrink an image, (H, W, 3) uint8, to what is kept of it: (32, 32, 3) uint8."""
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def hashes(small: NDArray[np.uint8], window: Window = WINDOWS[0]) -> NDArray[np.uint64]:
    """Return the 64 bits of each image.

    Args:
        small: (n, 32, 32, 3) as from `shrink`.
        window: The part of each that is looked at.

    Returns:
        (n,) uint64.
    """
    grey = small.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    across, down = (_cosines() @ _resample(start, window[2], SIDE) for start in window[:2])
    waves = (down @ grey @ across.T).reshape(len(small), -1)
    # The mean says how bright an image is, no more; its own bit is always 0.
    waves[:, 0] = -np.inf
    bits = waves > np.median(waves[:, 1:], axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(np.uint64)[:, 0]


def details(small: NDArray[np.uint8], window: Window = WINDOWS[0]) -> Array:
    """Return what each image shows in colour and detail, of length 1; of a plain image all 0.

    Args:
        small: (n, 32, 32, 3) as from `shrink`.
        window: The part of each that is looked at.

    Returns:
        (n, 768) float32, whose products are correlations.
    """
    across, down = (_resample(start, window[2], DETAIL) for start in window[:2])
    planes: Array = np.moveaxis(small, -1, 1).astype(np.float32)  # (n, 3, 32, 32)
    planes = np.asarray(down @ planes @ across.T, np.float32)
    fine, coarse = (_blur(sigma) for sigma in BLURS_PX)
    planes = np.asarray(fine @ planes @ fine.T - coarse @ planes @ coarse.T, np.float32)
    looks = planes.reshape(len(small), -1)
    looks -= looks.mean(axis=1, keepdims=True)
    length = np.linalg.norm(looks, axis=1, keepdims=True)
    return np.divide(looks, length, out=np.zeros_like(looks), where=length > DETAIL)


def find_twins(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    most_bits: int,
    least_likeness: float,
    step: Callable[[], None] = lambda: None,
) -> Twins:
    """Find every pair of images of two lists that are one picture.

    Args:
        first: (n, 32, 32, 3) as from `shrink`.
        second: (m, 32, 32, 3) likewise.
        most_bits: Bits of the hash that may differ.
        least_likeness: Least correlation of colour and detail.
        step: Called `STEPS` times, to show how far it has come.

    Returns:
        Each pair once, as seen through the window in which it is most alike, the most alike first.
    """
    found: list[tuple[np.ndarray, ...]] = []
    for one, other, swapped in ((first, second, False), (second, first, True)):
        whole, whole_details = hashes(other), details(other)
        for window in WINDOWS[int(swapped) :]:  # both whole: once is enough
            step()
            seen = hashes(one, window)
            for start, rows, columns, bits in _close(seen, whole, most_bits):
                looks = details(one[start : start + ROWS], window)
                alike = _products(looks, whole_details, rows, columns)
                good = alike >= least_likeness
                pair = (rows[good] + start, columns[good])
                found.append((*(pair[::-1] if swapped else pair), bits[good], alike[good]))
    return _best(found)


def _close(
    first: NDArray[np.uint64], second: NDArray[np.uint64], most_bits: int
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]]:
    """Give the pairs of hashes that differ in few bits, block by block.

    Yields:
        The first row of a block, rows within it, columns, and how many bits differ.
    """
    for start, left in product(range(0, len(first), ROWS), range(0, len(second), COLUMNS)):
        differ = first[start : start + ROWS, None] ^ second[None, left : left + COLUMNS]
        bits = np.bitwise_count(differ)
        rows, columns = np.nonzero(bits <= most_bits)
        if len(rows):
            yield start, rows, columns + left, bits[rows, columns]


def _products(
    first: Array, second: Array, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> Array:
    parts = [
        np.einsum("ij,ij->i", first[rows[i : i + PAIRS]], second[columns[i : i + PAIRS]])
        for i in range(0, len(rows), PAIRS)
    ]
    return np.concatenate(parts)


def _best(found: list[tuple[np.ndarray, ...]]) -> Twins:
    if not found:
        none = np.zeros(0, np.int64)
        return Twins(none, none, none, np.zeros(0, np.float32))
    first, second, bits, alike = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(-alike, kind="stable")
    _, once = np.unique(np.stack([first, second])[:, order], axis=1, return_index=True)
    kept = order[np.sort(once)]
    return Twins(first[kept], second[kept], bits[kept].astype(np.int64), alike[kept])


def _cosines() -> Array:
    """Return the lowest frequencies of the cosine transform, (8, 32)."""
    at = (2 * np.arange(SIDE) + 1) * np.pi / (2 * SIDE)
    return np.cos(np.arange(FREQUENCIES)[:, None] * at).astype(np.float32)


def _resample(start: float, side: float, size: int) -> Array:
    """Return the weights, (size, 32), that shrink a part of a line by area."""
    edges = SIDE * (start + side * np.arange(size + 1) / size)
    low = np.maximum(edges[:-1, None], np.arange(SIDE))
    high = np.minimum(edges[1:, None], np.arange(SIDE) + 1)
    shares = np.clip(high - low, 0, None)
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def _blur(sigma: float) -> Array:
    """Return the weights, (16, 16), of a Gaussian blur; beyond the border there is nothing."""
    at = np.arange(DETAIL)
    weights = np.exp(-((at[:, None] - at) ** 2) / (2 * sigma**2))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
