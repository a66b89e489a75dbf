"""One frame: image, part labels and depth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from repose.skeleton import JOINT
from repose.studio import materials
from repose.studio.mesh import Figure, pose_mesh, unit
from repose.studio.raster import Samples, rasterise
from repose.studio.regions import BACKGROUND, part_labels
from repose.studio.rig import BONE
from repose.studio.room import Room
from repose.studio.shadows import Lamp, ShadowMap, cast_shadow
from repose.studio.textures import paint

Array = NDArray[np.floating]

_NOISE = np.float32(0.006)  # deviation of the sensor noise, display values
# Per material of materials.py: skin, hair, top, legs, shoe, sock.
_WRAP = np.array([0.30, 0.15, 0.12, 0.12, 0.10, 0.12], np.float32)  # light that bends around
_GLOSS = np.array([0.07, 0.12, 0.012, 0.012, 0.08, 0.01], np.float32)


@dataclass(frozen=True)
class Frame:
    """A rendered frame.

    Attributes:
        image: (S, S, 3) uint8 RGB.
        labels: (S, S) uint8; 0 background, part p has p + 1.
        depth_mm: (S, S) uint16 along the camera axis; 0 on the background.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    depth_mm: NDArray[np.uint16]


@dataclass(frozen=True)
class Surface:
    """What the camera sees of the person, one row per visible sample.

    Attributes:
        rest: (N, 3) rest-space m.
        world: (N, 3) world m.
        normals: (N, 3) unit vectors in the world.
        openness: (N,) see `Mesh`.
        hair: (N,) see `Mesh`.
    """

    rest: Array
    world: Array
    normals: Array
    openness: Array
    hair: Array


def render(
    figure: Figure,
    bones: Array,
    joints: Array,
    lamp: Lamp,
    noise: int,
    *,
    supersample: int,
    shadows: bool,
) -> Frame:
    """Render a person in a room.

    Args:
        figure: The person.
        bones: (2 bones, 4, 4) `world_from_rest`.
        joints: (19, 3) world m.
        lamp: The room's light, with the room.
        noise: Which frame of sensor noise.
        supersample: Samples per pixel side.
        shadows: Whether the person casts a shadow on themselves and on the room.
    """
    room, mesh = lamp.room, figure.mesh
    points, normals = pose_mesh(figure, bones)
    camera = room.camera.finer(supersample)
    places, depth = camera.to_image(points)
    samples = rasterise(places, 1 / depth, mesh.triangles, camera.size)
    surface = _surface(figure, samples, points, normals, depth)
    shadow = cast_shadow(lamp, points, mesh.triangles) if shadows else None
    hairy = surface.hair > 0
    material = materials.material_at(surface.rest, hairy, figure.outfit, figure.rest)
    albedo = paint(figure, surface.rest, surface.hair, material)
    colours = _light(figure, surface, albedo, material, room, shadow)
    behind = room.background
    if shadow is not None:
        behind = behind * shadow.behind(_feet(bones, joints))[..., None]
    labels = part_labels(surface.rest, hairy, figure.rest)
    return _compose(room, behind, samples, colours, labels, noise, supersample)


def _surface(
    figure: Figure, samples: Samples, points: Array, normals: Array, depth: Array
) -> Surface:
    """Interpolate the mesh at the samples, correctly for perspective."""
    mesh = figure.mesh
    corners = mesh.triangles[samples.triangle]  # (N, 3)
    weights = samples.weights / depth[corners]
    weights /= weights[:, 0, None] + weights[:, 1, None] + weights[:, 2, None]
    table = np.column_stack([mesh.points, points, normals, mesh.openness, mesh.hair])
    a, b, c = (weights[:, i, None] * table[corners[:, i]] for i in range(3))
    values = a + b + c
    return Surface(
        values[:, :3], values[:, 3:6], unit(values[:, 6:9]), values[:, 9], values[:, 10]
    )


