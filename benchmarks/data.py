"""A made set of crops for benchmarks: one photograph, one standing pose, moved about."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from skimage.data import astronaut

from repose.data.packs import PackWriter, encode
from repose.data.tables import vectors, write_table
from repose.skeleton import JOINTS

# A person who stands and faces the camera, (x, y, z) in thousandths of the image's side.
STANDING = np.array(
    [
        [500, 270, 0],
        [500, 200, -30],
        [600, 290, 0],
        [660, 420, 10],
        [680, 530, -30],
        [560, 520, 0],
        [570, 700, -20],
        [570, 880, 10],
        [400, 290, 0],
        [340, 420, 20],
        [330, 530, -20],
        [440, 520, 0],
        [430, 700, -10],
        [430, 880, 20],
        [520, 180, -20],
        [540, 190, 10],
        [480, 180, -20],
        [460, 190, 10],
        [500, 520, 0],
    ]
)


def make_crops(folder: Path, size: int, people: int = 8, frames: int = 16) -> Path:
    """Write a folder of crops as the crops stage does.

    Args:
        folder: To be made.
        size: Side of the square crops, px.
        people: Each with one clip.
        frames: Per clip.
    """
    random = np.random.default_rng(0)
    photo = cv2.resize(astronaut(), (size, size), interpolation=cv2.INTER_AREA)
    folder.mkdir(parents=True)
    rows = []
    with PackWriter(folder / "crops.pack") as pack:
        for person in range(people):
            for frame in range(frames):
                image = np.roll(photo, random.integers(0, size, 2), axis=(0, 1))
                stored = pack.add(encode(image, "jpeg"))
                rows.append((f"clip{person}", frame, f"p{person}", *stored))
    table = pd.DataFrame(
        rows, columns=["clip", "frame", "person", "offset", "length", "sha256"]
    ).assign(outfit="one", action="", split="train", usable=True, left=0.0, top=0.0, side=1.0)
    joints = STANDING * size / 1000 + random.normal(0, 0.02 * size, (len(rows), *STANDING.shape))
    table["joints_px"] = table["joints_mm"] = vectors(joints)
    table["score"] = vectors(np.ones((len(rows), len(JOINTS))))
    write_table(table, folder / "crops.parquet", "crops", {})
    return folder
