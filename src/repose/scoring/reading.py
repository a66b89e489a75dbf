"""One file of somebody's results: its bytes, its format, its size, and the image in it.

An image counts as it is: nothing is resized, turned or converted. Of a strip, which PATN's tests
write, the last picture is taken.
"""

import hashlib
import struct
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from repose.data.packs import decode
from repose.errors import ReposeError
from repose.headers import declared_size, is_plain
from repose.scoring.faults import Fault
from repose.scoring.names import is_strip

Image = NDArray[np.uint8]
Size = tuple[int, int]  # width and height, px

MOST_BYTES = 1 << 28  # of one file
MOST_PICTURES = 8  # in a strip
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_COLOURS = {0: "grey", 2: "", 3: "palette", 4: "alpha", 6: "alpha"}  # of PNG's header


@dataclass(frozen=True)
class Read:
    """What a file holds.

    Attributes:
        image: (H, W, 3) the generated picture; None where there is none to be had.
        sha256: Of the file's bytes.
        faults: What is wrong with it.
    """

    image: Image | None
    sha256: str
    faults: list[Fault]


def read(root: Path, name: str, sizes: Collection[Size]) -> Read:
    """Read a file.

    Args:
        root: The folder of the results.
        name: Of the file below it.
        sizes: Widths and heights that the benchmark can score.
    """
    path = root / name
    if (size := path.stat().st_size) > MOST_BYTES:
        return Read(None, "", [Fault("damaged", name, f"{size:,} bytes")])
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    faults = list(_format(name, data))
    if any(fault.kind in ("damaged", "format") for fault in faults):
        return Read(None, sha256, faults)
    declared = declared_size(data)
    if declared is None:
        return Read(None, sha256, [*faults, Fault("damaged", name, "it says no size")])
    pictures, wrong = _pictures(name, declared, sizes)
    faults += wrong
    if wrong:
        return Read(None, sha256, faults)
    try:
        image = decode(data)
    except ReposeError as error:
        return Read(None, sha256, [*faults, Fault("damaged", name, error.message)])
    if (image.shape[1], image.shape[0]) != declared:  # turned by what a camera noted
        return Read(None, sha256, [*faults, Fault("transposed", name, "by its Exif facts")])
    wide = image.shape[1] // pictures
    return Read(np.ascontiguousarray(image[:, -wide:]), sha256, faults)


def _format(name: str, data: bytes) -> list[Fault]:
    if data.startswith(_PNG):
        return _png(name, data)
    if data.startswith(_JPEG):
        said = "" if name.lower().endswith((".jpg", ".jpeg")) else "whatever its name says"
        plain = is_plain(data)
        return [Fault("jpeg", name, said), *([] if plain else [_not_plain(name, data)])]
    if not data:
        return [Fault("damaged", name, "no bytes")]
    known = data[:2] == b"BM" or data[:4] in (b"GIF8", b"II*\0", b"MM\0*", b"RIFF")
    return [Fault("format" if known else "damaged", name, "" if known else "no image")]


def _not_plain(name: str, data: bytes) -> Fault:
    """Say what makes a JPEG other than upright RGB of 8 bits."""
    size = declared_size(data)
    if size is None:
        return Fault("damaged", name, "it says no size")
    return Fault("grey", name, "one channel, four, or turned by its Exif facts")


def _png(name: str, data: bytes) -> list[Fault]:
    if said := _png_damage(data):
        return [Fault("damaged", name, said)]
    depth, colour = data[24], data[25]
    found = []
    if depth != 8 and colour != 3:
        found.append(Fault("depth", name, f"{depth} bits"))
    if kind := _COLOURS.get(colour, "damaged"):
        found.append(Fault(kind, name, "" if kind != "grey" else "one channel"))
    return found


def _png_damage(data: bytes) -> str:
    """Say where the chunks of a PNG are not whole; decoders fill in what they cannot read."""
    at, kind = len(_PNG), b""
    while kind != b"IEND":
        head = data[at : at + 8]
        if len(head) < 8:
            return f"it ends after {len(data):,} bytes, before the image does"
        length, kind = struct.unpack(">I4s", head)
        chunk = data[at + 4 : at + 8 + length]
        check = data[at + 8 + length : at + 12 + length]
        if len(check) < 4:
            return f"it ends after {len(data):,} bytes, before the image does"
        if zlib.crc32(chunk) != int.from_bytes(check, "big"):
            return f"its part {kind.decode('ascii', 'replace')} was changed"
        at += 12 + length
    return "" if data[12:16] == b"IHDR" else "no header"


def _pictures(name: str, size: Size, sizes: Collection[Size]) -> tuple[int, list[Fault]]:
    """Count the pictures side by side in an image; its faults where it is none, or no one."""
    if size in sizes:
        return 1, []
    width, height = size
    counts = {
        width // w
        for w, h in sizes
        if h == height and width % w == 0 and 2 <= width // w <= MOST_PICTURES
    }
    told = " or ".join(f"{w}x{h}" for w, h in sorted(sizes, reverse=True))
    said = f"{width}x{height} px, not {told}"
    if len(counts) == 1 and is_strip(name):
        return counts.pop(), []
    if counts:
        several = " or ".join(str(number) for number in sorted(counts))
        return 0, [Fault("strip", name, f"{said}: {several} pictures")]
    if (height, width) in sizes:
        return 0, [Fault("transposed", name, said)]
    return 0, [Fault("size", name, said)]
