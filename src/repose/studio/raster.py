"""Triangles to visible samples: a z-buffer in vectorised numpy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

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
    points_px: Array, nearness: Array, triangles: NDArray[np.integer], size: int, *, cull: bool
) -> Samples:
    """Find the triangle with the largest nearness at every pixel centre.

    Args:
        points_px: (V, 2) float32 corner positions (x, y) px, pixel centres at integers + 0.5.
        nearness: (V,) float32, linear on the screen: the inverse of the depth for a pinhole
            camera, minus the depth for parallel light.
        triangles: (F, 3) corners.
        size: Side of the square image in px.
        cull: Drop triangles that are seen from behind.

    Returns:
        The visible samples.
    """
    corners = (points_px - 0.5)[triangles]  # (F, 3, 2), pixel centres at integers
    first = np.maximum(np.ceil(corners.min(axis=1)), 0)
    last = np.minimum(np.floor(corners.max(axis=1)), size - 1)
    area = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    drawn = (last >= first).all(axis=1) & ((area < 0) if cull else (area != 0))
    extent = (last - first).max(axis=1) + 1
    found, smaller = [], 0
    for window in _WINDOWS:
        chosen = np.flatnonzero(drawn & (extent > smaller) & (extent <= window))
        smaller = window
        if len(chosen):
            found.append(_cover(corners, first, last, chosen, window, size))
    if not found:
        nothing = np.zeros(0, np.int64)
        return Samples(nothing, nothing, np.zeros((0, 3), np.float32), np.zeros(0, np.float32))
    pixel, triangle, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
    near = np.einsum("ni,ni->n", weights, nearness[triangles[triangle]])
    winner = _nearest(pixel, near, size)
    return Samples(pixel[winner], triangle[winner], weights[winner], near[winner])


def _cover(
    corners: Array, first: Array, last: Array, chosen: NDArray[np.int64], window: int, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Return pixel, triangle and weights of all samples inside the chosen triangles."""
    # Coordinates relative to the window's corner: absolute ones lose too many digits in float32.
    start = first[chosen]
    a, b, c = (corners[chosen, i] - start for i in range(3))
    inverse = 1 / _cross(b - a, c - a)
    step = np.arange(min(window, size), dtype=np.float32)

    def weight(p: Array, q: Array) -> Array:
        """Return the share of the corner opposite to the edge p-q: (n, window, window)."""
        constant = (_cross(p, q) * inverse)[:, None, None]
        along_x = ((p[:, 1] - q[:, 1]) * inverse)[:, None, None]
        along_y = ((q[:, 0] - p[:, 0]) * inverse)[:, None, None]
        return constant + along_x * step + along_y * step[:, None]

    of_a, of_b = weight(b, c), weight(c, a)
    room = last[chosen] - start
    inside = (of_a >= _EDGE) & (of_b >= _EDGE) & (of_a + of_b <= 1 - _EDGE)
    inside &= (step <= room[:, 0, None, None]) & (step[:, None] <= room[:, 1, None, None])
    which, row, column = np.nonzero(inside)
    x, y = start[which, 0].astype(np.int64) + column, start[which, 1].astype(np.int64) + row
    share_a, share_b = of_a[inside], of_b[inside]
    weights = np.stack([share_a, share_b, 1 - share_a - share_b], axis=1).astype(np.float32)
    return y * size + x, chosen[which], weights


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
