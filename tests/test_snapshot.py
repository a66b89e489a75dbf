"""Results that come back get one time, if nothing in them or outside has changed."""

import os
import shutil
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from repose.manifests import write_manifest
from repose.snapshot import EDGE, came_back, forget_records, take


@pytest.fixture
def results(tmp_path):
    """Two outputs, a folder and a file, made from a table and a folder of videos."""
    root = tmp_path / "results/mine"
    (root / "frames/00").mkdir(parents=True)
    (root / "frames/00/frames.pack").write_bytes(b"frames")
    write_manifest(root / "frames/00", {"rate": "6"})
    (root / "pairs").mkdir()
    (root / "pairs/pairs.parquet").write_bytes(b"pairs")
    write_manifest(root / "pairs/pairs.parquet", {"seed": 0})
    (root / "logs").mkdir()
    (root / "logs/frames.log").write_text("said")
    (tmp_path / "published.csv").write_text("a,b\n")
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos/a.mp4").write_bytes(b"video")
    (tmp_path / "videos/large.mp4").write_bytes(bytes(3 * EDGE))
    (tmp_path / "videos/videos.csv").write_text("person\na\n")
    take(root, inputs_of(root), root / "snapshot.json")
    return root


def inputs_of(root):
    return [root.parent.parent / name for name in ("published.csv", "videos")]


def bring_back(root):
    """Give every file and folder a time of its own, the later the closer to the start."""
    for number, path in enumerate([*sorted(root.rglob("*"), reverse=True), *inputs_of(root)]):
        os.utime(path, (2e9 + number, 2e9 + number))


def times(root):
    names = ("frames/00", "frames/00/manifest.json", "pairs/pairs.parquet")
    manifest = root / "pairs/pairs.parquet.manifest.json"
    return {path.stat().st_mtime for path in (manifest, *(root / name for name in names))}


def test_a_run_that_stayed_where_it_was_made_is_left_alone(results):
    before = times(results)
    assert not came_back(results, inputs_of(results))
    assert times(results) == before


def test_results_that_came_back_get_one_time_not_before_their_inputs(results):
    bring_back(results)
    assert came_back(results, inputs_of(results))
    (time,) = times(results)
    assert time >= max(path.stat().st_mtime for path in inputs_of(results))
    assert (results / "snapshot.json").stat().st_mtime >= time
    assert not came_back(results, inputs_of(results)), "once is enough"


@pytest.mark.parametrize(
    "change",
    [
        "other bytes",
        "missing",
        "missing file",
        "an input",
        "a label",
        "a video",
        "other end",
        "no snapshot",
    ],
)
def test_what_is_not_as_it_was_keeps_its_times(results, change):
    if change == "other bytes":
        (results / "pairs/pairs.parquet").write_bytes(b"others")
        write_manifest(results / "pairs/pairs.parquet", {"seed": 0})
    elif change == "missing":
        shutil.rmtree(results / "frames/00")
    elif change == "missing file":
        (results / "pairs/pairs.parquet").unlink()
    elif change == "an input":
        inputs_of(results)[0].write_text("a,c\n")
    elif change == "a label":
        (inputs_of(results)[1] / "videos.csv").write_text("person\nb\n")
    elif change == "other end":
        with (inputs_of(results)[1] / "large.mp4").open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"x")
    elif change == "a video":
        (inputs_of(results)[1] / "a.mp4").write_bytes(b"another video")
    else:
        (results / "snapshot.json").unlink()
    bring_back(results)
    assert not came_back(results, inputs_of(results))
    assert len(times(results) if "missing" not in change else {1, 2}) > 1


def test_results_keep_their_times_while_somebody_is_at_work_on_them(results, monkeypatch):
    bring_back(results)
    with monkeypatch.context() as busy:
        busy.setattr("repose.drivers.living", lambda: [7])
        assert not came_back(results, inputs_of(results))
    assert came_back(results, inputs_of(results))


def test_a_damaged_manifest_is_left_to_the_stage_that_needs_it(results):
    (results / "frames/00/manifest.json").write_text("{")
    assert not came_back(results, inputs_of(results))


def test_other_times_of_a_training_make_no_other_results(results):
    (results / "frames/00/times.json").write_text("1 s")
    write_manifest(results / "frames/00", {"rate": "6"})
    take(results, inputs_of(results), results / "snapshot.json")
    snapshot = (results / "snapshot.json").read_bytes()
    (results / "frames/00/times.json").write_text("2 s")
    write_manifest(results / "frames/00", {"rate": "6"})
    take(results, inputs_of(results), results / "snapshot.json")
    assert (results / "snapshot.json").read_bytes() == snapshot


def test_links_into_a_cache_get_the_time_and_the_cache_keeps_its_bytes(results, tmp_path):
    cached = tmp_path / "cached"
    (results / "pairs/pairs.parquet").rename(cached)
    (results / "pairs/pairs.parquet").symlink_to(cached)
    bring_back(results)
    assert came_back(results, inputs_of(results))
    link = results / "pairs/pairs.parquet"
    assert {link.lstat().st_mtime, link.stat().st_mtime} == times(results)
    assert cached.read_bytes() == b"pairs"


def test_only_records_of_outputs_below_the_folder_are_forgotten(tmp_path):
    records = tmp_path / "metadata"
    names = ("results/mine/pairs/p.parquet", "results/mine2/pairs/p.parquet")
    long = "results/mine/" + "x" * 300
    for name in (*names, long):
        code = urlsafe_b64encode(name.encode()).decode()
        path = records.joinpath(*["@" + code[:254], code[254:]] if len(code) > 254 else [code])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    (records / "a").write_text("no base 64")
    forget_records(Path("results/mine"), records)
    (records / "a").unlink()
    left = [path.name for path in records.rglob("*") if path.is_file()]
    assert left == [urlsafe_b64encode(names[1].encode()).decode()]
