import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from repose.data.tables import read_table, stack
from repose.errors import ReposeError
from repose.poses import Settings
from repose.skeleton import JOINT
from repose.stages import frames, true_poses
from repose.stages.poses import Config, run
from tests.brought import LEGS, PEOPLE, brought, joints_px, name_it
from tests.ingested import ingest_into
from tests.poses.made import standing_mm, store_clips, store_none

MEDIAPIPE = Config(
    estimator="mediapipe",
    detection_score=0.5,
    tracking_score=0.5,
    smooth=False,
    config="",
    weights="",
    weights_sha256="",
    lifter_config="",
    lifter_weights="",
    lifter_sha256="",
    detector_config="",
    detector_weights="",
    detector_sha256="",
    jump_torsos=1.0,
    second_every=2,
    second_score=0.5,
    on_bad_clip="keep",
)


@pytest.fixture(scope="module")
def photo():
    return cv2.resize(astronaut(), (320, 320), interpolation=cv2.INTER_AREA)


def estimate(config, clips, stored, tmp_path):
    none = {
        name: store_none(tmp_path, name) / f"{name}.parquet" for name in ("stills", "given_poses")
    }
    run(config, shard=0, clips=clips, frames=stored, **none, output=tmp_path / "0.parquet")
    return read_table(tmp_path / "0.parquet", "poses")


def test_frames_without_a_person_are_kept_and_marked(tmp_path, photo, capsys):
    empty = np.full_like(photo, 80)
    clips, stored = store_clips(tmp_path, {"a": [photo, photo, empty], "b": [empty, empty]})
    table = estimate(MEDIAPIPE, clips, stored, tmp_path)
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
    clips, stored = store_clips(tmp_path, {"b": [np.full_like(photo, 80)] * 2})
    config = Config(**vars(MEDIAPIPE) | {"on_bad_clip": "stop"})
    with pytest.raises(ReposeError, match=r"no-person.*clip b: b\.mp4; remove the video"):
        estimate(config, clips, stored, tmp_path)
    assert not (tmp_path / "0.parquet").exists()


def test_two_people_are_said(tmp_path, photo, capsys):
    both = np.concatenate([photo, photo[:, ::-1]], axis=1)
    clips, stored = store_clips(tmp_path, {"a": [both] * 3})
    table = estimate(MEDIAPIPE, clips, stored, tmp_path)
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
    clips, stored = store_clips(tmp_path, {"a": blank, "b": blank}, truth=truths)
    table = estimate(Config(**vars(MEDIAPIPE) | {"estimator": "truth"}), clips, stored, tmp_path)
    joints = stack(table["joints_mm"]).reshape(4, 19, 3)
    np.testing.assert_allclose(joints[0], standing_mm(), atol=1e-3)
    np.testing.assert_allclose(joints[3], standing_mm(1.0), atol=1e-3)
    assert table["people"].tolist() == [1] * 4


GIVEN = Config(**vars(MEDIAPIPE) | {"estimator": "given"})


def test_given_poses_are_scaled_as_the_images_were_and_others_are_missing(
    tmp_path, monkeypatch, capsys
):
    """Images of two sizes, shrunk to 64 px; poses in the image plane, half of one body."""
    layout = brought(tmp_path / "data")
    large = tmp_path / "data" / "bob" / "01.jpg"
    picture = cv2.imread(str(large))
    cv2.imwrite(str(large), cv2.resize(picture, None, fx=2, fy=2))
    name_it(monkeypatch, "made", layout)
    ingest_into(tmp_path, [tmp_path], dataset="made")
    tables = {name: tmp_path / f"{name}.parquet" for name in ("clips", "stills", "given_poses")}
    config = frames.Config(rate="native", codec="png", max_side=64, max_frames=0)
    paths = {"clips": tables["clips"], "stills": tables["stills"], "output": tmp_path / "frames"}
    frames.run(config, shard=0, shards=1, **paths)
    output = tmp_path / "0.parquet"
    run(GIVEN, shard=0, frames=tmp_path / "frames", **tables, output=output)
    table = read_table(output, "poses")
    assert table["detected"].tolist() == [True, True, True, False] * len(PEOPLE)
    of_bob = stack(table.loc[table["clip"] == "bob", "joints_px"]).reshape(4, 19, 3)
    for image, scale in ((0, 0.5), (1, 0.25), (2, 0.5)):
        np.testing.assert_allclose(of_bob[image], scale * joints_px(image), atol=1e-4)
    assert np.isnan(stack(table["joints_mm"])).all()
    assert table.loc[2, "score"][LEGS].tolist() == [0] * 4
    assert "given found a person in 12 of 16 frames" in capsys.readouterr().out


def test_a_data_set_that_gives_no_pose_is_said(tmp_path):
    clips, stored = store_clips(tmp_path, {"a": [np.zeros((48, 64, 3), np.uint8)]})
    with pytest.raises(ReposeError, match=r"missing-truth.*gives no poses"):
        estimate(GIVEN, clips, stored, tmp_path)


def test_an_unknown_word_is_refused(tmp_path):
    config = Config(**vars(MEDIAPIPE) | {"on_bad_clip": "kep"})
    with pytest.raises(ReposeError, match=r"unknown-value.*did you mean 'keep'"):
        estimate(config, tmp_path / "none", tmp_path, tmp_path)


def test_files_of_an_estimator_reach_it(tmp_path):
    config = Config(**vars(MEDIAPIPE) | {"estimator": "rtmlib", "weights": "nowhere.onnx"})
    with pytest.raises(ReposeError, match=r"missing-weights.*nowhere\.onnx"):
        estimate(config, tmp_path / "none", tmp_path, tmp_path)


def test_both_stages_ask_for_every_file_of_an_estimator():
    files = {name for name in vars(Settings()) if name.startswith(("config", "weights", "lifter"))}
    files |= {name for name in vars(Settings()) if name.startswith("detector")}
    assert len(files) == 9
    for stage in (Config, true_poses.Config):
        values = {name: f"<{name}>" for name in stage.__dataclass_fields__}
        taken = Settings.taken_from(values)
        assert {name: getattr(taken, name) for name in files} == {n: f"<{n}>" for n in files}
        assert taken.random_weights is False
