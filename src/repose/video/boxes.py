"""What an mp4 (mov, 3gp, ...) says of its number of frames, before anything makes room for them.

Its tables count frames in four bytes, and ffmpeg makes an entry of each: a file of 2 kB that says
"two billion of one byte" would fill the memory.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_FIRST = frozenset(
    (b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"pnot")
)
_WITHIN = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"))
# Where the number of samples stands: bytes from the begin of the box's content.
_COUNTS = {b"stsz": 8, b"stz2": 8, b"trun": 4}
_RUNS = {b"stts": 8, b"ctts": 8}  # bytes per run of equal samples, its length first
MOST_BOXES = 1_000_000


def declared_samples(path: Path) -> int:
    """Return the most samples that any table of an mp4 declares; 0 for other files."""
    with path.open("rb") as file:
        if file.read(8)[4:] not in _FIRST:
            return 0
        size = os.fstat(file.fileno()).st_size
        boxes = _boxes(file, size)
        return max((count for _, count in zip(range(MOST_BOXES), boxes, strict=False)), default=0)


def _boxes(file: BinaryIO, size: int) -> Iterator[int]:
    at = 0
    while at + 8 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if length == 1:
            length, head = struct.unpack(">Q", file.read(8).ljust(8, b"\0"))[0], 16
        end = size if length == 0 else at + max(length, head)
        if kind in _COUNTS:
            file.seek(at + head + _COUNTS[kind])
            yield struct.unpack(">I", file.read(4).ljust(4, b"\0"))[0]
        elif kind in _RUNS:
            yield _sum_of_runs(file, at + head, min(end, size), _RUNS[kind])
        # The content of a box that only holds others is looked through like them.
        at = at + head if kind in _WITHIN else end


def _sum_of_runs(file: BinaryIO, at: int, end: int, step: int) -> int:
    file.seek(at + 8)
    data = file.read(max(0, end - at - 8))
    whole = len(data) - len(data) % step
    return sum(run[0] for run in struct.iter_unpack(f">I{step - 4}x", data[:whole]))
