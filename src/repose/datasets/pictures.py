"""Image files of a data set, looked at where they lie, without decoding them."""

from pathlib import Path

from repose.headers import declared_size

ENDINGS = frozenset((".jpg", ".jpeg", ".png"))
HEADER_BYTES = 1 << 16  # enough for what most files say before their size

# First and last bytes of a whole file: a decoder fills the rest of a cut one with grey.
_ENDS = ((b"\xff\xd8\xff", b"\xff\xd9"), (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"))


def is_picture(path: Path) -> bool:
    """Tell by its name whether a file is an image that a data set means: no junk of a system."""
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


def size_of(path: Path) -> tuple[int, int] | None:
    """Return the width and height that an image file declares, px; None where it is none."""
    try:
        with path.open("rb") as file:
            head = file.read(HEADER_BYTES)
            return declared_size(head) or declared_size(head + file.read())
    except FileNotFoundError:
        return None


def is_whole(data: bytes) -> bool:
    """Tell by its first and last bytes whether a JPEG or PNG file is there to its end."""
    data = data.rstrip(b"\0\r\n")  # some programs fill up the last block
    return any(data.startswith(first) and data.endswith(last) for first, last in _ENDS)
