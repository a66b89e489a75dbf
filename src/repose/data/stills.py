"""Image files of a user's own: read whole, checked, and kept as they are where that can be."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from repose.data.packs import decode, encode
from repose.errors import ReposeError
from repose.headers import is_plain

_MEND = "copy it again, or skip its clip with ingest.on_bad_clip"


@dataclass(frozen=True)
class StillFile:
    """The bytes of an image file, and what they show.

    Args:
        data: The file, without blanks after its end.
        sha256: Of the file as it lies there.
        image: (H, W, 3) uint8 RGB, upright.
    """

    data: bytes
    sha256: str
    image: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        return self.image.shape[1], self.image.shape[0]


def read_still(path: Path) -> StillFile:
    """Read an image file.

    Raises:
        ReposeError: missing-file, empty-file or bad-image, naming the file.
    """
    try:
        stored = path.read_bytes()
    except FileNotFoundError as error:
        raise ReposeError("missing-file", "no such image", path=path, mend=_MEND) from error
    if not stored:
        raise ReposeError("empty-file", "no bytes", path=path, mend=_MEND)
    # Some programs fill up the last block; the image is whole all the same.
    data = stored.rstrip(b"\0\r\n")
    try:
        image = decode(data)
    except ReposeError as error:
        raise ReposeError(error.code, error.message, path=path, mend=_MEND) from error
    return StillFile(data, hashlib.sha256(stored).hexdigest(), image)


def pack_still(still: StillFile, codec: str, max_side: int) -> tuple[bytes, tuple[int, int]]:
    """Return the bytes that go into a pack, and their width and height.

    They are the file's own, so that no image loses by being coded twice, unless it is larger than
    it may be, must be turned, or is no RGB image of 8 bits.

    Args:
        still: The file.
        codec: How it is coded otherwise.
        max_side: The longer side it may have, px; 0 for any.
    """
    longer = max(still.size)
    if max_side and longer > max_side:
        size = (max(1, round(side * max_side / longer)) for side in still.size)
        image = cv2.resize(still.image, tuple(size), interpolation=cv2.INTER_AREA)
        return encode(np.asarray(image, np.uint8), codec), (image.shape[1], image.shape[0])
    return (still.data if is_plain(still.data) else encode(still.image, codec)), still.size
