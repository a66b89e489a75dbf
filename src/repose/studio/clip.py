"""A clip: frames, an ordinary mp4 file, and its truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from repose.studio.mesh import Figure
from repose.studio.movements import Angles, mirrored, move_freely, turn_in_a_pose
from repose.studio.render import Frame, render
from repose.studio.shadows import Lamp
from repose.studio.stance import stand

Array = NDArray[np.floating]

# Without it libx264's macroblock tree differs from run to run on processors with AVX-512.
_REPEATABLE = {"x264-params": "cpu-independent=1"}

ACTIONS = {"turn": turn_in_a_pose, "free": move_freely}


@dataclass(frozen=True)
class Take:
    """A posed clip before it is rendered.

    Attributes:
        bones: (T, 2 bones, 4, 4) `world_from_rest`.
        joints: (T, 19, 3) world m.
    """

    bones: Array
    joints: Array


def choreograph(figure: Figure, action: str, frames: int, fps: float, seed: int) -> Take:
    """Pose a person for one of the two actions; a mirrored person moves mirrored."""
    angles: Angles = ACTIONS[action](frames, fps, seed)
    if figure.person.mirrored:
        angles = mirrored(angles)
    return Take(*stand(figure.rest, figure.person.build.height, angles))


def shoot(
    figure: Figure, take: Take, lamp: Lamp, *, supersample: int, shadows: bool
) -> Iterator[Frame]:
    """Render a take, frame by frame."""
    for index, (bones, joints) in enumerate(zip(take.bones, take.joints, strict=True)):
        yield render(figure, bones, joints, lamp, index, supersample=supersample, shadows=shadows)


def write_clip(path: Path, frames: Iterator[Frame], take: Take, lamp: Lamp, fps: float) -> None:
    """Write `path` (.mp4) and beside it the truth (.npz).

    The truth holds joints_mm (T, 19, 3) and intrinsics (3, 3) of the camera, labels and depth_mm
    (T, S, S), and the background (S, S, 3) uint8 without the person.
    """
    camera = lamp.room.camera
    labels, depths = [], []

    def pictures() -> Iterator[NDArray[np.uint8]]:
        for frame in frames:
            labels.append(frame.labels)
            depths.append(frame.depth_mm)
            yield frame.image

    _encode(path, pictures(), camera.size, fps)
    np.savez_compressed(
        path.with_suffix(".npz"),
        joints_mm=(1000 * camera.to_camera(take.joints)).astype(np.float32),
        intrinsics=camera.intrinsics,
        labels=np.stack(labels),
        depth_mm=np.stack(depths),
        background=(lamp.room.background * 255 + 0.5).astype(np.uint8),
    )


def _encode(path: Path, pictures: Iterator[NDArray[np.uint8]], size: int, fps: float) -> None:
    """Write pictures (S, S, 3) as H.264; equal pictures make equal bytes."""
    options = {"crf": "18", "preset": "veryfast", "threads": "1", **_REPEATABLE}
    rate = Fraction(fps).limit_denominator(1001)
    with av.open(path, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
