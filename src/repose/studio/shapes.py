"""Signed distances of simple shapes, and their smooth union."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating]
# Coordinate grids x (n, 1, 1), y (1, n, 1), z (1, 1, n) in m, broadcast against each other.
Grid = tuple[Array, Array, Array]
Distance = Callable[[Grid], Array]
# A half-space that is cut away: the points p with (p - point) . normal > 0.
Cut = tuple[ArrayLike, ArrayLike]

FAR_M = 0.25


def cone_distance(grid: Grid, a: Array, b: Array, ra: float, rb: float, squash: Array) -> Array:
    """Return the distance to a limb from a (radius ra) to b (radius rb), squashed along the axes.

    The radius grows linearly along the axis: not exact off the surface, but smooth.
    """
    axis = (b - a) / squash
    x, y, z = ((grid[i] - a[i]) / squash[i] for i in range(3))
    t = np.clip((x * axis[0] + y * axis[1] + z * axis[2]) / max(axis @ axis, 1e-9), 0, 1)
    across = (x - t * axis[0]) ** 2 + (y - t * axis[1]) ** 2 + (z - t * axis[2]) ** 2
    return (np.sqrt(across) - (ra + (rb - ra) * t)) * min(1.0, *squash)


def ball_distance(grid: Grid, centre: Array, radii: Array) -> Array:
    """Return the distance to an ellipsoid, to first order near its surface (after I. Quilez)."""
    x, y, z = ((grid[i] - centre[i]) / radii[i] for i in range(3))
    norm = np.sqrt(x * x + y * y + z * z)
    slope = np.sqrt((x / radii[0]) ** 2 + (y / radii[1]) ** 2 + (z / radii[2]) ** 2)
    return norm * (norm - 1) / (slope + 1e-6)


def smooth_union(a: Array, b: Array, blend: float) -> Array:
    """Return the smaller distance, with a fillet of about blend / 4 where they are equal."""
    near = np.maximum(blend - np.abs(a - b), 0) / blend
    return np.minimum(a, b) - near * near * (blend / 4)


@dataclass(frozen=True)
class Shape:
    """One shape: its distance, the fillet to what came before, and the box that holds it."""

    distance: Distance
    blend: float
    low: Array
    high: Array
    is_hair: bool

    def window(self, axes: tuple[Array, Array, Array]) -> tuple[slice, slice, slice]:
        """Return the slices of a sampling grid inside the box."""
        bounds = (
            np.searchsorted(axis, (self.low[i], self.high[i])) for i, axis in enumerate(axes)
        )
        x, y, z = (slice(int(first), int(last)) for first, last in bounds)
        return x, y, z


@dataclass
class Sculpture:
    """Shapes in the order in which they are joined."""

    shapes: list[Shape] = field(default_factory=list)

    def cone(
        self,
        ends: tuple[ArrayLike, ArrayLike],
        radii: tuple[float, float],
        blend: float,
        *,
        squash: ArrayLike = (1.0, 1.0, 1.0),
        cuts: tuple[Cut, ...] = (),
        hair: bool = False,
    ) -> None:
        """Add a limb between two points with a radius at each."""
        a, b = (np.asarray(end, float) for end in ends)
        squash = np.asarray(squash, float)
        reach = max(radii) * max(1.0, squash.max())

        def distance(grid: Grid) -> Array:
            return cone_distance(grid, a, b, *radii, squash)

        self._add(distance, (np.minimum(a, b), np.maximum(a, b)), reach, blend, cuts, hair)

    def ball(
        self,
        centre: ArrayLike,
        radii: ArrayLike,
        blend: float,
        *,
        cuts: tuple[Cut, ...] = (),
        hair: bool = False,
    ) -> None:
        """Add an ellipsoid."""
        middle, sizes = np.asarray(centre, float), np.asarray(radii, float)

        def distance(grid: Grid) -> Array:
            return ball_distance(grid, middle, sizes)

        self._add(distance, (middle, middle), sizes.max(), blend, cuts, hair)

    def sample(self, axes: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        """Sample the union and how far hair stands out, on a grid with these coordinates.

        Returns:
            Two (nx, ny, nz) float32 grids: signed distance, and distance of the rest minus
            distance of the hair: positive on hair. Both are clipped at `FAR_M`.
        """
        shape = tuple(len(axis) for axis in axes)
        flesh = np.full(shape, FAR_M, np.float32)
        hair = np.full(shape, FAR_M, np.float32)
        for item in self.shapes:
            window = item.window(axes)
            x, y, z = (axis[part] for axis, part in zip(axes, window, strict=True))
            if not (len(x) and len(y) and len(z)):
                continue
            grid = (x[:, None, None], y[None, :, None], z[None, None, :])
            field_ = hair if item.is_hair else flesh
            field_[window] = smooth_union(field_[window], item.distance(grid), item.blend)
        return smooth_union(flesh, hair, 0.006), flesh - hair

    def _add(
        self,
        distance: Distance,
        corners: tuple[Array, Array],
        reach: float,
        blend: float,
        cuts: tuple[Cut, ...],
        hair: bool,
    ) -> None:
        # Beyond the box the shape would be farther than its own fillet reaches.
        margin = reach + blend + 0.02
        low, high = corners[0] - margin, corners[1] + margin
        self.shapes.append(Shape(_cut(distance, cuts), blend, low, high, hair))


def _cut(distance: Distance, cuts: tuple[Cut, ...]) -> Distance:
    if not cuts:
        return distance
    planes = [(np.asarray(point, float), np.asarray(normal, float)) for point, normal in cuts]

    def cut_distance(grid: Grid) -> Array:
        result = distance(grid)
        for point, normal in planes:
            normal = normal / np.linalg.norm(normal)
            offset = sum((grid[i] - point[i]) * normal[i] for i in range(3))
            result = np.maximum(result, offset)
        return result

    return cut_distance
