import json

import pytest

from repose.errors import ReposeError
from repose.files import sha256
from repose.manifests import (
    HASHED,
    check_manifest,
    manifest_path,
    read_manifest,
    require_manifest,
    require_manifests,
    unlisted,
    write_manifest,
)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    for name in ("a", "b", "inner/c"):
        (folder / name).write_bytes(name.encode() * 100)
    write_manifest(folder, {"seed": 1, "splits": ("test", "train")})
    return folder


def test_it_holds_settings_sizes_and_hashes(folder):
    manifest = check_manifest(folder)
    assert manifest["settings"] == {"seed": 1, "splits": ["test", "train"]}
    assert manifest["size"] == {"a": 100, "b": 100, "inner/c": 700}
    assert manifest["sha256"]["a"] == sha256(folder / "a")


@pytest.mark.parametrize("check", [check_manifest, require_manifest])
def test_a_changed_a_cut_and_a_missing_file_are_named(folder, check):
    for content in (b"b" * 99 + b"c", b"b" * 99, None):
        if content is None:
            (folder / "b").unlink()
        else:
            (folder / "b").write_bytes(content)
        with pytest.raises(ReposeError, match=r"bad-manifest.*/b") as caught:
            check(folder)
        assert caught.value.mend


def test_a_stage_looks_at_the_size_alone_where_a_file_is_large(folder):
    with (folder / "large").open("wb") as file:
        file.truncate(HASHED + 1)
    write_manifest(folder, {})
    with (folder / "large").open("r+b") as file:
        file.write(b"x")
    require_manifest(folder)
    with pytest.raises(ReposeError, match=r"bad-manifest.*/large"):
        check_manifest(folder)


def test_that_of_one_file_lies_beside_it(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"x")
    (tmp_path / "other").write_bytes(b"y")
    write_manifest(path, {})
    assert manifest_path(path) == tmp_path / "a.bin.manifest.json"
    assert check_manifest(path)["sha256"] == {"a.bin": sha256(path)}
    assert not list(unlisted(path))


def test_every_single_flipped_bit_of_the_manifest_is_found(folder):
    path = manifest_path(folder)
    whole = path.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        with pytest.raises(ReposeError, match=r"bad-manifest.*manifest\.json"):
            read_manifest(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", json.dumps({"sha256": {}})])
def test_what_is_no_manifest_is_refused(folder, text):
    manifest_path(folder).write_text(text)
    with pytest.raises(ReposeError, match="bad-manifest"):
        read_manifest(folder)


def test_an_output_without_manifest_does_not_count(folder):
    manifest_path(folder).unlink()
    with pytest.raises(ReposeError, match=r"no-manifest.*run again the stage") as caught:
        require_manifest(folder)
    assert caught.value.path == folder


def test_an_output_that_is_not_there_is_called_missing(tmp_path):
    with pytest.raises(ReposeError, match="missing-file"):
        require_manifest(tmp_path / "nothing")


def test_a_file_that_nobody_wrote_is_found_and_snakemake_s_own_is_not(folder):
    (folder / ".snakemake_timestamp").touch()
    assert not list(unlisted(folder))
    (folder / "inner/d").touch()
    assert [fault.path for fault in unlisted(folder)] == [folder / "inner/d"]


def test_writing_it_again_does_not_list_itself(folder):
    before = manifest_path(folder).read_bytes()
    write_manifest(folder, {"seed": 1, "splits": ("test", "train")})
    assert manifest_path(folder).read_bytes() == before


def test_a_user_s_own_folder_needs_no_manifest_and_may_have_one_of_its_own(tmp_path, folder):
    (tmp_path / "videos").mkdir()
    require_manifests([tmp_path / "videos", folder], optional=True)
    (tmp_path / "videos/manifest.json").write_text('{"made": "by somebody else"}')
    require_manifests([tmp_path / "videos"], optional=True)
    (folder / "b").unlink()
    with pytest.raises(ReposeError, match=r"bad-manifest.*/b"):
        require_manifests([folder], optional=True)


@pytest.mark.parametrize("check", [check_manifest, require_manifest])
def test_a_manifest_of_another_file_and_a_file_too_many_are_refused(folder, tmp_path, check):
    (folder / ".snakemake_timestamp").touch()
    (folder / ".nfs0001").touch()
    check(folder)
    (folder / "more").touch()
    with pytest.raises(ReposeError, match=r"bad-manifest.*/more"):
        check(folder)
    (tmp_path / "x").write_bytes(b"x")
    (tmp_path / "y").write_bytes(b"y")
    write_manifest(tmp_path / "x", {})
    manifest_path(tmp_path / "x").rename(manifest_path(tmp_path / "y"))
    with pytest.raises(ReposeError, match=r"bad-manifest.*/y"):
        check(tmp_path / "y")
