"""Frames per second and core out of a pack, in random order, at 256 px.

python -m benchmarks.packs
"""

import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut, coffee

from repose.data.packs import Pack, PackWriter, encode
from repose.stages import studio
from repose.video import Decoding

SIZE = 256  # px
COUNT = 96
ROUNDS = 7


def film(folder: Path) -> list[np.ndarray]:
    """Take the frames of four Studio clips, as the demo stores them."""
    config = studio.Config(
        people=2,
        outfits=2,
        test_people=1,
        seconds=2.0,
        fps=6.0,
        size=SIZE,
        seed=0,
        supersample=2,
        mesh_pitch_mm=11.0,
        shadows=True,
    )
    studio.run(config, shard=0, shards=1, output=folder)
    return [p.image for path in sorted(folder.glob("*.mp4")) for p in Decoding(path)]


def photographs() -> list[np.ndarray]:
    """Cut squares out of sharp photographs: the hardest that a pack may hold."""
    rng, photos = np.random.default_rng(0), (astronaut(), coffee())
    images = []
    for i in range(COUNT):
        photo = photos[i % len(photos)]
        top, left = (int(rng.integers(0, edge - SIZE)) for edge in photo.shape[:2])
        images.append(photo[top : top + SIZE, left : left + SIZE].copy())
    return images


def psnr(images: list[np.ndarray], again: list[np.ndarray]) -> float:
    error = np.mean((np.stack(images).astype(float) - np.stack(again)) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def rate(pack: Pack, index: list[tuple[int, int, str]]) -> float:
    """Return the images per CPU second, read in random order; median over rounds."""
    rng, times = np.random.default_rng(0), []
    for _ in range(ROUNDS):
        began = time.process_time()
        for i in rng.permutation(len(index)):
            pack.image(*index[i])
        times.append(time.process_time() - began)
    return float(len(index) / np.median(times))


def race(images: list[np.ndarray], codec: str, path: Path) -> None:
    with PackWriter(path) as writer:
        index = [writer.add(encode(image, codec)) for image in images]
    pack = Pack(path)
    again = [pack.image(*entry) for entry in index]
    trusting = rate(pack, [(offset, length, "") for offset, length, _ in index])
    print(
        f"    {codec:4s} {path.stat().st_size / len(images) / 1e3:6.1f} KB/frame, "
        f"PSNR {psnr(images, again):.1f} dB: {trusting:.0f}/s, "
        f"with sha256 verified {rate(pack, index):.0f}/s"
    )


def main() -> None:
    cv2.setNumThreads(1)
    print(f"frames per second and core out of a pack (CPU time), {SIZE} px")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, images in (
            ("Studio", film(folder / "studio")),
            ("sharp photographs", photographs()),
        ):
            print(f"  {len(images)} frames, {title}")
            for codec in ("jpeg", "png"):
                race(images, codec, folder / f"{codec}.pack")


if __name__ == "__main__":
    main()
