import numpy as np
import pytest

from repose.data.tables import read_table
from repose.errors import ReposeError
from repose.stages.pairs import Config, run
from tests.poses.made import store_crops

CONFIG = Config(test_pairs=12, train_pairs=6, seed=0, official_split=False)


def person(name, split, count, **more):
    return [
        {"clip": f"{name}{i % 2}", "frame": i, "person": name, "outfit": f"{name}-1"}
        | {"split": split, "yaw_rad": 0.7 * i}
        | more
        for i in range(count)
    ]


def pair(tmp_path, *shards, config=CONFIG):
    folders = [store_crops(tmp_path / str(i), 64, rows) for i, rows in enumerate(shards)]
    run(config, crops=folders, output=tmp_path / "pairs.parquet")
    return read_table(tmp_path / "pairs.parquet", "pairs")


def test_two_lists_of_their_own_people_from_all_shards(tmp_path, capsys):
    first = person("a", "train", 5) + person("b", "test", 6)
    second = person("c", "test", 6) + person("d", "valid", 4)
    table = pair(tmp_path, first, second)
    assert table["pair"].tolist() == list(range(18))
    assert table["split"].tolist() == ["test"] * 12 + ["train"] * 6
    assert table.groupby("person").size().to_dict() == {"a": 6, "b": 6, "c": 6}
    keys = ["source_clip", "source_frame", "target_clip", "target_frame"]
    assert not table[keys].duplicated().any()
    assert (table["source_clip"].str[0] == table["person"]).all()
    assert (table["source_clip"] != table["target_clip"]).any()  # across a person's clips
    steps = (table["target_frame"] - table["source_frame"]) * 0.7
    expected = np.abs(np.angle(np.exp(1j * steps.to_numpy())))
    np.testing.assert_allclose(table["view_change_rad"], expected, atol=1e-5)
    assert table["visible_share"].between(0, 1).all()
    assert (table["pose_distance"] > 0).all()
    assert capsys.readouterr().out == "pairs: 12 test of 2 persons, 6 train of 1 persons\n"


def test_frames_that_are_not_usable_are_in_no_pair(tmp_path):
    people = person("a", "train", 5) + person("b", "test", 5)
    for row in people:
        row["usable"] = row["frame"] != 2
    table = pair(tmp_path, people)
    assert 2 not in set(table["source_frame"]) | set(table["target_frame"])


def test_the_order_of_shards_changes_nothing(tmp_path):
    a, b = person("a", "train", 4) + person("b", "test", 4), person("c", "test", 4)
    (tmp_path / "x").mkdir()
    assert pair(tmp_path, a, b).equals(pair(tmp_path / "x", b, a))


def test_leakage_is_an_error_unless_it_is_official(tmp_path, capsys):
    people = person("a", "train", 4) + person("a", "test", 4, outfit="a-2", clip="a9")
    with pytest.raises(ReposeError, match=r"leakage.*person a \(test, train\)"):
        pair(tmp_path / "1", people)
    assert not (tmp_path / "1" / "pairs.parquet").exists()
    official = Config(**vars(CONFIG) | {"official_split": True})
    assert len(pair(tmp_path / "2", people, config=official)) == 18
    assert "the official split leaks, 1 in more than one split" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ("train", "nobody is kept for the test: pairs are listed of training people only"),
        ("test", "nobody is there to train on: pairs are listed of test people only"),
    ],
)
def test_a_single_person_has_pairs_in_one_list(tmp_path, capsys, split, said):
    table = pair(tmp_path, person("a", split, 5))
    assert set(table["split"]) == {split}
    assert table["pair"].tolist() == list(range(len(table)))
    assert capsys.readouterr().out.startswith(f"pairs: {said}\npairs: {len(table)} {split} of 1")


def test_a_list_that_is_not_wanted_is_left_out(tmp_path):
    people = person("a", "train", 4) + person("b", "test", 4)
    config = Config(**vars(CONFIG) | {"train_pairs": 0})
    assert set(pair(tmp_path, people, config=config)["split"]) == {"test"}
    nothing = Config(**vars(config) | {"test_pairs": 0})
    with pytest.raises(ReposeError, match="no-pairs"):
        pair(tmp_path / "none", people, config=nothing)


@pytest.mark.parametrize(
    ("people", "code"),
    [
        (person("a", "", 3), "no-split.*videos.csv"),
        (person("a", "train", 3, usable=False), "no-crops"),
        (person("a", "valid", 3), "no-pairs.*12 of test and 6 of train.*all in valid.*/0; put"),
        (person("a", "train", 3) + person("b", "test", 1), "no-pairs.*1 usable frames in test"),
    ],
)
def test_what_makes_no_pairs_is_said(tmp_path, people, code):
    with pytest.raises(ReposeError, match=code):
        pair(tmp_path, people)
