"""The camera, the room behind the person, and its light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from repose.studio.outfits import PALETTE
from repose.studio.people import Colour
from repose.studio.regions import smooth_step
from repose.studio.strata import Strata

Array = NDArray[np.floating]

WALLS = ("plain", "bricks", "panels", "stripes", "tiles", "planks", "paper")
FLOORS = ("boards", "tiles", "carpet", "concrete")
WALL_COLOURS = (
    (0.83, 0.81, 0.77),
    (0.70, 0.77, 0.80),
    (0.80, 0.71, 0.63),
    (0.69, 0.76, 0.68),
    (0.78, 0.73, 0.80),
    (0.60, 0.63, 0.67),
    (0.87, 0.80, 0.66),
    (0.50, 0.58, 0.66),
)
FLOOR_COLOURS = (
    (0.52, 0.38, 0.26),
    (0.42, 0.42, 0.44),
    (0.63, 0.52, 0.40),
    (0.35, 0.40, 0.47),
    (0.45, 0.30, 0.25),
)
_FINER = 2  # the background is drawn at this many samples per pixel side
_NOISE_FRAMES = 6


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks along -z of the world, level.

    Attributes:
        size: Side of the square image in px.
        focal_px: Focal length.
        centre: (3,) position in world m.
    """

    size: int
    focal_px: float
    centre: Array

    @property
    def intrinsics(self) -> Array:
        """Return the (3, 3) matrix from camera m to px, pixel centres at integers + 0.5."""
        half = self.size / 2
        return np.array([[self.focal_px, 0, half], [0, self.focal_px, half], [0, 0, 1.0]])

    def to_camera(self, points: Array) -> Array:
        """Turn world points (..., 3) into camera axes: x right, y down, z away, in m."""
        return (points - self.centre) * np.array([1.0, -1.0, -1.0])

    def to_image(self, points: Array) -> tuple[Array, Array]:
        """Project world points (..., 3): positions (..., 2) px and depths (...,) m."""
        x, y, depth = np.moveaxis(self.to_camera(points).astype(points.dtype), -1, 0)
        image = np.stack([x / depth, y / depth], axis=-1) * self.focal_px + self.size / 2
        return image, depth

    def finer(self, factor: int) -> "Camera":
        """Return the camera with more pixels on the same image."""
        return Camera(self.size * factor, self.focal_px * factor, self.centre)


def make_camera(size: int) -> Camera:
    """Place the camera so that a tall person with raised arms just fits: 2.36 m at 4.2 m."""
    return Camera(size, size * 4.2 / 2.36, np.array([0.0, 1.06, 4.2]))


@dataclass(frozen=True)
class Room:
    """A static room.

    Attributes:
        background: (S, S, 3) float32 in [0, 1], without the person and their shadow.
        places: (S, S, 3) float32 world m of the surface behind each pixel.
        is_floor: (S, S) bool.
        noise: (frames, S, S, 3) float32 sensor noise of unit deviation.
        light: (3,) unit vector towards the key light.
        key: (3,) colour and strength of the key light.
        ambient: (3,) colour and strength of the light from all sides.
    """

    camera: Camera
    background: Array
    places: Array
    is_floor: NDArray[np.bool_]
    noise: Array
    light: Array
    key: Array
    ambient: Array


