"""Manifests name their inputs, alike in every run and wherever the project lies."""

import json
from pathlib import Path

import pytest

from repose.ancestry import digest, fingerprint, named_files, read_inputs
from repose.errors import ReposeError
from repose.files import sha256, whole_folder
from repose.making import made_of
from repose.manifests import manifest_path, read_manifest, write_manifest


def make(root, name, text, inputs=(), settings=None):
    """Make an output of one file, of inputs below the same folder."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    with made_of({root / one: fingerprint(root / one) for one in inputs}):
        write_manifest(path, settings or {})
    return path


def test_an_input_is_named_as_seen_from_the_output(tmp_path):
    make(tmp_path, "pairs/pairs.parquet", "pairs")
    with (
        made_of({tmp_path / "pairs/pairs.parquet": "d"}) as making,
        whole_folder(tmp_path / "train/a") as folder,
    ):
        write_manifest(folder, {})
    assert read_manifest(tmp_path / "train/a")["inputs"] == {"../pairs/pairs.parquet": "d"}
    assert read_inputs(tmp_path / "train/a") == {tmp_path / "pairs/pairs.parquet": "d"}
    assert making.made == [read_manifest(tmp_path / "train/a")["manifest_sha256"]]


def test_what_lies_elsewhere_keeps_its_full_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    output = Path("ingest/clips.parquet")
    output.parent.mkdir()
    output.write_text("clips")
    with made_of({tmp_path / "far/videos": ""}):
        write_manifest(output, {})
    assert read_inputs(output) == {tmp_path / "far/videos": ""}


def test_the_same_project_elsewhere_has_the_same_manifests(tmp_path):
    for place in ("one", "two/deeper"):
        make(tmp_path / place, "a/a.bin", "a")
        make(tmp_path / place, "b/b.bin", "b", ["a/a.bin"], {"seed": 0})
    one, two = (manifest_path(tmp_path / p / "b/b.bin") for p in ("one", "two/deeper"))
    assert one.read_bytes() == two.read_bytes()


def test_the_digest_leaves_out_times_and_what_an_input_was_made_of(tmp_path):
    def made(seconds, inputs, settings):
        folder = tmp_path / "generate"
        folder.mkdir(exist_ok=True)
        (folder / "times.json").write_text(seconds)
        (folder / "images.pack").write_text("images")
        with made_of(inputs):
            write_manifest(folder, settings)
        return digest(folder)

    same = {made(s, {tmp_path / "x": i}, {"batch": 8}) for s in "12" for i in "ab"}
    assert len(same) == 1
    assert made("1", {}, {"batch": 9}) not in same


def test_a_manifest_written_by_hand_or_for_a_checkpoint_names_no_inputs(tmp_path):
    path = make(tmp_path, "a.bin", "a", [])
    assert read_inputs(path) == {}
    write_manifest(path, {})
    assert read_inputs(path) is None
    with made_of({tmp_path / "x": "d"}) as making:
        write_manifest(path, {}, is_result=False)
    assert read_inputs(path) is None
    assert making.made == []


def test_a_stage_that_fails_leaves_no_inputs_to_the_next(tmp_path):
    with pytest.raises(ReposeError), made_of({tmp_path / "x": "d"}):
        raise ReposeError("no-pairs", "no pairs")
    path = tmp_path / "a.bin"
    path.write_text("a")
    write_manifest(path, {})
    assert "inputs" not in json.loads(manifest_path(path).read_text())


def test_files_that_settings_name_are_inputs_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights = make(tmp_path, "vgg.pth", "weights", [])
    folder = tmp_path / "metro"
    folder.mkdir()
    write_manifest(folder, {})
    (tmp_path / "studio").write_text("no file that is meant")
    values = [
        str(weights),
        str(folder),
        "studio",
        "6",
        "",
        0.5,
        ["train", "./vgg.pth"],
        "a/" * 999,
    ]
    assert [path.name for path in named_files(values)] == ["vgg.pth", "metro", "vgg.pth"]
    (tmp_path / "plain.csv").write_text("a,b")
    assert fingerprint(tmp_path / "plain.csv") == sha256(tmp_path / "plain.csv")
    assert fingerprint(tmp_path) == ""
