"""Small videos for tests, whose frames carry their number in black and white blocks."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

BITS = 6
BLOCK = 16  # px; a macroblock, so that every codec keeps it


def picture(number: int, width: int = 96, height: int = 64) -> np.ndarray:
    """Colours that differ in all four corners, and the number in blocks along the middle."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = (220, 40, 40)
    image[: height // 2, width // 2 :] = (40, 200, 40)
    image[height // 2 :, : width // 2] = (40, 40, 220)
    image[height // 2 :, width // 2 :] = (200, 200, 40)
    for bit in range(BITS):
        image[BLOCK : 2 * BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = 255 * (number >> bit & 1)
    return image


def number_in(image: np.ndarray) -> int:
    """Read the number back."""
    middle = BLOCK + BLOCK // 2
    values = [image[middle, bit * BLOCK + BLOCK // 2].mean() > 128 for bit in range(BITS)]
    return sum(int(value) << bit for bit, value in enumerate(values))


def film(
    path: Path,
    images: Sequence[np.ndarray],
    *,
    codec: str = "libx264",
    pixels: str = "yuv444p",
    times_ms: Sequence[int] | None = None,
    aspect: int = 1,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a video of 10 frames per second, or with a frame at each of the times."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=10)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pixels
        if times_ms is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if aspect != 1:
            stream.codec_context.sample_aspect_ratio = Fraction(aspect)
        for i, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image)
            frame.pts = times_ms[i] if times_ms is not None else i
            frame.time_base = Fraction(1, 10 if times_ms is None else 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbered(path: Path, count: int = 12, **settings) -> Path:
    """Write a video of numbered pictures."""
    return film(path, [picture(number) for number in range(count)], **settings)


def sound(path: Path) -> Path:
    """Write a second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), "fltp", "mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def set_matrix(path: Path, a: int, b: int, c: int, d: int) -> Path:
    """Write a display matrix into the track header: x' = a x + c y, y' = b x + d y."""
    data = bytearray(path.read_bytes())
    # ISO 14496-12, 8.3.2: after the box's name come 40 bytes, then the matrix in 16.16.
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 36] = struct.pack(
        ">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30
    )
    path.write_bytes(data)
    return path


def cut(path: Path, share: float = 0.5) -> Path:
    """Keep only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path
