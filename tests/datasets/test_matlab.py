"""MATLAB's files are read as scipy reads them; what is damaged or hostile is refused."""

import struct
import zlib

import numpy as np
import pytest
from scipy.io import loadmat, savemat
from scipy.sparse import eye

from repose.datasets import matlab
from repose.datasets.matlab import from_matlab, read_mat
from repose.errors import ReposeError
from repose.skeleton import JOINT


def element(kind, data, order="<"):
    return struct.pack(f"{order}II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def head(order="<"):
    mark = {"<": b"IM", ">": b"MI"}[order]
    return b"MATLAB 5.0 MAT-file".ljust(116) + bytes(8) + struct.pack(f"{order}H", 0x100) + mark


def array(kind, shape, content, name=b"data", order="<"):
    facts = element(6, struct.pack(f"{order}II", kind, 0), order)
    facts += element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)
    return element(14, facts + element(1, name, order) + content, order)


def refused(tmp_path, data, said):
    path = tmp_path / "x.mat"
    path.write_bytes(data)
    with pytest.raises(ReposeError, match=rf"bad-annotations.*{said}.*x\.mat"):
        read_mat(path, "data")


@pytest.mark.parametrize("packed", [False, True])
def test_values_are_those_that_scipy_reads(tmp_path, packed):
    draw = np.random.default_rng(0)
    kinds = [(name, object) for name in ("locs", "name", "crop", "cell", "inner", "empty")]
    made = np.zeros((1, 3), dtype=kinds)
    for number in range(3):
        cell = np.array(["a", draw.normal(size=(2, 2)).astype(np.float32)], dtype=object)
        facts = (draw.normal(size=(2, 7, 5)), f"clip é {number}", draw.integers(0, 99, (1, 4)))
        made[0, number] = (*facts, cell, {"deep": {"er": np.uint8([[7]])}}, np.empty((0, 0)))
    path = tmp_path / "x.mat"
    savemat(path, {"before": np.arange(3), "data": made, "after": "x"}, do_compression=packed)
    found, wanted = read_mat(path, "data"), loadmat(path)["data"][0]
    assert len(found) == 3
    for mine, theirs in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(mine["locs"], theirs["locs"])
        np.testing.assert_array_equal(mine["crop"], theirs["crop"])
        assert mine["name"] == theirs["name"][0]
        assert mine["cell"][0] == "a"
        np.testing.assert_array_equal(mine["cell"][1], theirs["cell"][0, 1])
        assert mine["inner"][0]["deep"][0]["er"] == 7
        assert mine["empty"].size == 0
    assert read_mat(path, "after") == "x"


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "?"])
def test_all_kinds_of_numbers_are_read(tmp_path, kind):
    made = np.array([[0, 1, 2], [3, 4, 100]]).astype(kind)
    savemat(tmp_path / "x.mat", {"data": made})
    np.testing.assert_array_equal(read_mat(tmp_path / "x.mat", "data"), made)


def test_files_of_machines_of_the_other_order_are_read(tmp_path):
    numbers = struct.pack(">6d", *range(6))
    (tmp_path / "x.mat").write_bytes(
        head(">") + array(6, (2, 3), element(9, numbers, ">"), order=">")
    )
    np.testing.assert_array_equal(read_mat(tmp_path / "x.mat", "data"), [[0, 2, 4], [1, 3, 5]])


def test_a_variable_that_is_not_there_is_named(tmp_path):
    savemat(tmp_path / "x.mat", {"a": 1, "b": 2})
    with pytest.raises(ReposeError, match=r"no variable 'data', but a, b"):
        read_mat(tmp_path / "x.mat", "data")
    with pytest.raises(ReposeError, match="missing-file"):
        read_mat(tmp_path / "none.mat", "data")


