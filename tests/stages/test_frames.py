import os
import resource
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from repose import cli
from repose.data.packs import Pack
from repose.data.tables import read_table, table_metadata
from repose.errors import ReposeError
from repose.manifests import check_manifest
from repose.stages import frames
from repose.video import Decoding
from tests.brought import IMAGES, PEOPLE, brought, name_it
from tests.films import number_in, numbered
from tests.ingested import ingest_into

ALL = frames.Config(rate="native", codec="png", max_side=0, max_frames=0)
COUNTS = {"a": 7, "b": 12, "c": 3, "d": 5}


@pytest.fixture
def clips(tmp_path):
    """Four videos, and one that is broken, in the clip table."""
    folder = tmp_path / "videos"
    folder.mkdir()
    for name, count in COUNTS.items():
        numbered(folder / f"{name}.mp4", count)
    (folder / "broken.mp4").touch()
    ingest_into(tmp_path, [folder], on_bad_clip="skip")
    return tmp_path / "clips.parquet"


def pack(config, clips, output, shard=0, shards=1):
    stills = clips.with_name("stills.parquet")
    frames.run(config, shard=shard, shards=shards, clips=clips, stills=stills, output=output)


def pictures(folder):
    """Read the pack back: clip to its images."""
    images, stored = {}, Pack(folder / "frames.pack")
    for row in read_table(folder / "frames.parquet", "frames").itertuples():
        image = stored.image(row.offset, row.length, row.sha256)
        assert image.shape == (row.height, row.width, 3)
        images.setdefault(row.clip, []).append(image)
    return images


def test_the_pack_holds_what_was_decoded(clips, tmp_path):
    pack(ALL, clips, tmp_path / "0")
    found = pictures(tmp_path / "0")
    assert {clip: len(images) for clip, images in found.items()} == COUNTS
    for clip, images in found.items():
        decoded = Decoding(tmp_path / "videos" / f"{clip}.mp4")
        assert all(np.array_equal(a, b.image) for a, b in zip(images, decoded, strict=True))
        assert [number_in(image) for image in images] == list(range(COUNTS[clip]))
    assert table_metadata(tmp_path / "0/frames.parquet")["rate"] == "native"
    assert check_manifest(tmp_path / "0")["settings"]["rate"] == "native"


@pytest.mark.parametrize("shards", [2, 7])
def test_shards_share_the_clips_and_none_is_lost(shards, clips, tmp_path):
    folders = [tmp_path / str(k) for k in range(shards)]
    for k, folder in enumerate(folders):
        pack(ALL, clips, folder, k, shards)
    tables = [read_table(folder / "accounting.parquet", "accounting") for folder in folders]
    order = read_table(clips, "clips")["clip"].tolist()
    assert [table["clip"].tolist() for table in tables] == [
        order[k::shards] for k in range(shards)
    ]
    assert sum(len(pictures(folder)) for folder in folders) == len(COUNTS)
    accounts = read_table([f / "accounting.parquet" for f in folders], "accounting")
    accounts = accounts.set_index("clip")
    assert accounts["decoded"].to_dict() == {**COUNTS, "broken": 0}
    assert accounts["expected"].to_dict() == {**COUNTS, "broken": 0}
    assert accounts["error"].to_dict() == {**dict.fromkeys(COUNTS, ""), "broken": "empty-file"}


def test_rate_size_and_number_of_frames_are_settings(clips, tmp_path):
    config = frames.Config(rate="5", codec="jpeg", max_side=48, max_frames=3)
    pack(config, clips, tmp_path / "0")
    table = read_table(tmp_path / "0/frames.parquet", "frames")
    of_b = table[table["clip"] == "b"]
    assert of_b["source_frame"].tolist() == [0, 2, 4]
    assert np.allclose(of_b["time_s"], [0, 0.2, 0.4])
    assert set(zip(table["width"], table["height"], strict=True)) == {(48, 32)}
    accounts = read_table(tmp_path / "0/accounting.parquet", "accounting").set_index("clip")
    assert (accounts.loc["b", "decoded"], accounts.loc["b", "sampled"]) == (12, 3)
    assert pictures(tmp_path / "0")


def test_the_same_bytes_come_again(clips, tmp_path):
    for name in "xy":
        pack(ALL, clips, tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "x").iterdir())
    names = ["accounting.parquet", "frames.pack", "frames.parquet", "manifest.json"]
    assert files == names  # however many clips there are
    assert all(
        (tmp_path / "x" / f).read_bytes() == (tmp_path / "y" / f).read_bytes() for f in files
    )


@pytest.mark.parametrize("rate", ["0", "-1", "fast", "nan", "inf", ""])
def test_a_rate_must_be_one(rate, clips, tmp_path):
    config = frames.Config(rate=rate, codec="png", max_side=0, max_frames=0)
    with pytest.raises(ReposeError, match=r"frames\.rate"):
        pack(config, clips, tmp_path / "0")
    assert not (tmp_path / "0").exists()


