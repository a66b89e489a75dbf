"""The estimator rtmlib: local ONNX files only, and planted people whose joints come out."""

import importlib.util
import socket

import numpy as np
import pytest

from repose.errors import ReposeError
from repose.files import sha256
from repose.poses import Clip, Settings, load
from repose.poses.composition import BODY_MM
from repose.skeleton import JOINT, JOINT_SETS, convert
from tests.poses import colours
from tests.poses.mmpose_models import BASELINE, save
from tests.poses.onnx_files import write_rtmpose

if importlib.util.find_spec("rtmlib") is None:
    pytest.skip("rtmlib is not installed", allow_module_level=True)

WIDTH, HEIGHT = 320, 260
PERSON = colours.standing(90, 40, 180)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rtmo")  # a word that rtmlib takes for a download in a path


@pytest.fixture(scope="module")
def flat(folder):
    return write_rtmpose(folder / "rtmpose.onnx", 192, 256)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_arguments, **_named):
        raise AssertionError("it asks the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def settings(path, **more):
    return Settings(0.05, 0.05, weights=str(path), **more)


def test_planted_people_come_out_joint_by_joint(flat, capfd):
    estimator = load("rtmlib", settings(flat))
    walk = [colours.standing(60 + 10 * i, 40, 180) for i in range(3)]
    images = [colours.paint(points, WIDTH, HEIGHT) for points in walk]
    poses = estimator.estimate(images, Clip("a", (0, 1, 2)))
    for pose, points in zip(poses, walk, strict=True):
        expected, _ = convert(points, np.ones(17), "coco17")
        apart = pose.joints_px[:, :2] - expected
        assert np.linalg.norm(apart, axis=1).max() < 1.5
        assert np.abs(apart.mean(axis=0)).max() < 0.35
        assert np.isnan(pose.joints_mm).all()
    assert not estimator.estimate_images([np.zeros_like(images[0])])[0].detected
    assert estimator.version == f"0.0.16+rtmpose+{sha256(flat)[:12]}"
    assert capfd.readouterr().out == ""


def test_depths_are_metres_over_the_depth_of_their_own_map(folder):
    """rtmlib itself divides by the height of the input, 256 here, and not by its 192 cells."""
    cells = np.full(17, 96.0)
    names = JOINT_SETS["coco17"]
    cells[names.index("l_wrist")] = 96 - 12
    cells[names.index("r_knee")] = 96 + 6
    path = write_rtmpose(folder / "rtmw3d.onnx", 192, 256, cells)
    [pose] = load("rtmlib", settings(path)).estimate_images([colours.paint(PERSON, WIDTH, HEIGHT)])
    metre_per_cell = 2.1744869 / 96
    assert pose.joints_mm[JOINT["l_wrist"], 2] == pytest.approx(-12000 * metre_per_cell, rel=1e-4)
    assert pose.joints_mm[JOINT["r_knee"], 2] == pytest.approx(6000 * metre_per_cell, rel=1e-4)
    assert (pose.joints_mm[JOINT["pelvis"]] == 0).all()
    bones = [("neck", "pelvis")] + [
        (f"{side}_{a}", f"{side}_{b}")
        for side in "lr"
        for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
    ]
    long = sum(
        np.linalg.norm(pose.joints_mm[JOINT[a]] - pose.joints_mm[JOINT[b]]) for a, b in bones
    )
    assert long == pytest.approx(BODY_MM, rel=1e-4)
    expected, _ = convert(PERSON, np.ones(17), "coco17")
    assert np.abs(pose.joints_px[:, :2] - expected).max() < 1.5


def test_a_lifter_of_mmpose_gives_the_depth(flat, tmp_path):
    if importlib.util.find_spec("mmpose") is None:
        pytest.skip("mmpose is not installed")
    lifter = save(BASELINE, tmp_path)
    estimator = load("rtmlib", settings(flat, lifter_config=BASELINE, lifter_weights=lifter))
    [pose] = estimator.estimate_images([colours.paint(PERSON, WIDTH, HEIGHT)])
    assert np.isfinite(pose.joints_mm).all()
    assert np.isfinite(pose.joints_px).all()
    assert BASELINE in estimator.version


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"weights": ""}, "missing-weights"),
        ({"weights": "rtmpose-m"}, "missing-weights.*rtmpose-m"),
        ({"weights_sha256": "0" * 64}, "wrong-weights.*the config wants"),
        ({"device": "tpu"}, "no-device.*tpu"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_fetched(flat, change, code):
    with pytest.raises(ReposeError, match=code):
        load("rtmlib", Settings(**{"weights": str(flat)} | change))


def test_files_that_are_no_rtmpose_are_refused(flat, tmp_path):
    for name, content in (("empty", b""), ("text", b"no model"), ("cut", flat.read_bytes()[:900])):
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(content)
        with pytest.raises(ReposeError, match=r"wrong-weights.*docs/poses\.md"):
            load("rtmlib", settings(path))


def test_missing_or_other_packages_are_named(flat, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: "1.0")
    with pytest.raises(ReposeError, match=r"wrong-rtmlib.*rtmlib is 1\.0, needs 0\.0\.16"):
        load("rtmlib", settings(flat))
    monkeypatch.setattr("repose.poses.rtmlib.importlib.util.find_spec", lambda name: None)
    from repose.poses import rtmlib

    with pytest.raises(ReposeError, match="missing-rtmlib"):
        rtmlib.build(settings(flat))
