import hashlib
from pathlib import Path

import pytest

from repose import cli
from repose.data.tables import read_table
from repose.errors import ReposeError
from repose.stages import ingest
from tests.films import cut, numbered, set_matrix, sound

STOP = ingest.Config(dataset="folder", listing="", test_share=0.5, seed=0, on_bad_clip="stop")
SKIP = ingest.Config(dataset="folder", listing="", test_share=0.5, seed=0, on_bad_clip="skip")


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
    ingest.run(STOP, videos=[videos], output=tmp_path / "clips.parquet")
    table = read_table(tmp_path / "clips.parquet", "clips")
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
        ingest.run(STOP, videos=[videos], output=output)
    assert caught.value.code == "empty-file"
    spoil(videos)
    with pytest.raises(ReposeError) as caught:
        ingest.run(STOP, videos=[videos], output=output)
    assert caught.value.code == "empty-file"
    assert all(f"{name}.mp4" in str(caught.value) for name in ("empty", "text", "sound", "short"))
    assert not output.exists()


def test_skipped_videos_keep_their_row_and_are_said(videos, tmp_path, capsys):
    codes = spoil(videos)
    ingest.run(SKIP, videos=[videos], output=tmp_path / "clips.parquet")
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
        ingest.run(SKIP, videos=[tmp_path], output=tmp_path / "clips.parquet")


def test_one_person_alone_is_said(tmp_path, capsys):
    numbered(tmp_path / "only.mp4", 3)
    ingest.run(STOP, videos=[tmp_path], output=tmp_path / "clips.parquet")
    row = read_table(tmp_path / "clips.parquet", "clips").iloc[0]
    assert (row["split"], row["note"]) == ("train", "the only person: nobody is left for the test")
    assert "nobody is kept for the test" in capsys.readouterr().out


def command(**changes):
    flags = {"dataset": "folder", "listing": "", "test-share": "0.5", "seed": "0"}
    flags |= {"on-bad-clip": "stop"} | changes
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
