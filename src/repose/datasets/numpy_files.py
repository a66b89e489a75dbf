"""Arrays of a foreign .npz file, each of the kind that is expected; nothing in it is run."""

import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from repose.datasets.arrays import Refused
from repose.errors import ReposeError

MOST_BYTES = 1 << 32  # of one array: Human3.6M at 50 Hz needs 0.8 GB
MOST_RATIO = 100  # times the bytes that hold it: key points hardly shrink
FREE_BYTES = 1 << 26  # up to this an array may unfold at any ratio
CHUNK_BYTES = 1 << 22

_HEADS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError)


def read_npz(path: Path, wanted: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Read some arrays of a .npz file.

    Args:
        path: The file.
        wanted: The arrays by name, and their kind: "number" or "text".

    Raises:
        ReposeError: missing-file; bad-annotations, saying what is wrong with the file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: _read(archive, name, kind) for name, kind in wanted.items()}
    except FileNotFoundError as error:
        raise ReposeError("missing-file", "no such .npz file", path=path) from error
    except (Refused, *_BROKEN) as error:
        said = f"refused as an .npz file of arrays: {str(error)[:200]}"
        mend = "make it again, or take the file that the data set came with"
        raise ReposeError("bad-annotations", said, path=path, mend=mend) from error


def _read(archive: zipfile.ZipFile, name: str, kind: str) -> NDArray[Any]:
    if f"{name}.npy" not in archive.namelist():
        raise Refused(f"no array '{name}'")
    entry = archive.getinfo(f"{name}.npy")
    most = min(MOST_BYTES, max(FREE_BYTES, MOST_RATIO * entry.compress_size))
    with archive.open(entry) as file:
        version = npy.read_magic(file)
        if version not in _HEADS:
            raise Refused(f"'{name}' is of an unknown version")
        shape, by_columns, form = _HEADS[version](file)
        size = math.prod(shape) * form.itemsize
        if form.kind not in {"number": "fiu", "text": "U"}[kind]:
            raise Refused(f"'{name}' holds no {kind}s, but {str(form)[:20]}")
        if size > most:
            raise Refused(f"'{name}' of {size:,} bytes, where at most {most:,} are read")
        data = _bytes(file, size, name)
    return np.frombuffer(data, form).reshape(shape, order="F" if by_columns else "C")


def _bytes(file: IO[bytes], size: int, name: str) -> bytearray:
    """Take what is there, piece by piece: room is made for no more than that."""
    data = bytearray()
    while piece := file.read(min(CHUNK_BYTES, size + 1 - len(data))):
        data += piece
    if len(data) != size:
        raise Refused(f"'{name}' says {size:,} bytes and has {len(data):,}")
    return data
