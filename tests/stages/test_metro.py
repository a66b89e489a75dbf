"""What the stage leaves, from whom it learns, and that stopping a training changes nothing."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest
import yaml

from repose.data.tables import make_table, read_table, write_table
from repose.errors import ReposeError
from repose.manifests import check_manifest
from repose.poses import Settings, load
from repose.poses.metro import WEIGHTS
from repose.skeleton import JOINTS
from repose.stages.metro import Config, run
from repose.training.learner import Learner
from repose.training.posed_frames import PosedFrames
from tests.poses.metro_made import filmed

CONFIG = Path(__file__).parents[2] / "config"
SETTINGS = {
    key: tuple(value) if isinstance(value, list) else value
    for name in ("config", "test")
    for key, value in yaml.safe_load((CONFIG / f"{name}.yaml").read_text())["metro"].items()
}
EQUAL = ("network.safetensors", "losses.csv", "run.json")


@pytest.fixture(scope="module", autouse=True)
def one_code():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("repose.training.machine.commit", lambda: "one")
        patch.setattr("repose.training.machine.code", lambda: "0+same")  # others may edit it
        yield


def go(made, folder, **changes):
    clips, frames, given = made
    paths = {"clips": clips, "frames": [frames], "given_poses": given}
    places = {"run_directory": folder / "runs", "output": folder / "metro"}
    run(Config(**{**SETTINGS, **changes}), **paths, **places)
    return folder / "metro"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return filmed(tmp_path_factory.mktemp("filmed"))


@pytest.fixture(scope="module")
def trained(made, tmp_path_factory):
    return go(made, tmp_path_factory.mktemp("trained"))


def contents(folder):
    return {name: (folder / name).read_bytes() for name in EQUAL}


def test_it_leaves_a_whole_folder_that_the_estimator_takes(trained):
    assert check_manifest(trained)["settings"]["steps"] == SETTINGS["steps"]
    facts = json.loads((trained / "run.json").read_text())
    assert facts["persons"] == ["a", "b"]
    assert facts["frames"] == 8
    assert facts["held_out"]["persons"] == ["c"]
    assert facts["held_out"]["frames"] == 4
    assert len((trained / "losses.csv").read_text().splitlines()) == 1 + SETTINGS["steps"]
    estimator = load("metro", Settings(0.0, weights=str(trained), device="cpu"))
    pose = estimator.estimate_images([np.zeros((32, 32, 3), np.uint8)])[0]
    assert np.isfinite(pose.joints_px).all()


def test_the_error_on_persons_held_out_is_that_of_the_estimator(made, trained, tmp_path):
    untaught = go(made, tmp_path, lr=1e-9, steps=1)
    held = json.loads((untaught / "run.json").read_text())["held_out"]
    clips, frames, given = made
    others = PosedFrames(clips, [frames], given, ("test",))
    estimator = load("metro", Settings(weights=str(untaught), device="cpu"))
    poses = estimator.estimate_images(others.images(np.arange(len(others))))
    seen = [i for i, pose in enumerate(poses) if pose.detected]
    assert held["found"] == len(seen) / len(poses)
    apart = [np.linalg.norm(poses[i].joints_mm - others.joints_mm[i], axis=1)[:-1] for i in seen]
    assert held["mpjpe"] == (pytest.approx(np.mean(apart), rel=1e-5) if seen else None)


def test_nobody_but_the_persons_trained_on_changes_the_weights(trained, tmp_path):
    others = filmed(tmp_path / "filmed", "abd", "d")  # another one for the test
    again = go(others, tmp_path)
    assert (again / WEIGHTS).read_bytes() == (trained / WEIGHTS).read_bytes()
    more = go(filmed(tmp_path / "more", "abc", ""), tmp_path / "all", held_out=())
    assert (more / WEIGHTS).read_bytes() != (trained / WEIGHTS).read_bytes()


@pytest.mark.parametrize("killed", [True, False])
def test_a_training_that_was_stopped_ends_as_if_it_had_not_been(
    made, trained, tmp_path, monkeypatch, killed
):
    move, moves = Learner.move, []

    def struck(self, rate):
        moves.append(rate)
        if len(moves) == 5 and killed:  # after the checkpoint of step 4
            raise MemoryError
        if len(moves) == 3 and not killed:
            signal.raise_signal(signal.SIGTERM)
        move(self, rate)

    monkeypatch.setattr(Learner, "move", struck)
    with pytest.raises(
        MemoryError if killed else ReposeError, match=None if killed else "stopped"
    ):
        go(made, tmp_path)
    assert not (tmp_path / "metro").exists()
    monkeypatch.setattr(Learner, "move", move)
    assert contents(go(made, tmp_path)) == contents(trained)


def test_poses_in_mm_that_the_data_set_gives_are_as_good_as_true_ones(made, tmp_path):
    clips, frames, given = filmed(tmp_path / "filmed")
    true = PosedFrames(clips, [frames], given, ("train",))
    rows = []
    for i, row in enumerate(true.table.itertuples()):
        joints = np.zeros((len(JOINTS), 3), np.float32)
        joints[:, :2] = true.joints_px[i]
        mm = true.joints_mm[i] if row.clip == "a" else np.full_like(joints, np.nan)
        place = {"clip": row.clip, "frame": row.frame}
        rows.append(place | {"joints_px": joints, "joints_mm": mm, "score": np.ones(len(JOINTS))})
    for row in rows:
        row["joints_px"], row["joints_mm"] = row["joints_px"].ravel(), row["joints_mm"].ravel()
    write_table(make_table("given_poses", rows), given, "given_poses", {})
    listed = read_table(clips, "clips").assign(truth="")
    write_table(listed, clips, "clips", {})
    found = PosedFrames(clips, [frames], given, ("train",))
    assert found.persons == ["a"]  # of b no mm are known
    assert np.array_equal(found.joints_mm, true.joints_mm[:4])
    assert np.allclose(found.joints_px, true.joints_px[:4])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"side": 20}, "side is 20, no multiple of 8"),
        ({"steps": 0}, "steps is 0"),
        ({"close": (1.5, 1.2)}, "close is"),
        ({"coarse": 0.0}, "coarse is"),
        ({"weight_places": 0.0, "weight_joints": 0.0, "weight_maps": 0.0}, "no loss"),
    ],
)
def test_settings_that_cannot_be_are_refused(made, tmp_path, changes, said):
    with pytest.raises(ReposeError, match=f"wrong-value.*{said}"):
        go(made, tmp_path, **changes)


def test_without_true_joints_it_is_refused(made, tmp_path):
    with pytest.raises(ReposeError, match="no-true-joints"):
        go(made, tmp_path, splits=("valid",))
