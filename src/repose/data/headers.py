"""What an encoded image says of its size, read before anything makes room for it."""

import struct

_PNG = b"\x89PNG\r\n\x1a\n"
# JPEG: markers that stand alone, and those that begin a frame and so carry its size.
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def declared_size(data: bytes | memoryview) -> tuple[int, int] | None:
    """Return the width and height that a PNG or JPEG image declares; None when it does not."""
    head = bytes(data[:24])
    if head.startswith(_PNG):
        return struct.unpack(">II", head[16:24]) if head[12:16] == b"IHDR" else None
    return _jpeg_size(data) if head.startswith(b"\xff\xd8") else None


def _jpeg_size(data: bytes | memoryview) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES:
            height, width = struct.unpack(">HH", bytes(data[at + 5 : at + 9]))
            return width, height
        else:
            at += 2 + struct.unpack(">H", bytes(data[at + 2 : at + 4]))[0]
    return None
