"""One decoded frame to an upright RGB picture with square pixels."""

from dataclasses import dataclass

import numpy as np
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation
from av.video.stream import VideoStream

_UNSPECIFIED = 2  # ffmpeg's AVCOL_SPC_UNSPECIFIED


@dataclass(frozen=True)
class Orientation:
    """How a stored picture must be turned to stand upright: one of eight ways.

    Args:
        rotation: First a turn to the right, in degrees: 0, 90, 180 or 270.
        mirrored: Then left and right are swapped.
    """

    rotation: int = 0
    mirrored: bool = False

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Turn an image (H, W, 3); the result lies in one piece in memory."""
        turned = np.rot90(image, -self.rotation // 90)
        return np.ascontiguousarray(turned[:, ::-1] if self.mirrored else turned)


def upright_image(frame: VideoFrame, stream: VideoStream, max_side: int) -> np.ndarray:
    """Return the picture as it is meant to be seen.

    Args:
        frame: A decoded frame of any pixel format and depth.
        stream: The stream it comes from, which knows the shape of its pixels.
        max_side: The longer side is shrunk to this, px; 0 keeps it.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    width, height = _square_size(frame, stream, max_side)
    shrinks = width < frame.width or height < frame.height
    how = Interpolation.AREA if shrinks else Interpolation.BILINEAR
    # Matrix and range come with the frame; where nothing is said, players take BT.709 for HD.
    hd = frame.colorspace == _UNSPECIFIED and min(frame.width, frame.height) >= 720
    rgb = frame.reformat(
        width=width,
        height=height,
        format="rgb24",
        src_colorspace=Colorspace.ITU709 if hd else None,
        # Without these two chroma is not interpolated: faster, and coloured edges are ragged.
        interpolation=how | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
        threads=1,
    )
    return orientation(frame).apply(rgb.to_ndarray())


def orientation(frame: VideoFrame) -> Orientation:
    """Read the display matrix: x' = a x + c y, y' = b x + d y, axes right and down."""
    data = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]
    if data is None:
        return Orientation()
    a, b, _, c, d = np.frombuffer(data, np.int32)[:5].astype(np.int64)
    mirrored = a * d - b * c < 0
    if mirrored:  # undo the swap of left and right, which comes last
        a, c = -a, -c
    turn = np.degrees(np.arctan2(b - c, a + d))
    return Orientation(int(round(turn / 90) * 90 % 360), bool(mirrored))


def upright_size(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Return the width and height of the upright picture, px."""
    width, height = _square_size(frame, stream, max_side=0)
    return (height, width) if orientation(frame).rotation % 180 else (width, height)


def _square_size(frame: VideoFrame, stream: VideoStream, max_side: int) -> tuple[int, int]:
    """Return width and height, as stored, once pixels are square and the picture small enough."""
    aspect = float(stream.sample_aspect_ratio or 1) or 1.0
    width, height = frame.width * aspect, float(frame.height)
    scale = min(1.0, max_side / max(width, height)) if max_side else 1.0
    return max(1, round(width * scale)), max(1, round(height * scale))


def luma(frame: VideoFrame) -> np.ndarray:
    """Return the used bytes of the first plane: brightness, or the whole of an RGB picture."""
    plane, form = frame.planes[0], frame.format
    bits = form.padded_bits_per_pixel if len(frame.planes) == 1 else form.components[0].bits
    used = plane.width * (-(-bits // 8))
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, abs(plane.line_size))
    return rows[: plane.height, :used]
