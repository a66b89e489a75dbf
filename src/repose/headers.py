"""What an encoded image says of its size and kind, read before anything makes room for it."""

import struct
from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
# JPEG: markers that stand alone, and those that begin a frame and so carry its size.
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APP1, _SCAN = 0xE1, 0xDA
_ORIENTATION = 0x112  # tag in Exif facts


def declared_size(data: bytes | memoryview) -> tuple[int, int] | None:
    """Return the width and height that a PNG or JPEG image declares; None when it does not."""
    head = bytes(data[:24])
    if head.startswith(_PNG):
        return struct.unpack(">II", head[16:24]) if head[12:16] == b"IHDR" else None
    return _jpeg_size(data) if head.startswith(b"\xff\xd8") else None


def is_plain(data: bytes) -> bool:
    """Tell whether an image is RGB of 8 bits and lies upright, so that it is shown as stored.

    Args:
        data: A PNG or JPEG image. One that carries Exif facts counts as plain only if it does not
            say how it must be turned.
    """
    if data.startswith(_PNG):
        eight_bit_rgb = data[24:26] == b"\x08\x02"
        return eight_bit_rgb and not any(kind == b"eXIf" for kind in _png_chunks(data))
    frame = exif = b""
    for marker, segment in _jpeg_segments(data):
        if marker in _FRAMES:
            frame = segment
        elif marker == _APP1 and segment.startswith(b"Exif\0\0"):
            exif = segment[6:]
    return frame[:1] == b"\x08" and frame[5:6] == b"\x03" and _orientation(exif) == 1


def _png_chunks(data: bytes) -> Iterator[bytes]:
    at = len(_PNG)
    while at + 8 <= len(data):
        yield data[at + 4 : at + 8]
        at += 12 + struct.unpack(">I", data[at : at + 4])[0]


def _orientation(exif: bytes) -> int:
    """Read tag 0x112 of the first list of facts (TIFF 6.0); 1, upright, where it is not there."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return 1
    at = struct.unpack(order + "I", exif[4:8])[0]
    for entry in range(at + 2, min(len(exif), at + 2 + 12 * 256) - 11, 12):
        if struct.unpack(order + "H", exif[entry : entry + 2])[0] == _ORIENTATION:
            return int(struct.unpack(order + "H", exif[entry + 8 : entry + 10])[0])
    return 1


def _jpeg_size(data: bytes | memoryview) -> tuple[int, int] | None:
    for marker, segment in _jpeg_segments(data):
        if marker in _FRAMES and len(segment) >= 5:
            height, width = struct.unpack(">HH", segment[1:5])
            return width, height
    return None


def _jpeg_segments(data: bytes | memoryview) -> Iterator[tuple[int, bytes]]:
    """Give each marker and what stands behind its length, as far as the coded pixels."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker == _SCAN:  # coded pixels follow
            return
        else:
            length = struct.unpack(">H", bytes(data[at + 2 : at + 4]))[0]
            yield marker, bytes(data[at + 4 : at + 2 + length])
            at += 2 + length
