import hashlib
from pathlib import Path

import pytest

from repose import cli
from repose.data.tables import read_table, table_metadata
from repose.errors import ReposeError
from repose.manifests import check_manifest
from tests.brought import (
    HEIGHT,
    IMAGES,
    PEOPLE,
    TEST_PAIRS,
    TRAIN_PAIRS,
    WIDTH,
    brought,
    name_it,
)
from tests.films import cut, numbered, set_matrix, sound
from tests.ingested import DEFAULTS, TABLES, ingest_into


@pytest.fixture
def videos(tmp_path):
    folder = tmp_path / "my videos"
    folder.mkdir()
    for name in ("ann.mp4", "bob {1}.mp4", "cid.mp4"):
        numbered(folder / name, 3)
    return folder


def spoil(videos):
    """Add one file of each kind that cannot be used."""
    (videos / "empty.mp4").touch()
    (videos / "text.mp4").write_text("no video")
    sound(videos / "sound.mp4")
    cut(numbered(videos / "short.mp4", 40))
    return {
        "empty": "empty-file",
        "short": "truncated-video",
        "sound": "no-video-stream",
        "text": "not-a-video",
    }


def test_each_clip_has_its_row(videos, tmp_path, capsys):
    set_matrix(videos / "cid.mp4", 0, 1, -1, 0)
    ingest_into(tmp_path, [videos])
    table = read_table(tmp_path / "clips.parquet", "clips")
    facts = table_metadata(tmp_path / "clips.parquet")
    assert facts == {"dataset": "folder", "layout": "", "seed": 0}
    assert [name.split("-")[0] for name in table["clip"]] == ["ann", "bob", "cid"]
    assert table["path"].tolist() == sorted(str(path) for path in videos.iterdir())
    for path, sha256 in zip(table["path"], table["sha256"], strict=True):
        assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == sha256
    assert table["width"].tolist() == [96, 96, 64]
    assert table["height"].tolist() == [64, 64, 96]
    assert table["rotation"].tolist() == [0, 0, 90]
    assert set(table["declared_frames"]) == {3}
    assert set(table["split"]) == {"train", "test"}
    assert (table["error"] == "").all()
    assert capsys.readouterr().out.startswith("ingest: 3 of 3 clips of 3 persons")


def test_a_broken_video_stops_and_all_broken_ones_are_named(videos, tmp_path):
    output = tmp_path / "clips.parquet"
    (videos / "empty.mp4").touch()
    with pytest.raises(ReposeError) as caught:
        ingest_into(tmp_path, [videos])
    assert caught.value.code == "empty-file"
    spoil(videos)
    with pytest.raises(ReposeError) as caught:
        ingest_into(tmp_path, [videos])
    assert caught.value.code == "empty-file"
    assert all(f"{name}.mp4" in str(caught.value) for name in ("empty", "text", "sound", "short"))
    assert not output.exists()


def test_skipped_videos_keep_their_row_and_are_said(videos, tmp_path, capsys):
    codes = spoil(videos)
    ingest_into(tmp_path, [videos], on_bad_clip="skip")
    table = read_table(tmp_path / "clips.parquet", "clips").set_index("clip")
    assert len(table) == 3 + len(codes)
    assert table.loc[list(codes), "error"].to_dict() == codes
    assert (table.loc[table["error"] == "", "split"] != "").all()
    said = capsys.readouterr().out
    assert all(f"error[{code}]" in said and f"{name}.mp4" in said for name, code in codes.items())
    assert "3 of 7 clips" in said


def test_when_no_video_is_left_skipping_stops_too(tmp_path):
    (tmp_path / "a.mp4").touch()
    with pytest.raises(ReposeError, match="empty-file"):
        ingest_into(tmp_path, [tmp_path], on_bad_clip="skip")


def test_one_person_alone_is_said(tmp_path, capsys):
    numbered(tmp_path / "only.mp4", 3)
    ingest_into(tmp_path, [tmp_path])
    row = read_table(tmp_path / "clips.parquet", "clips").iloc[0]
    assert (row["split"], row["note"]) == ("train", "the only person: nobody is left for the test")
    assert "nobody is kept for the test" in capsys.readouterr().out


