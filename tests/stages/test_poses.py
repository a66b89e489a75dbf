import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from repose.data.tables import read_table, stack
from repose.errors import ReposeError
from repose.skeleton import JOINT
from repose.stages.poses import Config, run
from tests.poses.made import standing_mm, store_clips

MEDIAPIPE = Config(
    estimator="mediapipe",
    detection_score=0.5,
    tracking_score=0.5,
    smooth=False,
    jump_torsos=1.0,
    second_every=2,
    second_score=0.5,
    on_bad_clip="keep",
)


@pytest.fixture(scope="module")
def photo():
    return cv2.resize(astronaut(), (320, 320), interpolation=cv2.INTER_AREA)


def estimate(config, clips, frames, tmp_path):
    run(config, shard=0, clips=clips, frames=frames, output=tmp_path / "0.parquet")
    return read_table(tmp_path / "0.parquet", "poses")


def test_frames_without_a_person_are_kept_and_marked(tmp_path, photo, capsys):
    empty = np.full_like(photo, 80)
    clips, frames = store_clips(tmp_path, {"a": [photo, photo, empty], "b": [empty, empty]})
    table = estimate(MEDIAPIPE, clips, frames, tmp_path)
    assert table[["clip", "frame"]].to_numpy().tolist() == [
        ["a", 0], ["a", 1], ["a", 2], ["b", 0], ["b", 1]
    ]  # fmt: skip
    assert table["detected"].tolist() == [True, True, False, False, False]
    joints = stack(table["joints_px"])
    assert np.isfinite(joints).all(axis=1).tolist() == table["detected"].tolist()
    assert np.isnan(joints[2:]).all()
    assert stack(table["score"])[2:].max() == 0
    assert table["people"].tolist() == [1, -1, 0, 0, 0]
    assert set(table["estimator"]) == {"mediapipe"}
    assert table["version"].str.startswith("0.10.14+").all()
    said = capsys.readouterr().out
    assert "b: nobody is seen in 2 frames; kept and marked" in said
    assert "a: no person in 1 of 3 frames" in said
    assert said.splitlines()[-1] == (
        "poses: mediapipe found a person in 2 of 5 frames, 2 clips of shard 0"
    )


def test_a_clip_without_a_person_stops_the_stage_and_leaves_nothing(tmp_path, photo):
    clips, frames = store_clips(tmp_path, {"b": [np.full_like(photo, 80)] * 2})
    config = Config(**vars(MEDIAPIPE) | {"on_bad_clip": "stop"})
    with pytest.raises(ReposeError, match=r"no-person.*clip b: b\.mp4; remove the video"):
        estimate(config, clips, frames, tmp_path)
    assert not (tmp_path / "0.parquet").exists()


def test_two_people_are_said(tmp_path, photo, capsys):
    both = np.concatenate([photo, photo[:, ::-1]], axis=1)
    clips, frames = store_clips(tmp_path, {"a": [both] * 3})
    table = estimate(MEDIAPIPE, clips, frames, tmp_path)
    assert table["people"].tolist() == [2, -1, 2]
    assert (
        "a: more than one person (in 2 of 2 frames looked at); the one nearest"
        in capsys.readouterr().out
    )
    necks = stack(table["joints_px"]).reshape(3, 19, 3)[:, JOINT["neck"]]
    assert np.ptp(necks, axis=0).max() < 20  # one and the same


def test_the_truth_is_found_by_clip(tmp_path):
    truths = {}
    for name, yaw in (("a", 0.0), ("b", 1.0)):
        joints = np.stack([standing_mm(yaw) + np.array([0, 0, 4000])] * 2)
        np.savez(tmp_path / f"{name}.npz", joints_mm=joints, intrinsics=np.diag([450, 450, 1.0]))
        truths[name] = str(tmp_path / f"{name}.npz")
    blank = [np.zeros((48, 64, 3), np.uint8)] * 2
    clips, frames = store_clips(tmp_path, {"a": blank, "b": blank}, truth=truths)
    table = estimate(Config(**vars(MEDIAPIPE) | {"estimator": "truth"}), clips, frames, tmp_path)
    joints = stack(table["joints_mm"]).reshape(4, 19, 3)
    np.testing.assert_allclose(joints[0], standing_mm(), atol=1e-3)
    np.testing.assert_allclose(joints[3], standing_mm(1.0), atol=1e-3)
    assert table["people"].tolist() == [1] * 4


def test_an_unknown_word_is_refused(tmp_path):
    config = Config(**vars(MEDIAPIPE) | {"on_bad_clip": "kep"})
    with pytest.raises(ReposeError, match=r"unknown-value.*did you mean 'keep'"):
        estimate(config, tmp_path / "none", tmp_path, tmp_path)
