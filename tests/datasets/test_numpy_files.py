"""Foreign .npz files: arrays of the expected kind, and no more room than they have bytes."""

import io
import zipfile

import numpy as np
import pytest

from repose.datasets import numpy_files
from repose.datasets.numpy_files import read_npz
from repose.errors import ReposeError

WANTED = {"part": "number", "imgname": "text"}


@pytest.fixture
def path(tmp_path):
    part = np.random.default_rng(0).normal(size=(3, 17, 3))
    np.savez(tmp_path / "x.npz", part=part, imgname=np.array(["a", "b", "cé"]))
    return tmp_path / "x.npz"


def replaced(path, name, data):
    """Write the file again with other bytes in one entry."""
    with zipfile.ZipFile(path) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, old in entries.items():
            archive.writestr(entry, data if entry == name else old)


def npy(array, **settings):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, **settings)
    return file.getvalue()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("kind", ["f2", "f4", ">f8", "i4"])
def test_arrays_are_those_that_were_saved(tmp_path, save, kind):
    made = np.random.default_rng(0).normal(0, 50, (3, 17, 4)).astype(kind)
    names = np.array(["S1/a.jpg", "S1/bé.jpg"])
    save(tmp_path / "x.npz", part=np.asfortranarray(made), imgname=names, other=np.ones(3))
    found = read_npz(tmp_path / "x.npz", WANTED)
    np.testing.assert_array_equal(found["part"], made)
    np.testing.assert_array_equal(found["imgname"], names)
    assert set(found) == set(WANTED)


def test_what_is_no_such_array_is_refused(path):
    head = npy(np.ones(3)).replace(b"'shape': (3,)", b"'shape': (3e9,)")
    for name, data, said in (
        ("part.npy", npy(np.array(["a"])), "'part' holds no numbers"),
        ("imgname.npy", npy(np.ones(3)), "'imgname' holds no texts"),
        ("part.npy", npy(np.array([print], object), allow_pickle=True), "holds no numbers"),
        ("part.npy", npy(np.ones((3, 2)))[:-8], "'part' says 48 bytes and has 40"),
        ("part.npy", npy(np.ones((3, 2))) + b"more", "'part' says 48 bytes and has"),
        ("part.npy", b"no array at all", "refused"),
        ("part.npy", b"", "refused"),
        ("part.npy", head, "refused"),
    ):
        replaced(path, name, data)
        with pytest.raises(ReposeError, match=rf"bad-annotations.*{said}.*x\.npz"):
            read_npz(path, WANTED)
        replaced(path, name, npy(np.ones(3)) if name == "part.npy" else npy(np.array(["a"])))


def test_a_missing_array_or_file_is_named(path, tmp_path):
    with pytest.raises(ReposeError, match="no array 'S'"):
        read_npz(path, {"S": "number"})
    with pytest.raises(ReposeError, match="missing-file"):
        read_npz(tmp_path / "none.npz", WANTED)


def test_more_than_the_bytes_bear_out_is_refused_before_room_is_made(path, monkeypatch):
    monkeypatch.setattr(numpy_files, "FREE_BYTES", 1 << 10)
    replaced(path, "part.npy", npy(np.zeros((1 << 17, 8))))
    assert path.stat().st_size < 1 << 14
    with pytest.raises(ReposeError, match=r"bad-annotations.*'part' of 8,388,608 bytes"):
        read_npz(path, WANTED)


def test_a_file_cut_anywhere_is_refused(path):
    data = path.read_bytes()
    for size in range(0, len(data), 11):
        path.write_bytes(data[:size])
        with pytest.raises(ReposeError, match="bad-annotations"):
            read_npz(path, WANTED)