def make_room(camera: Camera, index: int) -> Room:
    """Build one of the rooms; consecutive indices differ as evenly as they can."""
    strata = Strata(index, "room")
    random = strata.random("room")
    wall_z = -strata.between("distance", 0.7, 1.6)
    places, is_floor = _see(camera.finer(_FINER), wall_z)
    wall = _paint_wall(places, strata, random)
    floor = _paint_floor(places, strata)
    colours = np.where(is_floor[..., None], floor, wall)
    colours *= _soft_light(places, is_floor, wall_z, random.uniform(-0.6, 0.6))[..., None]
    size = (camera.size, camera.size)
    small = cv2.resize(colours.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    seen, floor_seen = _see(camera, wall_z)
    light = np.array([strata.between("light", -0.55, 0.55), 1.0, 0.75])
    return Room(
        camera,
        np.clip(small, 0, 1),
        seen.astype(np.float32),
        floor_seen,
        random.standard_normal((_NOISE_FRAMES, *size, 3), dtype=np.float32),
        (light / np.linalg.norm(light)).astype(np.float32),
        _tint((1.0, 0.97, 0.92), strata.between("key", 0.78, 0.92)),
        _tint((0.92, 0.96, 1.0), strata.between("ambient", 0.42, 0.52)),
    )


def _tint(colour: Colour, strength: float) -> Array:
    return (np.array(colour) * strength).astype(np.float32)


def _see(camera: Camera, wall_z: float) -> tuple[Array, NDArray[np.bool_]]:
    """Return the world point behind each pixel, and whether it is on the floor."""
    centres = np.arange(camera.size) + 0.5 - camera.size / 2
    right, down = np.meshgrid(centres, centres)
    ray = np.stack([right, -down, np.full_like(right, -camera.focal_px)], axis=-1)
    to_wall = (wall_z - camera.centre[2]) / ray[..., 2]
    sinking = np.minimum(ray[..., 1], -1e-9)
    to_floor = np.where(ray[..., 1] < 0, -camera.centre[1] / sinking, np.inf)
    is_floor = to_floor < to_wall
    return camera.centre + np.minimum(to_floor, to_wall)[..., None] * ray, is_floor


def _near_line(x: Array, period: float, half_width: float) -> Array:
    """Return 1 on lines that repeat, 0 between them."""
    return (np.abs((x / period) % 1 - 0.5) > 0.5 - half_width / period).astype(float)


def _paint_wall(places: Array, strata: Strata, random: np.random.Generator) -> Array:
    x, y = places[..., 0], places[..., 1]
    colour = np.array(strata.pick("wall colour", WALL_COLOURS))
    kind = strata.pick("wall", WALLS)
    wall = colour * _wall_shade(kind, x, y)[..., None]
    if kind != "bricks":
        wall[y < 0.10] = np.clip(colour + 0.12, 0, 1) * 0.9  # skirting board
    for _ in range(strata.pick("pictures", (0, 1, 2, 3))):
        _hang_picture(wall, x, y, random)
    return wall


def _wall_shade(kind: str, x: Array, y: Array) -> Array:
    """Return the brightness (S, S) of a kind of wall beside its colour."""
    shade = np.ones_like(x)
    if kind == "bricks":
        row = np.floor(y / 0.09)
        shifted = x + 0.11 * (row % 2)
        shade += 0.07 * np.sin(12.9 * row + 78.2 * np.floor(shifted / 0.22))
        joint = np.maximum(_near_line(y, 0.09, 0.005), _near_line(shifted, 0.22, 0.005))
        shade *= 1 - 0.16 * joint
    elif kind == "panels":
        shade *= 1 - 0.25 * np.maximum(_near_line(x, 0.6, 0.008), np.abs(y - 0.9) < 0.02)
    elif kind == "stripes":
        shade *= 1 - 0.10 * ((x / 0.16) % 1 < 0.5)
    elif kind == "tiles":
        shade *= 1 - 0.18 * np.maximum(_near_line(x, 0.4, 0.006), _near_line(y, 0.4, 0.006))
    elif kind == "planks":
        board = np.floor(x / 0.19)
        shade += 0.05 * np.sin(47.0 * board) + 0.03 * np.sin(8 * y + 5 * board)
        shade *= 1 - 0.25 * _near_line(x, 0.19, 0.005)
    elif kind == "paper":
        shade += 0.06 * np.sin(2 * np.pi * x / 0.2) * np.sin(2 * np.pi * y / 0.2)
    return shade


def _hang_picture(wall: Array, x: Array, y: Array, random: np.random.Generator) -> None:
    """Paint a framed picture onto the wall, in place."""
    middle = random.uniform([-1.5, 1.1], [1.5, 1.9])
    width, height = random.uniform(0.15, 0.40), random.uniform(0.15, 0.35)
    names = list(PALETTE)
    first, second = (np.array(PALETTE[names[i]]) for i in random.integers(len(names), size=2))
    right, up = x - middle[0], y - middle[1]
    inside = (np.abs(right) < width) & (np.abs(up) < height)
    hills = smooth_step(up + 0.4 * right + 0.1 * np.sin(9 * right), -0.08, 0.08)
    picture = first + (second - first) * hills[..., None]
    frame = (np.abs(right) > width - 0.03) | (np.abs(up) > height - 0.03)
    picture[frame] = 0.22
    wall[inside] = (0.85 * picture + 0.08)[inside]


def _paint_floor(places: Array, strata: Strata) -> Array:
    x, z = places[..., 0], places[..., 2]
    colour = np.array(strata.pick("floor colour", FLOOR_COLOURS))
    kind = strata.pick("floor", FLOORS)
    shade = np.ones_like(x)
    if kind == "boards":
        board = np.floor(x / 0.14)
        shade += 0.09 * np.sin(91.7 * board) + 0.04 * np.sin(300 * x + 3 * np.sin(3 * z + board))
        shade *= 1 - 0.3 * _near_line(x, 0.14, 0.004)
    elif kind == "tiles":
        shade += 0.07 * (2 * ((np.floor(x / 0.4) + np.floor(z / 0.4)) % 2) - 1)
    elif kind == "carpet":
        shade += 0.05 * np.sin(160 * x) * np.sin(160 * z)
    else:
        shade += 0.05 * np.sin(3.1 * x + 2 * np.sin(2.3 * z)) * np.sin(2.7 * z)
    return colour * shade[..., None]


def _soft_light(places: Array, is_floor: NDArray[np.bool_], wall_z: float, lamp_x: float) -> Array:
    """Return the light (S, S) on the empty room: darker to the sides and in the corner."""
    x, y, z = np.moveaxis(places, -1, 0)
    floor = (1.0 - 0.10 * np.clip(-z, 0, 2)) * (1 - 0.25 * np.exp((wall_z - z) / 0.12))
    wall = (0.86 + 0.10 * y / 2.2) * (1 - 0.2 * np.exp(-y / 0.15))
    return np.where(is_floor, floor, wall) * (1 - 0.07 * np.clip(np.abs(x - lamp_x), 0, 2))
