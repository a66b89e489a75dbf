from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from repose.skeleton import FLIP_PARTS, JOINT, JOINTS, PART
from repose.studio.clip import Take, choreograph, shoot
from repose.studio.mesh import pose_mesh
from repose.studio.render import render
from repose.studio.rig import BONES
from repose.studio.room import make_camera


def film(figure, lamp, take, **options):
    settings = {"supersample": 1, "shadows": True} | options
    return list(shoot(figure, take, lamp, **settings))


@pytest.fixture(scope="module", params=["turn", "free"])
def shot(request, figure, lamp):
    take = choreograph(figure, request.param, 12, 2.0, 3)
    return take, film(figure, lamp, take)


def test_joints_project_onto_the_silhouette(shot, lamp) -> None:
    take, frames = shot
    places, _ = lamp.room.camera.to_image(take.joints)
    for frame, points in zip(frames, places, strict=True):
        silhouette = binary_dilation(frame.labels > 0)
        column, row = np.floor(points).astype(int).T
        inside = (row >= 0) & (column >= 0) & (row < len(silhouette)) & (column < len(silhouette))
        assert silhouette[row[inside], column[inside]].all()


def test_the_surface_lies_in_front_of_the_joints(shot, lamp) -> None:
    take, frames = shot
    places, depths = lamp.room.camera.to_image(take.joints)
    gaps = []
    for frame, points, depth in zip(frames, places, depths, strict=True):
        column, row = np.clip(np.floor(points).astype(int), 0, len(frame.labels) - 1).T
        shown = frame.depth_mm[row, column]
        gaps.append(np.where(shown > 0, 1000 * depth - shown, np.nan))
    gap = np.array(gaps)
    on_face = np.isin(JOINTS, ["nose", "l_eye", "r_eye", "l_ear", "r_ear"])
    assert np.nanmin(gap[:, ~on_face]) > 10  # inside a limb
    assert 20 < np.nanmedian(gap[:, ~on_face]) < 150
    # In profile the pixel of the nose's tip may show the cheek behind it.
    assert np.nanquantile(gap[:, on_face], 0.1) > -40


def test_depth_labels_and_silhouette_agree(shot) -> None:
    for frame in shot[1]:
        np.testing.assert_array_equal(frame.depth_mm > 0, frame.labels > 0)
        assert frame.labels.max() <= len(PART)
        person = frame.depth_mm[frame.depth_mm > 0]
        assert 3000 < person.min() < person.max() < 5200


def test_limbs_that_nothing_hides_show_their_label(figure, lamp) -> None:
    take = choreograph(figure, "turn", 8, 2.0, 3)
    frame = film(figure, lamp, Take(take.bones[:1], take.joints[:1]))[0]
    for part, ends in {"forearm": ("elbow", "wrist"), "shin": ("knee", "ankle")}.items():
        for side in "lr":
            pair = [take.joints[0, JOINT[f"{side}_{end}"]] for end in ends]
            point, _ = lamp.room.camera.to_image(np.mean(pair, axis=0))
            column, row = np.floor(point).astype(int)
            assert frame.labels[row, column] == PART[f"{side}_{part}"] + 1


def test_a_mirrored_person_has_mirrored_truth(figure, lamp) -> None:
    twin = replace(figure, person=replace(figure.person, mirrored=True))
    for action in ("turn", "free"):
        takes = [choreograph(who, action, 5, 1.0, 8) for who in (figure, twin)]
        here, there = (film(who, lamp, t) for who, t in zip((figure, twin), takes, strict=True))
        flip = np.array([0, *(np.array(FLIP_PARTS) + 1)])
        for one, other in zip(here, there, strict=True):
            assert (flip[one.labels] == other.labels[:, ::-1]).mean() > 0.995
            both = (one.labels > 0) & (other.labels[:, ::-1] > 0)
            gap = np.abs(one.depth_mm.astype(int) - other.depth_mm[:, ::-1])[both]
            assert np.quantile(gap, 0.98) < 10


def test_front_and_back_can_be_told_apart(figure, lamp) -> None:
    take = choreograph(figure, "turn", 2, 1.0, 3)  # frame 0 shows the front, frame 1 the back
    front, back = film(figure, lamp, take, supersample=2, shadows=False)
    both = (front.labels > 0) & (back.labels[:, ::-1] > 0)
    for part in ("head", "torso"):
        here = both & (front.labels == PART[part] + 1)
        change = front.image.astype(int)[here] - back.image[:, ::-1].astype(int)[here]
        assert (np.abs(change).max(axis=-1) > 40).mean() > 0.05


def test_shadows_only_darken_and_only_the_person_hides_the_room(figure, lamp) -> None:
    take = choreograph(figure, "turn", 1, 1.0, 3)
    lit = film(figure, lamp, take, shadows=False)[0]
    dark = film(figure, lamp, take, shadows=True)[0]
    assert (dark.image.astype(int) <= lit.image.astype(int) + 1).all()
    assert (dark.image.astype(int) < lit.image.astype(int) - 15).any(axis=-1).sum() > 30
    np.testing.assert_array_equal(dark.labels, lit.labels)
    room = lamp.room.background * 255
    away = ~binary_dilation(lit.labels > 0, iterations=2)
    assert np.abs(lit.image - room)[away].max() < 12  # sensor noise


def test_an_unposed_mesh_is_the_rest_mesh(figure) -> None:
    still = np.tile(np.eye(4), (2 * len(BONES), 1, 1))
    points, normals = pose_mesh(figure, still)
    np.testing.assert_allclose(points, figure.mesh.points, atol=1e-5)
    np.testing.assert_allclose(normals, figure.mesh.normals, atol=1e-4)


def test_the_mesh_stands_on_the_floor_and_has_no_large_hole(figure) -> None:
    mesh = figure.mesh
    assert abs(mesh.points[:, 1].min()) < 0.01
    assert np.isfinite(mesh.points).all()
    a, b, c = (mesh.points[mesh.triangles[:, i]] for i in range(3))
    area = np.cross(b - a, c - a) / 2
    # The area vectors of a closed surface sum to zero.
    assert np.linalg.norm(area.sum(axis=0)) < 0.02 * np.linalg.norm(area, axis=1).sum()


def test_more_samples_per_pixel_change_edges_only(figure, lamp) -> None:
    take = choreograph(figure, "turn", 1, 1.0, 3)
    rough, fine = (film(figure, lamp, take, supersample=s)[0] for s in (1, 3))
    assert (rough.labels == fine.labels).mean() > 0.98


def test_a_person_out_of_sight_leaves_the_room(figure, lamp) -> None:
    take = choreograph(figure, "turn", 1, 1.0, 3)
    away = take.bones[0].copy()
    away[:, 0, 3] += 50
    frame = render(figure, away, take.joints[0], lamp, 0, supersample=1, shadows=False)
    assert not frame.labels.any()


def test_the_camera_projects_as_its_intrinsics_say() -> None:
    camera = make_camera(64)
    points = np.random.default_rng(0).uniform(-1, 1, (10, 3)) + np.array([0, 1, 0])
    places, depth = camera.to_image(points)
    seen = camera.to_camera(points) @ camera.intrinsics.T
    np.testing.assert_allclose(seen[:, :2] / seen[:, 2:], places)
    np.testing.assert_allclose(seen[:, 2], depth)