def _light(
    figure: Figure,
    surface: Surface,
    albedo: Array,
    material: NDArray[np.uint8],
    room: Room,
    shadow: ShadowMap | None,
) -> Array:
    """Return the lit colours (N, 3): key light, sky, fill light, gloss."""
    cloth = (material == materials.TOP) | (material == materials.LEGS)
    normals = unit(surface.normals + cloth[:, None] * _folds(figure, surface.rest))
    lit = np.ones(len(normals), np.float32) if shadow is None else shadow.lit(surface.world)
    light = room.light
    wrap = _WRAP[material]
    key = np.clip((normals @ light + wrap) / (1 + wrap), 0, 1) * (0.22 + 0.78 * lit)
    sky = (0.64 + 0.36 * normals[:, 1] + 0.16 * normals[:, 2]) * surface.openness
    opposite = np.array(
        [-0.6 * np.sign(light[0]), 0.2, 0.77], np.float32
    )  # side of the fill light
    fill = 0.18 * np.clip(normals @ opposite, 0, 1) * surface.openness
    total = key[:, None] * room.key + sky[:, None] * room.ambient + fill[:, None]
    half = unit(light[None] + np.array([0, 0, 1], np.float32))[0]
    gloss = _GLOSS[material] * np.clip(normals @ half, 0, 1) ** 24 * lit
    # Light adds up in linear values; their square root stands for the display's curve.
    return np.minimum(albedo * np.sqrt(total) + gloss[:, None], 1)


def _folds(figure: Figure, points: Array) -> Array:
    """Return what folds add to the normals (N, 3) of cloth: the slope of a sum of waves."""
    random = np.random.default_rng([figure.person.index, 7])
    waves = (random.normal(size=(6, 3)) * [24, 15, 24]).astype(np.float32)
    phase = random.uniform(0, 2 * np.pi, 6).astype(np.float32)
    slope = np.cos(points @ waves.T + phase) @ waves / 6
    return np.float32(0.0065 * figure.outfit.folds) * slope


def _feet(bones: Array, joints: Array) -> Array:
    """Return points (4, 3) along both soles: heels and balls."""
    points = []
    for side in "lr":
        ankle = joints[JOINT[f"{side}_ankle"]]
        foot = bones[BONE[f"{side}_foot"], :3, :3]
        points += [ankle + foot @ [0, -0.085, -0.02], ankle + foot @ [0, -0.085, 0.11]]
    return np.array(points)


def _compose(
    room: Room,
    behind: Array,
    samples: Samples,
    colours: Array,
    labels: NDArray[np.uint8],
    noise: int,
    supersample: int,
) -> Frame:
    """Put the person before the room and average the samples of each pixel."""
    size = room.camera.size
    image = behind + _NOISE * room.noise[noise % len(room.noise)]
    all_labels = np.zeros((size, size), np.uint8)
    depth_mm = np.zeros((size, size), np.uint16)
    if len(samples.pixel):
        box, mean, label, near = _resolve(samples, colours, labels, size, supersample)
        image[box] = mean[..., :3] + (1 - mean[..., 3:]) * image[box]
        shown = mean[..., 3] >= 0.5
        all_labels[box] = np.where(shown, label, BACKGROUND)
        # The truth of a pixel is its nearest sample, where at least half of them show the person.
        depth_mm[box] = np.where(shown, np.round(1000 / np.maximum(near, 1e-3)), 0)
    pixels = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    return Frame(pixels, all_labels, depth_mm)


def _resolve(
    samples: Samples, colours: Array, labels: NDArray[np.uint8], size: int, supersample: int
) -> tuple[tuple[slice, slice], Array, NDArray[np.uint8], Array]:
    """Gather the samples of each pixel, inside the box that holds them all.

    Returns:
        The box; (h, w, 4) mean colour and share of samples that show the person, and label and
        nearness (h, w) of the nearest sample.
    """
    row, column = np.divmod(samples.pixel, size * supersample)
    top, left = int(row.min()) // supersample, int(column.min()) // supersample
    height = int(row.max()) // supersample + 1 - top
    width = int(column.max()) // supersample + 1 - left
    at = row - top * supersample, column - left * supersample
    fine = np.zeros((height * supersample, width * supersample, 5), np.float32)
    fine[at] = np.column_stack([colours, np.ones_like(samples.nearness), samples.nearness])
    fine_labels = np.zeros(fine.shape[:2], np.uint8)
    fine_labels[at] = labels
    total = np.zeros((height, width, 4), np.float32)
    near, label = np.zeros((height, width), np.float32), np.zeros((height, width), np.uint8)
    for i in range(supersample):
        for j in range(supersample):
            part = fine[i::supersample, j::supersample]
            total += part[..., :4]
            label = np.where(
                part[..., 4] > near, fine_labels[i::supersample, j::supersample], label
            )
            near = np.maximum(near, part[..., 4])
    box = (slice(top, top + height), slice(left, left + width))
    return box, total / supersample**2, label, near
