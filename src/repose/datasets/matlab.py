"""MATLAB's .mat files of versions 5 to 7, read without running or trusting anything in them.

Only numbers, texts, structs and cells are taken ("MAT-File Format", MathWorks, level 5). Objects,
functions and sparse arrays are refused, as is any size that the bytes at hand do not bear out and
any nesting deeper than data sets have: `scipy.io.loadmat` ends the
process at many levels.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from repose.datasets.arrays import Refused
from repose.errors import ReposeError
from repose.skeleton import convert

MOST_BYTES = 1 << 26  # of a file; those of the data sets have less than one million
MOST_UNFOLDED = 1 << 26  # of all that is packed in it
MOST_LEVELS = 8
MOST_VALUES = 1_000_000  # structs, cells and arrays in one variable

_HEAD = 128
_ORDERS: tuple[tuple[Literal["<", ">"], bytes], ...] = (("<", b"IM"), (">", b"MI"))
_MATRIX, _PACKED = 14, 15
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8"} | {
    12: "i8",
    13: "u8",
}
_TEXTS = {1: "ascii", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_CELL, _STRUCT, _CHAR = 1, 2, 4
_NUMERIC = frozenset(range(6, 16))
_KINDS = {3: "an object", 5: "a sparse array", 16: "a function", 17: "an object"}
_COMPLEX = 0x800

Struct = list[dict[str, Any]]  # one dict per element


def read_mat(path: Path, variable: str) -> Any:
    """Read one variable of a .mat file.

    Returns:
        Numbers as float64 arrays of MATLAB's own shape (2 or more axes), texts as str, cells as
        lists and structs as lists of dicts, both in MATLAB's order (the first axis runs fastest).

    Raises:
        ReposeError: missing-file; bad-annotations, saying what is wrong with the file.
    """
    try:
        return _Reader().find(path, variable)
    except FileNotFoundError as error:
        raise ReposeError("missing-file", "no such .mat file", path=path) from error
    except (Refused, struct.error, zlib.error, UnicodeDecodeError, ValueError) as error:
        said = f"refused as a .mat file: {str(error)[:200]}"
        mend = "take the file that the data set came with (MATLAB saves as needed with -v7)"
        raise ReposeError("bad-annotations", said, path=path, mend=mend) from error


def from_matlab(
    points: NDArray[np.floating], joint_set: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Convert joints that MATLAB counted in pixels from 1 into the 19 joints.

    Args:
        points: (F, K, 2) px; (0, 0), which no pixel has, and NaN where a joint was not found.
        joint_set: A key of `JOINT_SETS`.

    Returns:
        (F, 19, 3) px, pixel centres at integers + 0.5, z missing; and (F, 19) scores.
    """
    missing = ~np.isfinite(points).all(axis=-1) | (points == 0).all(axis=-1)
    # MATLAB's first pixel has its centre at 1; here it is at 0.5.
    there = np.asarray(np.where(missing[..., None], np.nan, points - 0.5))
    flat, score = convert(there, (~missing).astype(np.float32), joint_set)
    no_depth = np.full((*flat.shape[:-1], 1), np.nan, np.float32)
    return np.concatenate([flat, no_depth], axis=-1), score