def test_what_no_data_set_holds_is_refused(tmp_path):
    number = element(9, struct.pack("<d", 1))
    named = element(5, b"\x08\0\0\0") + element(1, b"field\0\0\0")
    twice = element(5, b"\x04\0\0\0") + element(1, b"abc\0abc\0")
    unnamed = element(5, bytes(4)) + element(1, b"abc\0")
    for value, said in (
        (array(3, (1, 1), number), "an object"),
        (array(16, (1, 1), number), "a function"),
        (array(17, (1, 1), number), "an object"),
        (array(6, (-1, 1), number), "shape"),
        (array(6, (1,), number), "shape"),
        (array(6, (1 << 30, 1 << 30), number), "1 numbers for the shape"),
        (array(6, (1, 1), element(3, b"\1\2\3\4")), "2 numbers for the shape"),
        (array(6, (1, 1), element(99, b"\1\2")), "numbers of kind 99"),
        (array(6, (1, 1), b""), "a value is missing"),
        (array(4, (1, 4), element(16, b"\xff\xfe\xff\xfe")), "refused"),
        (array(4, (1, 9), struct.pack("<II", 16, 9) + b"text"), "cut short"),
        (element(9, bytes(8)), "kind 9 in place of a variable"),
        (element(14, element(6, bytes(8))), "a value is missing"),
        (array(1, (1 << 15, 1 << 15), b""), "more than 1,000,000 values"),
        (array(2, (1 << 15, 1 << 15), named), "more than 1,000,000 values"),
        (array(2, (1, 1), twice), "a field twice"),
        (array(2, (1, 1), unnamed), "no names"),
    ):
        refused(tmp_path, head() + value, said)


def test_sparse_and_complex_arrays_are_refused(tmp_path):
    for value, said in ((eye(3), "a sparse array"), (np.array([1j]), "complex numbers")):
        savemat(tmp_path / "x.mat", {"data": value})
        refused(tmp_path, (tmp_path / "x.mat").read_bytes(), said)


def test_other_files_are_refused(tmp_path):
    refused(tmp_path, b"", "0 bytes")
    refused(tmp_path, b"MATLAB 7.3 MAT-file".ljust(200), "version 7.3")
    refused(tmp_path, b"\x89HDF\r\n\x1a\n".ljust(200), "version 7.3")
    refused(tmp_path, b"\x89PNG\r\n\x1a\n".ljust(200), "does not begin like one")


def test_nesting_without_end_is_refused(tmp_path):
    """A file of this kind ends a process that reads it with scipy."""
    deep = b""
    for _ in range(20):
        deep = array(1, (1, 1), deep or array(6, (0, 0), element(9, b"")), name=b"data")
    refused(tmp_path, head() + deep, "more than 8 levels")


def test_what_unfolds_to_too_much_is_refused(tmp_path, monkeypatch):
    bomb = zlib.compress(array(6, (1 << 16, 16), element(9, bytes(8 << 20))))
    assert len(bomb) < 1 << 14
    monkeypatch.setattr(matlab, "MOST_UNFOLDED", 1 << 20)
    refused(tmp_path, head() + struct.pack("<II", 15, len(bomb)) + bomb, "unfolds to more than")
    monkeypatch.setattr(matlab, "MOST_BYTES", 1000)
    refused(tmp_path, head() + bytes(2000), "bytes, not 129 to 1,000")


def test_a_file_cut_anywhere_or_with_a_wrong_byte_is_read_or_refused(tmp_path):
    path = tmp_path / "x.mat"
    draw = np.random.default_rng(0)
    for packed in (False, True):
        savemat(path, {"data": {"X": np.ones((14, 2, 3)), "n": "text"}}, do_compression=packed)
        data = path.read_bytes()
        for size in range(0, len(data), 23):
            path.write_bytes(data[:size])
            with pytest.raises(ReposeError, match="bad-annotations"):
                read_mat(path, "data")
        refusals = 0
        for _ in range(100):
            wrong = bytearray(data)
            wrong[draw.integers(len(data))] = draw.integers(256)
            path.write_bytes(wrong)
            try:
                read_mat(path, "data")
            except ReposeError as error:
                refusals += error.code == "bad-annotations"
        assert refusals > 5


def test_pixels_from_1_become_centres_and_nothing_becomes_missing():
    points = np.full((2, 7, 2), 0.0)
    points[0, 1], points[1, 1] = (1, 1), (np.nan, 3)
    joints, score = from_matlab(points, "youtube7")
    wrist = JOINT["r_wrist"]
    np.testing.assert_array_equal(joints[0, wrist, :2], (0.5, 0.5))
    assert score[0].sum() == 1
    assert score[1].sum() == 0
    assert np.isnan(joints[1]).all()