def command(clips, output, **changes):
    flags = {"rate": "native", "codec": "png", "max-side": "0", "max-frames": "0"}
    flags |= {"shard": "0", "shards": "1", "clips": str(clips), "output": str(output)}
    flags |= {"stills": str(clips.with_name("stills.parquet"))} | changes
    return ["frames", *(part for name, value in flags.items() for part in (f"--{name}", value))]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_ctrl_c_leaves_the_earlier_result_and_no_half_file(clips, tmp_path, monkeypatch, capfd):
    output = tmp_path / "results" / "0"
    assert cli.main(command(clips, output)) == 0
    before, encode = contents(output), frames.encode

    def interrupted(image, codec):
        if number_in(image) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return encode(image, codec)

    monkeypatch.setattr(frames, "encode", interrupted)
    assert cli.main(command(clips, output)) == 130
    assert capfd.readouterr().err.count("\n") == 1
    assert contents(output) == before
    assert [path.name for path in output.parent.iterdir()] == ["0"]


def test_a_disk_that_fills_up_is_one_line_and_leaves_the_earlier_result(clips, tmp_path):
    """A limit on the size of files stands in for the full disk: writes fail half way."""
    output = tmp_path / "results" / "0"
    assert cli.main(command(clips, output)) == 0
    before = contents(output)
    limit = len(before["frames.pack"]) - 10
    done = subprocess.run(
        [sys.executable, "-m", "repose.cli", *command(clips, output)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 2
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert "error[disk-full]" in done.stderr
    assert "frames.pack" in done.stderr
    assert contents(output) == before
    assert [path.name for path in output.parent.iterdir()] == ["0"]


def test_a_video_that_has_gone_is_one_line(clips, tmp_path, capfd):
    (tmp_path / "videos" / "c.mp4").unlink()
    assert cli.main(command(clips, tmp_path / "0")) == 2
    assert "error[missing-file]" in capfd.readouterr().err
    assert not (tmp_path / "0").exists()


def test_damage_that_came_later_is_said(clips, tmp_path, capsys):
    path = tmp_path / "videos" / "b.mp4"
    data = bytearray(path.read_bytes())
    # The pictures lie in the box mdat; the first stays whole.
    at = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[at + (end - at) * 3 // 4 : end] = bytes(end - at - (end - at) * 3 // 4)
    path.write_bytes(data)
    pack(ALL, clips, tmp_path / "0")
    accounts = read_table(tmp_path / "0/accounting.parquet", "accounting").set_index("clip")
    assert accounts.loc["b", "dropped"] > 0
    assert accounts.loc["b", "decoded"] + accounts.loc["b", "dropped"] == 12
    assert f"frames: b: {accounts.loc['b', 'dropped']} of 12 frames" in capsys.readouterr().out


@pytest.fixture
def images(tmp_path, monkeypatch):
    """Four clips of four images each, in the clip table."""

    def listed(fps=0.0):
        name_it(monkeypatch, "made", brought(tmp_path / "data", fps))
        return ingest_into(tmp_path, [tmp_path], dataset="made") / "clips.parquet"

    return listed


def test_images_are_stored_byte_by_byte(images, tmp_path):
    pack(ALL, images(), tmp_path / "0")
    table = read_table(tmp_path / "0/frames.parquet", "frames")
    stored = Pack(tmp_path / "0/frames.pack")
    for row in table.itertuples():
        file = tmp_path / "data" / row.clip / f"{row.source_frame:02d}.jpg"
        assert stored.read(row.offset, row.length, row.sha256) == file.read_bytes()
    assert table["frame"].tolist() == list(range(IMAGES)) * len(PEOPLE)
    assert set(table["time_s"]) == {0.0}
    accounts = read_table(tmp_path / "0/accounting.parquet", "accounting")
    for name in ("expected", "decoded", "sampled"):
        assert set(accounts[name]) == {IMAGES}


def test_images_are_sampled_only_where_they_have_an_order_in_time(images, tmp_path):
    config = frames.Config(rate="5", codec="jpeg", max_side=64, max_frames=0)
    pack(config, images(), tmp_path / "still")
    assert len(read_table(tmp_path / "still/frames.parquet", "frames")) == IMAGES * len(PEOPLE)
    shutil.rmtree(tmp_path / "data")
    pack(config, images(fps=10.0), tmp_path / "moving")
    table = read_table(tmp_path / "moving/frames.parquet", "frames")
    assert table["source_frame"].tolist() == [0, 2] * len(PEOPLE)
    np.testing.assert_allclose(table["time_s"], [0, 0.2] * len(PEOPLE))
    assert set(zip(table["width"], table["height"], strict=True)) == {(44, 64)}
    assert pictures(tmp_path / "moving")


def test_an_image_that_was_changed_since_is_refused(images, tmp_path):
    clips = images()
    shutil.copy(tmp_path / "data/bob/00.jpg", tmp_path / "data/bob/01.jpg")
    with pytest.raises(ReposeError, match=r"changed-image.*bob/01\.jpg"):
        pack(ALL, clips, tmp_path / "0")
    assert not (tmp_path / "0").exists()
