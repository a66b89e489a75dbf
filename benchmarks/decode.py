"""Frames per second and core of decoding a video into upright RGB pictures.

python -m benchmarks.decode
"""

import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from skimage.data import astronaut

from repose.video import Decoding

FRAMES = 90
WAYS = ((None, 0, "every frame"), (None, 256, "every frame, shrunk to 256 px"), (6.0, 0, "6 fps"))


def film(path: Path, width: int, height: int) -> None:
    """Pan over a photograph with some noise, 30 frames per second, H.264."""
    photo = cv2.resize(astronaut(), (width + FRAMES, height))
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for i in range(FRAMES):
            image = photo[:, i : i + width].astype(np.int16)
            image = (image + rng.integers(-4, 5, image.shape)).clip(0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(image)
            frame.pts, frame.time_base = i, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    print(f"{FRAMES} frames of H.264; source frames per CPU second, one thread")
    with tempfile.TemporaryDirectory() as folder:
        for width, height in ((1280, 720), (1920, 1080)):
            path = Path(folder) / "film.mp4"
            film(path, width, height)
            megabits = path.stat().st_size * 8 / 1e6 / (FRAMES / 30)
            print(f"  {width} x {height}, {megabits:.1f} Mbit/s")
            for rate, side, name in WAYS:
                times = []
                for _ in range(3):
                    began = time.process_time()
                    for _ in Decoding(path, rate, max_side=side):
                        pass
                    times.append(time.process_time() - began)
                print(f"    {name}: {FRAMES / np.median(times):.0f}/s")


if __name__ == "__main__":
    main()