def command(**changes):
    flags = {name.replace("_", "-"): str(value) for name, value in (DEFAULTS | TABLES).items()}
    flags |= changes
    return ["ingest", *(part for name, value in flags.items() for part in (f"--{name}", value))]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"videos": "none"}, "error[missing-folder]"),
        ({"on-bad-clip": "stopp"}, "did you mean 'stop'"),
        ({"dataset": "foldr"}, "did you mean 'folder'"),
        ({"listing": "none.csv"}, "error[missing-file]"),
        ({"on-bad-clip": "stop"}, "error[not-a-video]"),
    ],
)
def test_the_command_ends_with_one_line(changes, said, videos, tmp_path, capfd):
    (videos / "text.mp4").write_text("no video")
    earlier = tmp_path / "clips.parquet"
    earlier.write_text("an earlier result")
    assert cli.main(command(**{"videos": str(videos), "output": str(earlier)} | changes)) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
    assert earlier.read_text() == "an earlier result"


def test_a_data_set_of_images_brings_its_own_tables(tmp_path, monkeypatch, capsys):
    layout = brought(tmp_path / "data", fps=10.0)
    name_it(monkeypatch, "made", layout)
    ingest_into(tmp_path, [tmp_path / "data"], dataset="made")
    tables = {
        name: read_table(tmp_path / f"{name}.parquet", name)
        for name in ("clips", "stills", "given_poses", "official_pairs", "splits")
    }
    for name in tables:
        assert check_manifest(tmp_path / f"{name}.parquet")["settings"]["dataset"] == "made"
    clips, stills = tables["clips"].set_index("clip"), tables["stills"]
    assert clips["split"].to_dict() == {p: "test" if p == "dee" else "train" for p in PEOPLE}
    assert set(clips["declared_frames"]) == {IMAGES}
    assert set(clips["fps"]) == {10.0}
    assert set(zip(clips["width"], clips["height"], strict=True)) == {(WIDTH, HEIGHT)}
    assert stills["name"].tolist() == [f"{p}/{i:02d}.jpg" for p in PEOPLE for i in range(IMAGES)]
    for row in stills.itertuples():
        assert hashlib.sha256(Path(row.path).read_bytes()).hexdigest() == row.sha256
    of_ann = stills[stills["clip"] == "ann"]
    named = zip(of_ann["name"], of_ann["sha256"], strict=True)
    lines = "".join(f"{name}\t{sha256}\n" for name, sha256 in named)
    assert clips.loc["ann", "sha256"] == hashlib.sha256(lines.encode()).hexdigest()
    assert len(tables["given_poses"]) == len(PEOPLE) * (IMAGES - 1)
    pairs = tables["official_pairs"]
    assert pairs["split"].tolist() == ["test"] * len(TEST_PAIRS) + ["train"] * len(TRAIN_PAIRS)
    assert pairs.loc[0, ["source_name", "target_name"]].tolist() == ["dee/02.jpg", "dee/00.jpg"]
    assert tables["splits"]["clip"].tolist() == list(PEOPLE)
    said = capsys.readouterr().out
    assert "ingest: 4 images have no pose" in said
    assert "16 images, 12 given poses, 6 official pairs" in said
    right = said.split()[-1]
    ingest_into(tmp_path / "2", [tmp_path / "data"], dataset="made", split_sha256=right)
    with pytest.raises(ReposeError, match=rf"wrong-split.*sha256 {right}, not 00"):
        ingest_into(tmp_path / "3", [tmp_path / "data"], dataset="made", split_sha256="00")
    assert not (tmp_path / "3").exists()


def test_a_broken_image_stops_or_leaves_out_its_clip(tmp_path, monkeypatch):
    name_it(monkeypatch, "made", brought(tmp_path / "data"))
    path = tmp_path / "data" / "bob" / "02.jpg"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ReposeError, match=r"bad-image.*bob/02\.jpg"):
        ingest_into(tmp_path, [tmp_path], dataset="made")
    ingest_into(tmp_path, [tmp_path], dataset="made", on_bad_clip="skip")
    clips = read_table(tmp_path / "clips.parquet", "clips").set_index("clip")
    assert clips["error"].to_dict() == dict.fromkeys(PEOPLE, "") | {"bob": "bad-image"}
    assert "bob" not in set(read_table(tmp_path / "stills.parquet", "stills")["clip"])
    assert "bob" not in set(read_table(tmp_path / "splits.parquet", "splits")["clip"])


def test_videos_bring_nothing_along(videos, tmp_path):
    ingest_into(tmp_path, [videos])
    for name in ("stills", "given_poses", "official_pairs"):
        assert read_table(tmp_path / f"{name}.parquet", name).empty
    assert len(read_table(tmp_path / "splits.parquet", "splits")) == 3
