"""Shapes to a skinned triangle mesh."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.ndimage import map_coordinates
from skimage.measure import marching_cubes

from repose.studio import flesh, garments
from repose.studio.outfits import Outfit
from repose.studio.people import Person
from repose.studio.regions import above_neck, along_arm, outside_armhole, skin_weights
from repose.studio.rig import Rest, rest_pose
from repose.studio.shapes import Sculpture

Array = NDArray[np.floating]

# Distance in m along the normal, and weight, of each look for something that shades the surface.
_OCCLUSION = ((0.02, 0.3), (0.045, 0.3), (0.08, 0.25))
_OVERLAP_M = 0.004  # the coarse and the fine mesh overlap by this where they meet


@dataclass(frozen=True)
class Mesh:
    """A surface in rest space.

    Attributes:
        points: (V, 3) float32 in m.
        normals: (V, 3) float32 unit vectors, outwards.
        openness: (V,) float32; 1 where nothing is near, less in folds and armpits.
        hair: (V,) float32 signed distance in m; + on hair.
        triangles: (F, 3) int32, counter-clockwise seen from outside.
    """

    points: Array
    normals: Array
    openness: Array
    hair: Array
    triangles: NDArray[np.int32]


@dataclass(frozen=True)
class Figure:
    """A dressed person, ready to move.

    Attributes:
        binding: (V, 2 bones) sparse skin weights.
    """

    person: Person
    outfit: Outfit
    rest: Rest
    mesh: Mesh
    binding: sparse.csr_matrix


def make_figure(person: Person, outfit: Outfit, pitch_m: float) -> Figure:
    """Build a person's mesh: sampled at `pitch_m`, head and hands twice as finely."""
    rest = rest_pose(person.build)
    sculpture = Sculpture()
    garments.add_trunk(sculpture, person, outfit, rest)
    flesh.add_arms(sculpture, person, rest)
    garments.add_sleeves(sculpture, person, outfit, rest)
    flesh.add_legs(sculpture, person, rest)
    garments.add_leg_cloth(sculpture, person, outfit, rest)
    garments.add_shoes(sculpture, rest)
    flesh.add_head(sculpture, person, rest)
    flesh.add_hair(sculpture, person, rest)
    mesh = _mesh_body(sculpture, rest, pitch_m)
    leg_blend_m = 0.07 if outfit.bottom == "skirt" else 0.012
    weights = skin_weights(mesh.points, mesh.hair, rest, leg_blend_m)
    weights[weights < 1e-3] = 0
    weights /= weights.sum(axis=1, keepdims=True)
    return Figure(person, outfit, rest, mesh, sparse.csr_matrix(weights))


def pose_mesh(figure: Figure, bones: Array) -> tuple[Array, Array]:
    """Carry the mesh along with posed bones.

    Args:
        figure: The person.
        bones: (2 bones, 4, 4) `world_from_rest`.

    Returns:
        (V, 3) points in world m and (V, 3) unit normals, float32.
    """
    rows = bones[:, :3].reshape(len(bones), 12).astype(np.float32)
    blended = (figure.binding @ rows).reshape(-1, 3, 4)
    points = np.einsum("vab,vb->va", blended[:, :, :3], figure.mesh.points) + blended[:, :, 3]
    normals = np.einsum("vab,vb->va", blended[:, :, :3], figure.mesh.normals)
    return points, unit(normals)


def unit(vectors: Array) -> Array:
    """Return vectors (N, 3) at length 1."""
    return vectors / np.sqrt(np.einsum("ni,ni->n", vectors, vectors) + 1e-20)[:, None]