@dataclass
class _Reader:
    """Walks through the elements of a file; every length is held against the bytes there are."""

    order: Literal["<", ">"] = "<"
    values: int = 0

    def find(self, path: Path, variable: str) -> Any:
        """Return the variable of that name."""
        size = path.stat().st_size
        if not _HEAD < size <= MOST_BYTES:
            raise Refused(f"it has {size:,} bytes, not {_HEAD + 1} to {MOST_BYTES:,}")
        data = memoryview(path.read_bytes())
        self.order = _order(bytes(data[:_HEAD]))
        names = []
        for body in self._variables(data[_HEAD:]):
            parts = self._elements(body)
            flags, shape, name = self._facts(parts)
            names.append(name)
            if name == variable:
                return self._value(flags, shape, parts, 0)
        raise Refused(f"no variable '{variable}', but {', '.join(names)[:80] or 'nothing'}")

    def _variables(self, data: memoryview) -> Iterator[memoryview]:
        unfolded = 0
        for kind, body in self._elements(data):
            if kind == _PACKED:
                plain = _unfold(body, MOST_UNFOLDED - unfolded)
                unfolded += len(plain)
                kind, body = next(self._elements(memoryview(plain)), (0, body))
            if kind != _MATRIX:
                raise Refused(f"an element of kind {kind} in place of a variable")
            yield body

    def _elements(self, data: memoryview) -> Iterator[tuple[int, memoryview]]:
        """Give kind and bytes of each element that stands in a row."""
        at = 0
        while at < len(data):
            kind, size = struct.unpack_from(self.order + "II", data, at)
            if kind >> 16:  # a small one: both in four bytes, the data in the other four
                kind, size, begin, after = kind & 0xFFFF, kind >> 16, at + 4, at + 8
                if size > 4:
                    raise Refused(f"a small element of {size} bytes")
            else:
                begin = at + 8
                after = begin + size + (0 if kind == _PACKED else -size % 8)
            if begin + size > len(data):
                raise Refused("it is cut short")
            yield kind, data[begin : begin + size]
            at = after

    def _facts(self, parts: Iterator[tuple[int, memoryview]]) -> tuple[int, tuple[int, ...], str]:
        (_, flags), (kind, sizes), (_, name) = (self._next(parts) for _ in range(3))
        if len(flags) != 8 or kind != 5 or len(sizes) % 4:
            raise Refused("an array that does not say what it is")
        shape = struct.unpack(f"{self.order}{len(sizes) // 4}i", sizes)
        if not 2 <= len(shape) <= 8 or min(shape) < 0:
            raise Refused(f"an array of shape {shape[:8]}")
        return struct.unpack(self.order + "I", flags[:4])[0], shape, bytes(name).decode("latin-1")

    def _next(self, parts: Iterator[tuple[int, memoryview]]) -> tuple[int, memoryview]:
        found = next(parts, None)
        if found is None:
            raise Refused("a value is missing")
        return found

    def _value(
        self,
        flags: int,
        shape: tuple[int, ...],
        parts: Iterator[tuple[int, memoryview]],
        level: int,
    ) -> Any:
        kind = flags & 0xFF
        if kind == _CELL:
            return [self._inner(parts, level) for _ in range(self._count(shape))]
        if kind == _STRUCT:
            return self._struct(shape, parts, level)
        if kind != _CHAR and (kind not in _NUMERIC or flags & _COMPLEX):
            raise Refused(_KINDS.get(kind, "complex numbers"))
        stored, data = self._next(parts)
        if kind == _CHAR:
            return self._text(stored, data)
        if stored not in _NUMBERS:
            raise Refused(f"numbers of kind {stored}")
        numbers = np.frombuffer(data, np.dtype(_NUMBERS[stored]).newbyteorder(self.order))
        if numbers.size != math.prod(shape):
            raise Refused(f"{numbers.size} numbers for the shape {shape}")
        return numbers.reshape(shape, order="F").astype(np.float64)

    def _struct(
        self, shape: tuple[int, ...], parts: Iterator[tuple[int, memoryview]], level: int
    ) -> Struct:
        (_, length), (_, names) = self._next(parts), self._next(parts)
        size = struct.unpack(self.order + "i", length)[0]
        if size < 1 or len(names) % size:
            raise Refused("a struct whose fields have no names")
        fields = [
            bytes(names[at : at + size]).split(b"\0")[0].decode("latin-1")
            for at in range(0, len(names), size)
        ]
        if len(set(fields)) < len(fields):
            raise Refused("a struct with a field twice")
        count = self._count(shape)
        return [{name: self._inner(parts, level) for name in fields} for _ in range(count)]

    def _inner(self, parts: Iterator[tuple[int, memoryview]], level: int) -> Any:
        if level >= MOST_LEVELS:
            raise Refused(f"more than {MOST_LEVELS} levels")
        kind, body = self._next(parts)
        if kind != _MATRIX:
            raise Refused(f"an element of kind {kind} in place of a value")
        self._count((1,))
        if not len(body):  # so an empty value is written
            return np.empty((0, 0))
        inside = self._elements(body)
        flags, shape, _ = self._facts(inside)
        return self._value(flags, shape, inside, level + 1)

    def _count(self, shape: tuple[int, ...]) -> int:
        count = math.prod(shape)
        self.values += count
        if self.values > MOST_VALUES:
            raise Refused(f"more than {MOST_VALUES:,} values")
        return count

    def _text(self, stored: int, data: memoryview) -> str:
        if stored not in _TEXTS:
            raise Refused(f"a text of kind {stored}")
        ending = "" if stored in (1, 2, 16) else {"<": "-le", ">": "-be"}[self.order]
        return bytes(data).decode(_TEXTS[stored] + ending)


def _order(head: bytes) -> Literal["<", ">"]:
    if head.startswith(b"MATLAB 7.3") or head.startswith(b"\x89HDF"):
        raise Refused("version 7.3, which is another format")
    for ending, mark in _ORDERS:
        if head[126:128] == mark and struct.unpack(f"{ending}H", head[124:126])[0] == 0x100:
            return ending
    raise Refused("it does not begin like one")


def _unfold(body: memoryview, most: int) -> bytes:
    machine = zlib.decompressobj()
    plain = machine.decompress(body, max(most, 1))
    if machine.unconsumed_tail or len(plain) > most:
        raise Refused(f"it unfolds to more than {MOST_UNFOLDED:,} bytes")
    if not machine.eof:
        raise Refused("it is cut short")
    return plain
