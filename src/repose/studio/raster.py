"""Triangles to visible samples: a z-buffer in vectorised numpy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Corners = tuple[Array, Array, Array]  # of F triangles, (F, 2) px each
Cover = tuple[NDArray[np.int64], NDArray[np.int64], Array]  # pixel, triangle, weights (N, 3)

# Triangles are tested against square windows of these sizes in px, small ones together.
_WINDOWS = (1, 2, 3, 4, 5, 6, 8, 12, 20, 40, 80, 4096)
_EDGE = -1e-4  # a sample this little outside still counts, so that shared edges leave no holes


@dataclass(frozen=True)
class Samples:
    """The nearest surface at each sample of an image that shows any.

    Attributes:
        pixel: (N,) int64 index into the flattened image, ascending.
        triangle: (N,) int64.
        weights: (N, 3) float32 of the triangle's corners, linear on the screen.
        nearness: (N,) float32 interpolated value of `nearness`.
    """

    pixel: NDArray[np.int64]
    triangle: NDArray[np.int64]
    weights: Array
    nearness: Array


def rasterise(
    points_px: Array, nearness: Array, triangles: NDArray[np.integer], size: int
) -> Samples:
    """Find the triangle with the largest nearness at every pixel centre.

    Triangles that are seen from behind are dropped: those whose corners run clockwise in an
    image whose y runs down are drawn.

    Args:
        points_px: (V, 2) float32 corner positions (x, y) px, pixel centres at integers + 0.5.
        nearness: (V,) float32, linear on the screen: the inverse of the depth for a pinhole
            camera, minus the depth for parallel light.
        triangles: (F, 3) corners.
        size: Side of the square image in px.

    Returns:
        The visible samples.
    """
    a, b, c = np.take(points_px - 0.5, triangles.T, axis=0)  # pixel centres at integers
    front = np.flatnonzero(_cross(b - a, c - a) < 0)
    corners = (a[front], b[front], c[front])
    found = [
        (pixel, front[which], weights) for pixel, which, weights in _cover_by_size(corners, size)
    ]
    if not found:
        nothing = np.zeros(0, np.int64)
        return Samples(nothing, nothing, np.zeros((0, 3), np.float32), np.zeros(0, np.float32))
    pixel, triangle, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
    of_a, of_b, of_c = (weights[:, i] * nearness[triangles[triangle, i]] for i in range(3))
    near = of_a + of_b + of_c
    winner = _nearest(pixel, near, size)
    return Samples(pixel[winner], triangle[winner], weights[winner], near[winner])


def _cover_by_size(corners: Corners, size: int) -> Iterator[Cover]:
    """Cover triangles of about the same size together, in windows that just hold them."""
    a, b, c = corners
    first = np.maximum(np.ceil(np.minimum(np.minimum(a, b), c)), 0)
    last = np.minimum(np.floor(np.maximum(np.maximum(a, b), c)), size - 1)
    extent = last - first + 1
    drawn = (extent[:, 0] > 0) & (extent[:, 1] > 0)
    longer = np.maximum(extent[:, 0], extent[:, 1])
    smaller = 0
    for window in _WINDOWS:
        chosen = np.flatnonzero(drawn & (longer > smaller) & (longer <= window))
        smaller = window
        if len(chosen):
            few = (a[chosen], b[chosen], c[chosen])
            place = _cover(few, first[chosen], extent[chosen], min(window, size), size)
            yield place[0], chosen[place[1]], place[2]


def _cover(corners: Corners, first: Array, extent: Array, window: int, size: int) -> Cover:
    """Find all samples inside triangles that fit in a window."""
    # Coordinates relative to the window's corner: absolute ones lose too many digits in float32.
    a, b, c = (corner - first for corner in corners)
    inverse = 1 / _cross(b - a, c - a)
    step = np.arange(window, dtype=np.float32)

    def weight(p: Array, q: Array) -> Array:
        """Return the share of the corner opposite to the edge p-q: (n, window, window)."""
        constant = (_cross(p, q) * inverse)[:, None, None]
        along_x = ((p[:, 1] - q[:, 1]) * inverse)[:, None, None]
        along_y = ((q[:, 0] - p[:, 0]) * inverse)[:, None, None]
        return constant + along_x * step + along_y * step[:, None]

    of_a, of_b = weight(b, c), weight(c, a)
    inside = (of_a >= _EDGE) & (of_b >= _EDGE) & (of_a + of_b <= 1 - _EDGE)
    inside &= (step < extent[:, 0, None, None]) & (step[:, None] < extent[:, 1, None, None])
    which, row, column = np.nonzero(inside)
    corner = (first[:, 1] * size + first[:, 0]).astype(np.int64)
    share_a, share_b = of_a[inside], of_b[inside]
    weights = np.stack([share_a, share_b, 1 - share_a - share_b], axis=1)
    return corner[which] + row * size + column, which, weights


def _nearest(pixel: NDArray[np.int64], near: Array, size: int) -> NDArray[np.int64]:
    """Return one sample per covered pixel, the nearest; of equals, the last."""
    best = np.full(size * size, -np.inf, near.dtype)
    np.maximum.at(best, pixel, near)
    candidates = np.flatnonzero(near == best[pixel])
    chosen = np.full(size * size, -1, np.int64)
    chosen[pixel[candidates]] = candidates
    return chosen[chosen >= 0]


def _cross(a: Array, b: Array) -> Array:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
