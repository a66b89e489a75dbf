"""iPER in its official layouts and quirks, with Studio's people in it; and what others share.

Each joint is a pixel of its own colour, by which a test finds it again.
"""

import colorsys
import pickle
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from repose.skeleton import JOINT, JOINT_SETS, JOINTS
from repose.studio.clip import choreograph, shoot
from repose.studio.mesh import make_figure
from repose.studio.outfits import draw_outfit
from repose.studio.people import draw_person
from repose.studio.room import make_camera, make_room
from repose.studio.shadows import hang_lamp
from tests.films import film

SIDE = 128


@dataclass(frozen=True)
class Shot:
    """One frame of the studio.

    image (H, W, 3) RGB; pixels (19, 2) whole columns and rows of the joints; mm (19, 3) camera
    axes; focal px.
    """

    image: np.ndarray
    pixels: np.ndarray
    mm: np.ndarray
    focal: float

    @property
    def z_px(self):
        depth = self.mm[:, 2]
        pelvis = depth[JOINT["pelvis"]]
        return (depth - pelvis) * self.focal / pelvis

    def seen(self, joint):
        """Whether no other joint lies on the same pixel."""
        return (self.pixels == self.pixels[joint]).all(axis=1).sum() == 1

    def arranged(self, joint_set, values, filling):
        """Put values of the 19 joints into another set's order."""
        return np.array([values[JOINT[n]] if n != "-" else filling for n in JOINT_SETS[joint_set]])


def colour(joint):
    return np.array([255 * c for c in colorsys.hsv_to_rgb(joint / len(JOINTS), 1, 1)], np.uint8)


@cache
def shots(person=0, count=4, size=SIDE):
    """Film a person who moves freely; the neck and pelvis lie between shoulders and hips."""
    figure = make_figure(draw_person(person), draw_outfit(person, False, 0), 0.03)
    lamp = hang_lamp(make_room(make_camera(size), person))
    take = choreograph(figure, "free", count, 2.0, person)
    frames = shoot(figure, take, lamp, supersample=1, shadows=False)
    camera = lamp.room.camera
    return [
        _shot(frame.image, camera.to_camera(joints) * 1000, camera.intrinsics)
        for frame, joints in zip(frames, take.joints, strict=True)
    ]


def _shot(image, mm, intrinsics):
    points = mm @ intrinsics.T
    pixels = np.floor(points[:, :2] / points[:, 2:]).astype(int)
    drawn = image.copy()
    for joint, (x, y) in enumerate(pixels):
        drawn[y, x] = colour(joint)
    return Shot(drawn, pixels, mm, float(intrinsics[0, 0]))


def save(path, shot, side=None):
    """Write the frame; side is for larger images, each pixel repeated."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = (side or SIDE) // SIDE
    image = shot.image.repeat(times, 0).repeat(times, 1)
    settings = [cv2.IMWRITE_JPEG_QUALITY, 100, cv2.IMWRITE_JPEG_SAMPLING_FACTOR]
    settings += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    assert cv2.imwrite(str(path), image[..., ::-1], settings if path.suffix == ".jpg" else [])
    return path


def junk(folder):
    """What systems leave behind."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / "._1.jpg").write_bytes(b"\0\5\x16\7")
    (folder / ".AppleDouble").mkdir(exist_ok=True)


def assert_at_pixels(layout, shot_of, derived=()):
    """Find every joint that came back at the centre of the pixel that has its colour.

    Args:
        layout: What was read.
        shot_of: Gives the shot that a still shows.
        derived: Names of joints that the data set does not have.

    Returns:
        How many joints were found.
    """
    stills = {(still.clip, still.frame): still for still in layout.stills}
    found = 0
    for pose in layout.poses:
        still = stills[pose.clip, pose.frame]
        shot = shot_of(still)
        image = cv2.imread(str(still.path), cv2.IMREAD_COLOR_RGB)
        scale = len(image) / SIDE
        for joint, (x, y) in enumerate(pose.joints_px[:, :2]):
            if np.isnan(x) or JOINTS[joint] in derived or not shot.seen(joint):
                continue
            np.testing.assert_allclose((x, y), (shot.pixels[joint] + 0.5) * scale, atol=1e-3)
            apart = np.abs(image[int(y), int(x)].astype(int) - colour(joint))
            assert apart.max() <= (0 if still.path.suffix == ".png" else 40)
            found += 1
    return found


# Person, outfit, action; number of frames; where the videos' lists put the outfit.
IPER = (
    ("001", "1", "1", 4, "train"),
    ("001", "1", "2", 4, "train"),
    ("001", "9", "1", 4, "val"),
    ("001", "9", "2", 4, "val"),
    ("002", "1", "1", 4, "valid"),
    ("030", "2", "1", 4, "train"),
)


def iper_lists(folder, valid=True):
    folder.mkdir(parents=True, exist_ok=True)
    lines = {name: [] for name in ("train", "valid", "val")}
    for person, outfit, action, _, split in IPER:
        lines[split].append(f"{person}/{outfit}/{action}")
        if split == "valid":  # the release knows two parts only
            lines["train"].append(f"{person}/{outfit}/{action}")
    for name in ("train", "val", *(["valid"] if valid else [])):
        (folder / f"{name}.txt").write_text("\r\n".join(lines[name]) + "\r\n")


def iper_videos(folder):
    iper_lists(folder, valid=False)
    for person, outfit, action, count, _ in IPER:
        path = folder / "iPER_256_video_release" / f"{person}_{outfit}_{action}.mp4"
        path.parent.mkdir(exist_ok=True)
        film(path, [shot.image for shot in shots(int(person), count)])
    junk(folder / "iPER_256_video_release")
    return folder


def iper_shot(still):
    """The shot that an image of either layout shows."""
    return shots(int(still.name.split("/")[0]))[still.frame % 4]


def iper_frames(folder):
    """Numbers from 0, of as many digits as each video needs; kinds and digits mixed."""
    iper_lists(folder)
    images = folder / "images"
    for person, outfit, action, count, _ in IPER:
        place = images / person / outfit / action
        for number in range(count):
            digits = 4 if person == "030" or number % 2 else 3
            name = f"{number:0{digits}d}{'.jpg' if number == 1 else '.png'}"
            save(place / name, shots(int(person))[number])
        junk(place)
    # Numbers past 9 come after 2, and one frame is gone.
    save(images / "001/1/1/10.png", shots(1)[10 % 4])
    (images / "001/1/2/002.png").unlink()
    save(images / "003/1/1/000.png", shots(3)[0])  # an outfit of a single frame
    junk(images / "001")
    return folder


def iper_poses():
    """Poses by person, outfit, action and frame, from 1; one frame has none."""
    tree = {}
    for person, outfit, action, count, _ in IPER:
        frames = tree.setdefault(person, {}).setdefault(outfit, {}).setdefault(action, {})
        for number in range(count):
            shot = shots(int(person))[number]
            joints = np.column_stack([2 * (shot.pixels + 0.5), 2 * shot.z_px])
            frames[f"{number + 1:04d}"] = joints
    del tree["001"]["9"]["2"]["0003"]
    return tree


def iper_knoche(folder, side=256):
    """Numbers from 1, of four digits; images of 256 px, to which the poses belong."""
    root = folder / "iPER"
    iper_lists(root)
    for person, outfit, action, count, _ in IPER:
        for number in range(count):
            name = f"{person}/{outfit}/{action}/{number + 1:04d}.png"
            save(root / "images" / name, shots(int(person))[number], side)
        junk(root / "images" / person / outfit / action)
    (root / "poses.pkl").write_bytes(pickle.dumps(iper_poses(), 2))
    return folder
