"""A small data set that comes as images, with poses in the image plane and lists of pairs.

Four people in one outfit each, four images of 88 x 128 px; the last person is kept for the test.
No pose has a depth; in the third image the legs cannot be seen, and the fourth has no pose.
"""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from repose import datasets
from repose.datasets.base import Card, GivenPose, Layout, OfficialPair, Still
from repose.datasets.listing import Clip
from repose.skeleton import JOINT, JOINTS
from tests.poses.made import standing_mm

WIDTH, HEIGHT = 88, 128
PEOPLE = ("ann", "bob", "cid", "dee")
IMAGES = 4
LEGS = [JOINT[f"{side}_{joint}"] for side in "lr" for joint in ("knee", "ankle")]
# One pair is of the image without a pose; the order is nobody's but the list's.
TEST_PAIRS = ((2, 0), (0, 1), (1, 3), (1, 0))
TRAIN_PAIRS = ((0, 1), (2, 1))


def joints_px(image: int) -> np.ndarray:
    """Return the 2D pose in an image, (19, 3) px; z is NaN."""
    joints = standing_mm(0.4 * image) * (100 / 1600) + [WIDTH / 2 + image, 60, 0]
    joints[:, 2] = np.nan
    if image == 2:
        joints[LEGS] = np.nan
    return joints.astype(np.float32)


def draw(person: int, image: int) -> np.ndarray:
    """Draw one image, (H, W, 3) RGB: a figure of thick lines before noise."""
    noise = np.random.default_rng(10 * person + image).integers(0, 60, (HEIGHT, WIDTH, 3))
    picture = noise.astype(np.uint8)
    colour = tuple(int(v) for v in np.random.default_rng(person).integers(100, 256, 3))
    for joint in joints_px(0 if image == 2 else image):
        cv2.circle(picture, (int(joint[0]), int(joint[1])), 5, colour, -1)
    return picture


def brought(folder: Path, fps: float = 0.0) -> Layout:
    """Write the images, and say what the data set holds."""
    clips, stills, poses = [], [], []
    for number, person in enumerate(PEOPLE):
        place = folder / person
        place.mkdir(parents=True)
        split = "test" if number == len(PEOPLE) - 1 else "train"
        clips.append(Clip(person, place, person, f"{person}/red", "", split, None, fps=fps))
        for image in range(IMAGES):
            path = place / f"{image:02d}.jpg"
            picture = cv2.cvtColor(draw(number, image), cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
            stills.append(Still(person, image, f"{person}/{path.name}", path))
            if image != IMAGES - 1:
                nowhere = np.full((len(JOINTS), 3), np.nan, np.float32)
                joints = joints_px(image)
                score = np.isfinite(joints[:, 0]).astype(np.float32)
                poses.append(GivenPose(person, image, joints, nowhere, score))
    pairs = [
        OfficialPair(split, (person, source), (person, target))
        for split, person, listed in (("test", "dee", TEST_PAIRS), ("train", "bob", TRAIN_PAIRS))
        for source, target in listed
    ]
    return Layout(clips, stills, poses, pairs, notes=["4 images have no pose"])


def name_it(monkeypatch: pytest.MonkeyPatch, name: str, layout: Layout) -> None:
    """Make `ingest.dataset` know a data set that holds this, for one test."""
    card = Card(name, "", "", "", "", (), {"": ("*",)})
    module = SimpleNamespace(CARD=card, read=lambda folders, listing, chosen: layout)
    known = datasets._modules()
    monkeypatch.setattr(datasets, "_modules", lambda: known | {name: module})
