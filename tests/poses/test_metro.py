"""The estimator: what it refuses, and that it sees a picture alike whoever is beside it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from repose.errors import ReposeError
from repose.manifests import write_manifest
from repose.poses import Clip, Settings, load
from repose.poses.metro import FACTS, WEIGHTS
from repose.poses.metro_network import BOX_MM, PoseNetwork, Sizes
from repose.skeleton import JOINT
from tests.poses.metro_made import TOY, untrained

ANYBODY = 0.0  # a score at which an untrained network finds somebody everywhere


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return untrained(tmp_path_factory.mktemp("metro") / "made")


@pytest.fixture(scope="module")
def pictures():
    random = np.random.default_rng(0)
    sizes = ((40, 40), (64, 32), (20, 90), (40, 40), (33, 57))
    return [random.integers(0, 255, (*size, 3)).astype(np.uint8) for size in sizes]


def estimator(folder, **settings):
    told = {"detection_score": ANYBODY, "tracking_score": ANYBODY, "device": "cpu"} | settings
    return load("metro", Settings(weights=str(folder), **told))


def same(a, b):
    return all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True)
        for name in ("joints_px", "joints_mm", "score")
    )


def test_pictures_are_seen_alike_alone_together_and_again(folder, pictures):
    together = estimator(folder).estimate_images(pictures)
    again = estimator(folder).estimate_images(iter(pictures[::-1]))[::-1]
    alone = [estimator(folder).estimate_images([picture])[0] for picture in pictures]
    assert all(map(same, together, again))
    assert all(map(same, together, alone))


def test_a_clip_is_followed_from_box_to_box(folder, pictures):
    one = estimator(folder)
    clip = [pictures[0]] * 5
    poses = one.estimate(clip, Clip("a", tuple(range(5))))
    assert same(poses[0], one.estimate_images(clip[:1])[0])
    assert not same(poses[0], poses[1])  # whose box is that of the first
    assert all(map(same, poses, one.estimate(iter(clip), Clip("a", tuple(range(5))))))


def test_a_pose_is_metric_about_the_pelvis_and_as_deep_as_its_picture_is_wide(folder, pictures):
    pose = estimator(folder).estimate_images(pictures[:1])[0]
    assert pose.detected
    assert (pose.joints_mm[JOINT["pelvis"]] == 0).all()
    assert np.abs(pose.joints_mm).max() < BOX_MM
    spread = [
        np.linalg.norm(j[:, :2] - j[:, :2].mean(axis=0)) for j in (pose.joints_px, pose.joints_mm)
    ]
    assert pose.joints_px[:, 2] == pytest.approx(
        pose.joints_mm[:, 2] * spread[0] / spread[1], rel=1e-4
    )


def test_nobody_is_found_below_the_score(folder, pictures):
    pose = estimator(folder, detection_score=0.999).estimate_images(pictures[:1])[0]
    assert not pose.detected
    assert np.isnan(pose.joints_px).all()


def test_the_version_is_that_of_the_weights(folder, tmp_path):
    other = untrained(tmp_path / "other", seed=1)
    versions = {estimator(path).version for path in (folder, other, folder)}
    assert len(versions) == 2
    assert all(len(version) == 12 for version in versions)


def test_without_a_folder_it_is_refused(tmp_path):
    for weights in ("", tmp_path / "none"):
        with pytest.raises(ReposeError, match="missing-weights"):
            load("metro", Settings(weights=str(weights)))
    with pytest.raises(ReposeError, match="no-manifest"):
        load("metro", Settings(weights=str(tmp_path)))


def test_other_weights_than_were_written_or_meant_are_refused(tmp_path, folder):
    with pytest.raises(ReposeError, match="wrong-weights"):
        estimator(folder, weights_sha256="0" * 64)
    made = untrained(tmp_path / "made")
    data = bytearray((made / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (made / WEIGHTS).write_bytes(data)
    with pytest.raises(ReposeError, match="bad-manifest"):
        estimator(made)


@pytest.mark.parametrize("spoil", ["weights", "facts", "sizes"])
def test_a_folder_of_something_else_is_refused(tmp_path, spoil):
    made = untrained(tmp_path / "made")
    if spoil == "weights":
        (made / WEIGHTS).write_bytes(b"no safetensors at all")
    elif spoil == "facts":
        (made / FACTS).write_text("{}")
    else:
        text = (made / FACTS).read_text()
        (made / FACTS).write_text(text.replace('"maps_width": 8', '"maps_width": 9'))
    write_manifest(made, {})
    with pytest.raises(ReposeError, match="wrong-weights"):
        estimator(made)


@pytest.mark.parametrize("kind", ["full", "light"])
def test_every_weight_learns_and_all_is_of_the_right_shape(kind):
    network = PoseNetwork(replace(TOY, kind=kind))
    found = network(torch.randn(2, 3, 16, 16))
    shapes = {"places": (2, 19, 2), "joints_mm": (2, 19, 3), "maps": (2, 19, 4, 4)}
    assert {name: tuple(found[name].shape) for name in shapes} == shapes
    assert tuple(found["volumes"].shape) == (2, 19, 4, 4, 4)
    (found["places"].square().sum() + found["joints_mm"].square().sum()).backward()
    assert all(weight.grad is not None for weight in network.parameters())


def test_a_volume_is_read_in_mm_from_the_pelvis(monkeypatch):
    network = PoseNetwork(TOY)
    read = torch.zeros(1, 19 * 5, 4, 4)
    volumes = read.view(1, 19, 5, 4, 4)
    volumes[:, :, 1 + 1, 2, 2] = 60  # all joints at one place,
    volumes[0, JOINT["nose"], 1:] = 0
    volumes[0, JOINT["nose"], 1 + 0, 1, 3] = 60  # the nose elsewhere
    monkeypatch.setattr(network.read, "forward", lambda _: read)
    joints = network(torch.zeros(1, 3, 16, 16))["joints_mm"][0]
    cell = BOX_MM / 4
    assert joints[JOINT["nose"]].tolist() == pytest.approx([cell, -cell, -cell])
    assert joints[JOINT["l_hip"]].tolist() == pytest.approx([0, 0, 0], abs=1e-3)


@pytest.mark.parametrize(
    "change",
    [{"kind": "half"}, {"side": 20}, {"blocks": (0,)}, {"maps_level": 3}, {"depth": 0}],
)
def test_sizes_that_cannot_be_are_told(change):
    assert TOY.fault() == ""
    assert replace(TOY, **change).fault()
    with pytest.raises(ValueError, match=r"."):
        Sizes.read({**vars(TOY), **change})