def _mesh_body(sculpture: Sculpture, rest: Rest, pitch_m: float) -> Mesh:
    """Mesh head and hands finely and the rest coarsely, from one field, so that they fit."""
    low = np.min([shape.low for shape in sculpture.shapes], axis=0)
    high = np.max([shape.high for shape in sculpture.shapes], axis=0)
    wrist_along = float(np.linalg.norm(rest.pivots["l_hand"] - rest.pivots["l_upper_arm"])) - 0.02

    def beyond_neck(points: Array) -> Array:
        return above_neck(points, rest) - 0.012

    def beyond_wrist(points: Array) -> Array:
        return np.minimum(along_arm(points, rest) - wrist_along, outside_armhole(points, rest))

    def fine(low: Array, high: Array, beyond: Callable[[Array], Array]) -> Mesh:
        mesh = _polygonise(sculpture, low, high, pitch_m / 2)
        return _keep(mesh, beyond(mesh.points) > -_OVERLAP_M)

    body = _polygonise(sculpture, low, high, pitch_m)
    body = _keep(body, (beyond_neck(body.points) < 0) & (beyond_wrist(body.points) < 0))
    neck = np.array([-0.25, rest.pivots["neck"][1] - 0.01, low[2]])
    meshes = [body, fine(neck, np.array([0.25, high[1], high[2]]), beyond_neck)]
    for wrist in (rest.pivots["l_hand"], rest.pivots["r_hand"]):
        corners = wrist + np.array([[-0.06, 0.09, 0.13], [0.20, -0.20, -0.13]]) * [
            np.sign(wrist[0]),
            1,
            1,
        ]
        meshes.append(fine(corners.min(axis=0), corners.max(axis=0), beyond_wrist))
    return _join(meshes)


def _polygonise(sculpture: Sculpture, low: Array, high: Array, pitch_m: float) -> Mesh:
    # Samples lie symmetrically about x = 0, so that a symmetric body gets a symmetric mesh.
    axes = tuple(
        pitch_m * (np.arange(np.floor(low[i] / pitch_m), np.ceil(high[i] / pitch_m) + 1) + 0.5)
        for i in range(3)
    )
    x, y, z = (axis.astype(np.float32) for axis in axes)
    distance, hair = sculpture.sample((x, y, z))
    vertices, faces, _, _ = marching_cubes(distance, 0.0)
    origin = np.array([x[0], y[0], z[0]])

    def look_up(grid: Array, points: Array) -> Array:
        places = ((points - origin) / pitch_m).T
        return map_coordinates(grid, places, order=1, mode="nearest")

    points = vertices * pitch_m + origin
    slope: list[Array] = list(np.gradient(distance, pitch_m))
    normals = unit(np.stack([look_up(part, points) for part in slope], axis=-1))
    shade = np.zeros(len(points))
    for reach, weight in _OCCLUSION:
        room = look_up(distance, points + normals * reach) / reach
        shade += weight * np.clip(1 - room, 0, 1)
    return Mesh(
        points.astype(np.float32),
        normals.astype(np.float32),
        (1 - np.clip(shade, 0, 0.8)).astype(np.float32),
        look_up(hair, points).astype(np.float32),
        _outwards(points, normals, faces).astype(np.int32),
    )


def _outwards(points: Array, normals: Array, faces: NDArray[np.integer]) -> NDArray[np.integer]:
    a, b, c = (points[faces[:, i]] for i in range(3))
    facing = np.einsum("fi,fi->f", np.cross(b - a, c - a), normals[faces[:, 0]])
    return faces if facing.mean() > 0 else faces[:, ::-1]


def _keep(mesh: Mesh, wanted: NDArray[np.bool_]) -> Mesh:
    """Keep the triangles that have a wanted corner, and the points they use."""
    faces = mesh.triangles[wanted[mesh.triangles].any(axis=1)]
    used = np.unique(faces)
    renamed = np.zeros(len(mesh.points), np.int32)
    renamed[used] = np.arange(len(used))
    return Mesh(
        mesh.points[used],
        mesh.normals[used],
        mesh.openness[used],
        mesh.hair[used],
        renamed[faces],
    )


def _join(meshes: list[Mesh]) -> Mesh:
    offsets = np.cumsum([0] + [len(mesh.points) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.points for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.openness for mesh in meshes]),
        np.concatenate([mesh.hair for mesh in meshes]),
        np.concatenate([m.triangles + o for m, o in zip(meshes, offsets, strict=True)]).astype(
            np.int32
        ),
    )
