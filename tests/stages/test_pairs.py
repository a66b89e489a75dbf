import numpy as np
import pytest

from repose.data.tables import make_table, read_table, table_metadata, write_table
from repose.errors import ReposeError
from repose.stages.pairs import Config, run
from tests.poses.made import pair_inputs, standing_px, store_crops

CONFIG = Config(test_pairs=12, train_pairs=6, seed=0, official_split=False, official_pairs="none")


def person(name, split, count, **more):
    return [
        {"clip": f"{name}{i % 2}", "frame": i, "person": name, "outfit": f"{name}-1"}
        | {"split": split, "yaw_rad": 0.7 * i}
        | more
        for i in range(count)
    ]


def pair(tmp_path, *shards, config=CONFIG):
    folders = [store_crops(tmp_path / str(i), 64, rows) for i, rows in enumerate(shards)]
    output = tmp_path / "pairs.parquet"
    run(config, **pair_inputs(tmp_path, folders), output=output)
    return read_table(output, "pairs")


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


def official(tmp_path, rows, *, config, people, stills=()):
    """Pair the crops of these people by lists of (split, clip, source, target)."""
    inputs = pair_inputs(tmp_path, [store_crops(tmp_path / "0", 64, people)])
    pairs = [
        {"split": split, "source_clip": clip, "source_frame": 10 * a}
        | {"target_clip": clip, "target_frame": 10 * b, "source_name": "", "target_name": ""}
        for split, clip, a, b in rows
    ]
    write_table(make_table("official_pairs", pairs), inputs["official"], "official_pairs", {})
    write_table(make_table("stills", stills), inputs["stills"], "stills", {})
    # Every tenth frame of the source was sampled.
    path = inputs["frames"][0] / "frames.parquet"
    table = read_table(path, "frames")
    write_table(table.assign(source_frame=10 * table["frame"]), path, "frames", {})
    run(config, **inputs, output=tmp_path / "pairs.parquet")
    return read_table(tmp_path / "pairs.parquet", "pairs")


def test_official_lists_are_taken_in_their_order(tmp_path, capsys):
    people = person("b", "test", 5, clip="b") + person("a", "train", 4, clip="a")
    for row in people:
        row["usable"] = (row["person"], row["frame"]) != ("b", 3)
    listed = [("test", "b", *ends) for ends in ((4, 0), (1, 3), (0, 4), (4, 0), (2, 7))]
    config = Config(**vars(CONFIG) | {"official_pairs": "all", "test_pairs": 0})
    name = {"clip": "b", "frame": 40, "name": "b four.jpg", "path": "", "sha256": ""}
    stills = [name | {"width": 64, "height": 64}]
    table = official(tmp_path, listed, config=config, people=people, stills=stills)
    tested = table[table["split"] == "test"]
    ends = tested[["source_frame", "target_frame"]].to_numpy().tolist()
    assert ends == [[4, 0], [0, 4], [4, 0]]
    assert tested["source_name"].tolist() == ["b four.jpg", "b_00000", "b four.jpg"]
    assert (table["split"] == "train").sum() == 6, "a split without a list has a drawn one"
    assert table_metadata(tmp_path / "pairs.parquet")["official"] == ["test"]
    np.testing.assert_allclose(table["scale_change"], 1.0, rtol=1e-5)
    said = capsys.readouterr().out
    assert "3 of the 5 official pairs of test have two usable crops" in said
    first = Config(**vars(config) | {"test_pairs": 2, "train_pairs": 0})
    few = official(tmp_path / "few", listed, config=first, people=people)
    assert few[["source_frame", "target_frame"]].to_numpy().tolist() == [[4, 0], [0, 4]]


def test_official_lists_that_are_not_there_are_missed(tmp_path):
    people = person("b", "test", 4)
    config = Config(**vars(CONFIG) | {"official_pairs": "all"})
    with pytest.raises(ReposeError, match=r"no-pairs.*has no lists of pairs"):
        official(tmp_path, [], config=config, people=people)
    lost = [("test", "b", 0, 7), ("test", "b", 8, 9)]
    with pytest.raises(ReposeError, match=r"no-pairs.*no official pair of test has two usable"):
        official(tmp_path / "1", lost, config=config, people=people)
    wrong = Config(**vars(CONFIG) | {"official_pairs": "al"})
    with pytest.raises(ReposeError, match=r"unknown-value.*did you mean 'all'"):
        official(tmp_path / "2", [], config=wrong, people=people)


def test_what_joints_in_the_image_plane_do_not_tell_is_not_told(tmp_path, capsys):
    people = person("a", "train", 3) + person("b", "test", 3)
    for row in people:
        joints = standing_px(64, row["yaw_rad"])
        joints[:, 2] = np.nan
        joints[0] = np.nan
        row |= {"joints_px": joints.ravel(), "joints_mm": np.full(57, np.nan)}
    table = pair(tmp_path, people)
    for name in ("view_change_rad", "visible_share", "scale_change"):
        assert table[name].isna().all()
    assert (table["pose_distance"] > 0).all()
    assert f"scale_change of {len(table)} pairs" in capsys.readouterr().out
