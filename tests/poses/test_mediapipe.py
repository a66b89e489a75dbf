"""The real estimator on a real photograph: laws of pictures, not stored numbers."""

from importlib import metadata
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from repose.errors import ReposeError
from repose.poses import Settings, load
from repose.poses.base import Clip
from repose.poses.mediapipe import _pose as convert_result
from repose.poses.tracking import Limits, follow
from repose.skeleton import FLIP, JOINT

TRUNK = [JOINT[name] for name in ("nose", "l_shoulder", "r_shoulder", "l_eye", "r_ear", "neck")]


@pytest.fixture(scope="module")
def estimator():
    return load("mediapipe")


@pytest.fixture(scope="module")
def photo():
    return astronaut()


@pytest.fixture(scope="module")
def pose(estimator, photo):
    return estimator.estimate_images([photo])[0]


def test_the_face_is_where_it_is(pose):
    # Read off the picture by eye; her left eye is on the right.
    assert pose.detected
    np.testing.assert_allclose(pose.joints_px[JOINT["nose"], :2], (222, 125), atol=10)
    assert pose.joints_px[JOINT["l_eye"], 0] > pose.joints_px[JOINT["r_eye"], 0]
    assert pose.score[TRUNK].min() > 0.9
    assert pose.score[JOINT["l_ankle"]] < 0.5  # below the picture


def test_the_pelvis_is_the_origin(pose):
    assert pose.joints_px[JOINT["pelvis"], 2] == 0
    np.testing.assert_array_equal(pose.joints_mm[JOINT["pelvis"]], 0)
    # She faces the camera: the nose is nearer to it than the ears.
    assert pose.joints_px[JOINT["nose"], 2] < pose.joints_px[JOINT["l_ear"], 2]
    shoulders = pose.joints_mm[[JOINT["l_shoulder"], JOINT["r_shoulder"]]]
    assert 200 < np.linalg.norm(shoulders[0] - shoulders[1]) < 500  # mm, of an adult


def test_a_picture_twice_as_large_doubles_all_three_coordinates(estimator, photo, pose):
    large = cv2.resize(photo, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    doubled = estimator.estimate_images([large])[0].joints_px
    expected = 2 * pose.joints_px[TRUNK]
    np.testing.assert_allclose(doubled[:, :2][TRUNK], expected[:, :2], atol=2 * 8)
    np.testing.assert_allclose(doubled[:, 2][TRUNK], expected[:, 2], atol=2 * 12)


def test_depth_in_px_has_the_scale_of_x_and_y():
    # BlazePose-33 from a body in metres that the picture shows at 300 px per metre.
    body = np.random.default_rng(0).normal(0, 0.4, (33, 3))
    body -= body[[23, 24]].mean(axis=0)  # the hips
    width, height = 1000, 500
    shown = 300 * body / [width, height, 1] + [0.4, 0.6, 0]

    def landmarks(points):
        rows = [SimpleNamespace(x=x, y=y, z=z, visibility=0.9) for x, y, z in points]
        return SimpleNamespace(landmark=rows)

    result = SimpleNamespace(pose_landmarks=landmarks(shown), pose_world_landmarks=landmarks(body))
    pose = convert_result(result, np.zeros((height, width, 3), np.uint8))
    np.testing.assert_allclose(pose.joints_mm[JOINT["nose"]], 1000 * body[0], rtol=1e-4)
    expected = 300 * body[0] + [400, 300, 0]
    np.testing.assert_allclose(pose.joints_px[JOINT["nose"]], expected, rtol=1e-4)
    np.testing.assert_allclose(pose.joints_px[JOINT["pelvis"]], (400, 300, 0), atol=1e-3)


def test_a_mirrored_picture_gives_the_mirrored_person(estimator, photo, pose):
    mirrored = estimator.estimate_images([np.ascontiguousarray(photo[:, ::-1])])[0].joints_px
    back = mirrored[list(FLIP)] * [-1, 1, 1] + [photo.shape[1], 0, 0]
    np.testing.assert_allclose(back[TRUNK, :2], pose.joints_px[TRUNK, :2], atol=15)


def test_an_empty_picture_has_nobody(estimator, photo):
    empty, full = estimator.estimate_images([np.full_like(photo, 90), photo])
    assert not empty.detected
    assert empty.people == 0
    assert np.isnan(empty.joints_px).all()
    assert full.detected


def test_each_clip_starts_afresh(estimator, photo):
    frames = [np.roll(photo, 3 * i, axis=1) for i in range(3)]
    first, again = (estimator.estimate(frames, Clip("a", ())) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.joints_px, other.joints_px)


def test_of_two_people_the_one_of_the_track_is_kept(estimator, photo):
    # The estimator prefers the one on the right, who is hidden by a board for two frames.
    left = cv2.resize(photo, (360, 360), interpolation=cv2.INTER_AREA)
    right = cv2.resize(photo[:, ::-1], (300, 300), interpolation=cv2.INTER_AREA)
    frames = []
    for i in range(10):
        frame = np.full((360, 760, 3), 70, np.uint8)
        frame[:, :360] = left
        if i not in (6, 7):
            frame[30:330, 430:730] = right
        frames.append(frame)
    poses = estimator.estimate(frames, Clip("a", ()))
    assert poses[9].centre[0] < 360, "unless it changes over, this test shows nothing"
    found = follow(estimator, frames, poses, Limits(1.0, 4, 0.5))
    assert [pose.detected for pose in found.poses] == [i not in (6, 7) for i in range(10)]
    assert all(pose.centre[0] > 430 for pose in found.poses if pose.detected)
    assert found.poses[0].people == 2
    assert found.others == 2  # frames 8 and 9
    assert found.dropped >= 1


def test_nothing_is_said_on_stderr(capfd, photo):
    load("mediapipe").estimate_images([photo])
    assert capfd.readouterr().err == ""


def test_another_version_is_refused_with_the_mend(monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: "0.10.35")
    with pytest.raises(ReposeError, match=r"wrong-mediapipe.*0\.10\.35.*pip install"):
        load("mediapipe")


def test_a_missing_mediapipe_is_said(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    from repose.poses.mediapipe import build

    with pytest.raises(ReposeError, match="missing-mediapipe"):
        build(Settings())


def test_the_version_names_the_models(estimator):
    assert estimator.version.startswith("0.10.14+")
    assert len(estimator.version.partition("+")[2]) == 12


def test_a_model_that_the_wheel_lacks_is_not_downloaded():
    with pytest.raises(
        ReposeError, match=r"missing-weights.*no lite model.*landmark_lite\.tflite"
    ):
        load("mediapipe", Settings(config="lite"))
    with pytest.raises(ReposeError, match=r"unknown-config.*'heavy'"):
        load("mediapipe", Settings(config="heavi"))
    assert load("mediapipe", Settings(config="full")).version == load("mediapipe").version
