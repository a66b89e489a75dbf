import csv
from dataclasses import replace

import numpy as np
import pytest

from repose.errors import ReposeError
from repose.stages.studio import Config, run

CONFIG = Config(
    people=3,
    outfits=4,
    test_people=1,
    seconds=0.6,
    fps=5.0,
    size=48,
    seed=0,
    supersample=1,
    mesh_pitch_mm=30.0,
    shadows=False,
)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studio")
    for shard in range(2):
        run(CONFIG, shard=shard, shards=2, output=folder / str(shard))
    return [folder / "0", folder / "1"]


def rows_of(folder):
    with (folder / "videos.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_shard_holds_its_people_and_all_clips_are_there(shards) -> None:
    rows = [rows_of(folder) for folder in shards]
    assert {row["person"] for row in rows[0]} == {"p00", "p02"}
    assert {row["person"] for row in rows[1]} == {"p01"}
    for folder, shard in zip(shards, rows, strict=True):
        named = {row["file"] for row in shard} | {row["truth"] for row in shard}
        assert named | {"videos.csv", "manifest.json"} == {path.name for path in folder.iterdir()}
    everything = rows[0] + rows[1]
    assert len(everything) == 2 * CONFIG.outfits
    looks = {(row["person"], row["outfit"]) for row in everything}
    assert len(looks) == CONFIG.outfits
    for look in looks:
        actions = [row["action"] for row in everything if (row["person"], row["outfit"]) == look]
        assert sorted(actions) == ["free", "turn"]


def test_the_last_people_are_the_test_split_and_share_no_outfit(shards) -> None:
    everything = rows_of(shards[0]) + rows_of(shards[1])
    for row in everything:
        assert row["split"] == ("test" if row["person"] == "p02" else "train")
    owners = {row["outfit"]: row["person"] for row in everything}
    assert all(owners[row["outfit"]] == row["person"] for row in everything)


def test_clips_have_the_length_of_the_config(shards) -> None:
    with np.load(shards[1] / "p01_o0_turn.npz") as truth:
        assert truth["labels"].shape == (3, 48, 48)


def test_a_person_does_not_depend_on_the_sharding(shards, tmp_path) -> None:
    run(replace(CONFIG, people=2, outfits=2), shard=0, shards=1, output=tmp_path / "all")
    for suffix in ("mp4", "npz"):
        name = f"p00_o0_free.{suffix}"
        assert (tmp_path / "all" / name).read_bytes() == (shards[0] / name).read_bytes()


@pytest.mark.parametrize(
    "wrong", [{"test_people": 4}, {"outfits": 2}, {"size": 47}], ids=lambda w: next(iter(w))
)
def test_impossible_settings_are_named(wrong, tmp_path) -> None:
    with pytest.raises(ReposeError, match=str(next(iter(wrong.values())))):
        run(replace(CONFIG, **wrong), shard=0, shards=1, output=tmp_path / "x")
    assert not (tmp_path / "x").exists()
