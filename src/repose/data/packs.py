"""Packs: many encoded images in one file, found by offset and length.

The index (offset, length, sha256 per image) is kept in a table, not in the pack.
"""

import hashlib
import mmap
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from repose.errors import ReposeError, nearest
from repose.files import whole
from repose.headers import declared_size
from repose.limits import MOST_PIXELS

_MEND = "delete it and run the stage that makes it again"

# 4:4:4 keeps colour at full size: clothes have thin coloured stripes. See the PSNR and speed
# that benchmarks/packs.py prints.
CODECS = {
    "jpeg": (
        ".jpg",
        (
            cv2.IMWRITE_JPEG_QUALITY,
            95,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        ),
    ),
    "png": (".png", (cv2.IMWRITE_PNG_COMPRESSION, 1)),
}

# First and last bytes of a whole file: a decoder fills the rest of a cut one with grey.
_ENDS = ((b"\xff\xd8\xff", b"\xff\xd9"), (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"))


def encode(image: np.ndarray, codec: str) -> bytes:
    """Encode an image.

    Args:
        image: (H, W, 3) uint8, RGB.
        codec: `jpeg` (quality 95, 4:4:4) or `png` (lossless).
    """
    if codec not in CODECS:
        raise ReposeError("unknown-codec", f"no codec '{codec}'", mend=nearest(codec, CODECS))
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"an image must be (H, W, 3) uint8, not {image.shape} {image.dtype}")
    extension, settings = CODECS[codec]
    done, data = cv2.imencode(extension, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)
    if not done:
        raise ValueError(f"cannot encode an image of shape {image.shape} as {codec}")
    return data.tobytes()


def decode(data: bytes | memoryview) -> np.ndarray:
    """Decode an image of either codec.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        ReposeError: bad-image, when the bytes are not a whole image, or one of too many pixels.
    """
    image = None
    if any(data[: len(first)] == first and data[-len(last) :] == last for first, last in _ENDS):
        _check_size(data)
        try:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        except cv2.error:
            image = None
    if image is None:
        raise ReposeError("bad-image", f"{len(data)} bytes that are not a whole image")
    return image


def _check_size(data: bytes | memoryview) -> None:
    """Refuse an image that would fill the memory, before it does."""
    width, height = declared_size(data) or (0, 0)
    if width * height > MOST_PIXELS:
        message = f"an image of {width} x {height} px, where at most {MOST_PIXELS:,} px are read"
        raise ReposeError("bad-image", message)


class PackWriter:
    """Write a pack, whole: `with PackWriter(path) as pack: pack.add(data)`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stack = ExitStack()
        self._size = 0

    def __enter__(self) -> "PackWriter":
        """Open a file beside the pack's own name."""
        beside = self._stack.enter_context(whole(self.path))
        self._file = self._stack.enter_context(beside.open("wb"))
        return self

    def add(self, data: bytes) -> tuple[int, int, str]:
        """Append the bytes of one image.

        Returns:
            Offset and length in bytes, and the sha256 in hex.
        """
        offset = self._size
        self._file.write(data)
        self._size += len(data)
        return offset, len(data), hashlib.sha256(data).hexdigest()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the pack its name, or remove what was written if the block failed."""
        self._stack.__exit__(kind, error, trace)


class Pack:
    """Read images from a pack in any order. It may be passed to worker processes.

    Args:
        path: The pack.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                # An empty file cannot be mapped; it has nothing to read either.
                empty = file.seek(0, 2) == 0
                self._bytes: bytes | mmap.mmap = (
                    b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                )
        except FileNotFoundError as error:
            raise ReposeError(
                "missing-file", "no such pack", path=path, mend="run the stage that makes it"
            ) from error

    def __reduce__(self) -> tuple[type["Pack"], tuple[Path]]:
        """Travel to another process as a path: a mapping cannot."""
        return Pack, (self.path,)

    def read(self, offset: int, length: int, sha256: str = "", of: str = "image") -> bytes:
        """Return the bytes of one image.

        Args:
            offset: Where it begins.
            length: How many bytes it has.
            sha256: The hash to verify, or "" to trust the bytes.
            of: Whose image it is: many clips lie in one pack, and an error names the one.

        Raises:
            ReposeError: bad-pack, when the pack ends before or the hash differs.
        """
        data = self._bytes[offset : offset + length]
        if offset < 0 or len(data) != length:
            raise self._bad(
                f"ends at {len(self._bytes)}, before {offset + length}, the end of {of}"
            )
        if sha256 and hashlib.sha256(data).hexdigest() != sha256:
            raise self._bad(f"{of} (at {offset}) is not what was written")
        return data

    def image(self, offset: int, length: int, sha256: str = "", of: str = "image") -> np.ndarray:
        """Return one image, (H, W, 3) uint8 RGB; otherwise as `read`."""
        data = self.read(offset, length, sha256, of)
        try:
            return decode(data)
        except ReposeError as error:
            raise self._bad(f"{of} (at {offset}) is damaged ({error.message})") from error

    def _bad(self, message: str) -> ReposeError:
        return ReposeError("bad-pack", message, path=self.path, mend=_MEND)
