"""Hostile files of joints: .mat and .npz files that say they are large, or nest without end."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from repose.datasets.human36m_poses import read_cameras
from repose.datasets.matlab import read_mat
from repose.datasets.numpy_files import read_npz
from tests.hostile.pickles import calls

HEAD = b"MATLAB 5.0 MAT-file".ljust(116) + bytes(8) + struct.pack("<H", 0x100) + b"IM"


def _element(kind: int, data: bytes, size: int | None = None) -> bytes:
    # The size may be another one; data are padded to 8 bytes by those who write them.
    return struct.pack("<II", kind, len(data) if size is None else size) + data


def _matrix(kind: int, shape: tuple[int, int], content: bytes, size: int | None = None) -> bytes:
    facts = _element(6, struct.pack("<II", kind, 0)) + _element(5, struct.pack("<ii", *shape))
    return _element(14, facts + _element(1, b"data" + bytes(4), 4) + content, size)


def _deep() -> bytes:
    """Cells in cells, 100,000 of them: scipy's reader ends the process."""
    one = _matrix(1, (1, 1), b"", 0x7FFFFFF0)
    return one * 100_000


def mats() -> dict[str, bytes]:
    """Every hostile .mat file, by name."""
    bomb = zlib.compress(bytes(1 << 28))
    numbers = _element(9, bytes(8))
    fields = _element(5, struct.pack("<ii", 8, 0), 4) + _element(1, b"field\0\0\0")
    return {
        "cells nested deep": _deep(),
        "256 MiB of zeros": _element(15, bomb),
        "numbers of 2 GiB": _matrix(6, (1 << 14, 1 << 14), _element(9, b"", 0x7FFFFFF8)),
        "a shape of 4 EiB": _matrix(6, (0x7FFFFFFF, 0x7FFFFFFF), numbers),
        "cells without end": _matrix(1, (0x7FFFFFFF, 0x7FFFFFFF), b""),
        "a struct without end": _matrix(2, (0x7FFF, 0x7FFF), fields),
    }


def _npz(path: Path, part: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("part.npy", part)
    return path


def _npy(array: np.ndarray, **settings: bool) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, **settings)
    return file.getvalue()


def npzs() -> dict[str, bytes]:
    """Every hostile array of a .npz file, by name."""
    small = _npy(np.zeros((3, 4)))
    huge = small.replace(b"(3, 4), }            ", b"(3, 1099511627776), }")
    assert len(huge) == len(small)
    assert huge != small
    return {
        "256 MiB of zeros": _npy(np.zeros(1 << 25)),
        "a shape of 24 TiB": huge,
        "objects": _npy(np.array([print], object), allow_pickle=True),
        "no array": bytes(1000),
    }


def annotations(folder: Path) -> Iterator[tuple[str, str, Callable[[], object]]]:
    """Give every hostile file of joints: its name, the code of its error, the reading of it."""
    for name, data in mats().items():
        path = folder / f"{name}.mat"
        path.write_bytes(HEAD + data)
        yield f"mat: {name}", "bad-annotations", lambda path=path: read_mat(path, "data")
    hollow = folder / "hollow.mat"
    with hollow.open("wb") as file:
        file.truncate(1 << 40)
    yield "mat: 1 TiB", "bad-annotations", lambda: read_mat(hollow, "data")
    for name, data in npzs().items():
        path = _npz(folder / f"{name}.npz", data)
        read = partial(read_npz, path, {"part": "number"})
        yield f"npz: {name}", "bad-annotations", read
    for name, data in calls(folder / "canary").items():
        path = folder / f"{name}.cameras.pkl"
        path.write_bytes(data)
        yield f"cameras: {name}", "bad-pickle", lambda path=path: read_cameras(path)
