"""DeepFashion and Market-1501 in their official layouts and quirks, with Studio's people in them.

Each of OpenPose's 18 joints carries a square of its own colour, by which a test finds it again.
"""

import colorsys
import csv
import json
import pickle
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np

from repose.datasets.fashion_names import FashionName
from repose.skeleton import JOINT, JOINT_SETS
from repose.studio.clip import choreograph, shoot
from repose.studio.mesh import make_figure
from repose.studio.outfits import draw_outfit
from repose.studio.people import draw_person
from repose.studio.room import make_camera, make_room
from repose.studio.shadows import hang_lamp

OPENPOSE = JOINT_SETS["openpose18"]
SIDE, LEFT, WIDTH = 256, 40, 176
DOT = 2  # px to each side of a joint's pixel
SHOTS = (("1", "front"), ("2", "side"), ("3", "back"))
# Gender, category, id, colour, split, person of the studio. The second shares the garment of the
# first and is in the other split, as 513 garments are in PATN's.
OUTFITS = (
    ("WOMEN", "Blouses_Shirts", "00000693", "02", "train", 1),
    ("WOMEN", "Blouses_Shirts", "00000693", "03", "test", 1),
    ("WOMEN", "Denim", "00001367", "03", "train", 3),
    ("MEN", "Denim", "00000080", "01", "test", 2),
    ("MEN", "Tees_Tanks", "00000390", "01", "train", 4),
)


@dataclass(frozen=True)
class Shot:
    """One image with its joints: (18, 2) whole columns and rows, -1 where missing."""

    image: np.ndarray
    joints: np.ndarray


def colour(joint):
    """A colour per joint that the studio does not paint with."""
    return np.array([255 * c for c in colorsys.hsv_to_rgb(joint / len(OPENPOSE), 1, 1)])


def dotted(image, joints):
    """Draw the squares on a pale image; a later joint lies over an earlier one."""
    drawn = (0.3 * image + 0.7 * image.mean(axis=-1, keepdims=True)).astype(np.uint8)
    for number, (x, y) in enumerate(joints):
        if x >= 0:
            drawn[y - DOT : y + DOT + 1, x - DOT : x + DOT + 1] = colour(number)
    return drawn


def found(image, joint, near, scale=1.0):
    """Find the middle of a joint's square: px, or None where others cover it or it is far."""
    left, top = (max(0, int(at - 12 * scale)) for at in near)
    around = image[top : int(near[1] + 12 * scale), left : int(near[0] + 12 * scale)]
    alike = np.abs(around.astype(float) - colour(joint)).max(axis=-1) < 70
    rows, columns = np.nonzero(alike)
    if len(rows) < 0.9 * (scale * (2 * DOT + 1)) ** 2:
        return None
    return np.array([left + columns.mean() + 0.5, top + rows.mean() + 0.5])


@cache
def film(person, outfit, frames=3, size=SIDE):
    """A person of the studio who turns: (T, S, S, 3) uint8 and (T, 19, 2) px."""
    who = draw_person(person)
    figure = make_figure(who, draw_outfit(person, who.build.female > 0, outfit), 0.03)
    lamp = hang_lamp(make_room(make_camera(size), person))
    take = choreograph(figure, "turn", frames, 1.0, person)
    images = [frame.image for frame in shoot(figure, take, lamp, supersample=1, shadows=False)]
    return np.stack(images), lamp.room.camera.to_image(take.joints)[0]


@cache
def shots():
    """Every image of the made data set, by name; the last of each outfit lacks its right wrist."""
    made = {}
    for gender, category, number, outfit, _, person in OUTFITS:
        images, joints = film(person, int(outfit))
        for image, points, (shot, view) in zip(images, joints, SHOTS, strict=True):
            whole = np.array([np.floor(points[JOINT[name]]) for name in OPENPOSE]).astype(int)
            if view == "back":
                whole[OPENPOSE.index("r_wrist")] = -1
            name = FashionName(gender, category, number, outfit, shot, view)
            made[name] = Shot(dotted(image, whole), whole)
    return made


def split_of(name):
    return next(o[4] for o in OUTFITS if (o[2], o[3]) == (name.number, name.outfit))


def in_split(split):
    return [name for name in shots() if split_of(name) == split]


def pairs_of(split):
    """All ordered pairs of an outfit."""
    return [p for p in permutations(in_split(split), 2) if p[0].knoche == p[1].knoche]


def write_image(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    full_colour = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    settings = [cv2.IMWRITE_JPEG_QUALITY, 98, *full_colour] if path.suffix == ".jpg" else []
    assert cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)


def read_image(path):
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def cropped(image):
    return image[:, LEFT : LEFT + WIDTH]


def write_lists(folder, prefix, spell, left=0):
    """Write annotations and pairs of both splits; `left` columns were cut off the images."""
    for split in ("train", "test"):
        poses = {spell(name): shots()[name].joints for name in in_split(split)}
        write_annotation(folder / f"{prefix}-annotation-{split}.csv", poses, left)
        write_pairs(folder / f"{prefix}-pairs-{split}.csv", pairs_of(split), spell)


def write_annotation(path, poses, left=0):
    rows = ["name:keypoints_y:keypoints_x"]
    for name, joints in poses.items():
        columns = np.where(joints[:, 0] < 0, -1, joints[:, 0] - left)
        rows.append(f"{name}:{json.dumps(joints[:, 1].tolist())}:{json.dumps(columns.tolist())}")
    path.write_text("\n".join(rows) + "\n")


def write_pairs(path, pairs, spell):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["from", "to"])
        writer.writerows([spell(a), spell(b)] for a, b in pairs)


def patn(root, prefix="fasion-resize", image=cropped, left=LEFT):
    """PATN's folder: cropped images, lists of names, poses of the crop, and what lies about."""
    for name, shot in shots().items():
        write_image(root / split_of(name) / name.patn, image(shot.image))
    write_lists(root, prefix, lambda name: name.patn, left)
    for split in ("train", "test"):
        names = [name.patn for name in in_split(split)]
        (root / f"{split}.lst").write_text("\n".join(names) + "\n")
        np.save(root / split / "map.npy", np.zeros(2))  # heat maps lie in trainK, or here
        (root / split / ".DS_Store").write_bytes(b"\0")
    return root


def gfla(root, prefix="fasion"):
    """GFLA's spelling, `fasion-` without `resize`, or the right one; whole images."""
    return patn(root, prefix, lambda image: image, 0)


def siarohin(root):
    """Siarohin's folder: whole images, names without underscores in the category, no .lst."""
    for name, shot in shots().items():
        write_image(root / "fasion-dataset" / split_of(name) / name.siarohin, shot.image)
    write_lists(root, "fasion", lambda name: name.siarohin)
    return root


def nted(root, size=(750, 1101)):
    """NTED's and PIDM's folder: the tree of high resolution, a text of joints per image."""
    for name, shot in shots().items():
        image = cv2.resize(cropped(shot.image), size, interpolation=cv2.INTER_NEAREST)
        write_image(root / name.official, image)
        text = root / name.official.replace("img/", "pose/").replace(".jpg", ".txt")
        text.parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(text, shot.joints.astype(float))
    for split in ("train", "test"):
        rows = [f"{a.official},{b.official}" for a, b in pairs_of(split)]
        (root / f"{split}_pairs.txt").write_text("\n".join(rows) + "\n")
    return root


def knoche(root):
    """Knoche's fashion3d: outfits as folders, poses in a pickle, lists of outfits."""
    tree = {}
    for name, shot in shots().items():
        write_image(root / "images" / name.knoche / f"{name.shot}_{name.view}.jpg", shot.image)
        inner = tree
        for key in name.knoche.split("/"):
            inner = inner.setdefault(key, {})
        inner[f"{name.shot}_{name.view}.jpg"] = knoche_joints(name)
    (root / "poses.pkl").write_bytes(pickle.dumps(tree, 2))
    (root / "test.txt").write_text("MEN/Denim/id_00000080/01\n")
    (root / "valid.txt").write_text("WOMEN/Blouses_Shirts/id_00000693/03\n")
    return root


def knoche_joints(name):
    """(19, 3) px, a different array for each image."""
    spread = np.random.default_rng(int(name.number + name.outfit + name.shot))
    return spread.uniform(20, 230, (19, 3)).astype(np.float32)


@cache
def market_shots():
    """Images 128 x 64 of identities, by file name: two per camera, joints as in `Shot`."""
    made = {}
    for identity, person in (("0002", 1), ("0007", 2), ("0011", 3)):
        images, joints = film(person, 1, 4, 128)
        for frame, (image, points) in enumerate(zip(images, joints, strict=True)):
            whole = np.array([np.floor(points[JOINT[name]]) for name in OPENPOSE]).astype(int)
            whole -= [32, 0]
            outside = (whole[:, 0] < DOT) | (whole[:, 0] >= 64 - DOT)
            whole[outside] = -1
            drawn = dotted(np.ascontiguousarray(image[:, 32:96]), whole)
            made[f"{identity}_c{1 + frame // 2}s1_00{frame}451_01.jpg"] = Shot(drawn, whole)
    return made


def market_split(name):
    return "test" if name.startswith("0007") else "train"


def market(root, lists=True):
    """Market-1501: three folders with junk, distractors and mirrored copies, and lists."""
    root.mkdir(parents=True, exist_ok=True)
    homes = {"train": "bounding_box_train", "test": "bounding_box_test"}
    for number, (name, shot) in enumerate(market_shots().items()):
        split = market_split(name)
        query = split == "test" and number % 4 == 3
        write_image(root / ("query" if query else homes[split]) / name, shot.image)
    some = next(iter(market_shots().values()))
    for name in ("-1_c1s1_000401_03.jpg", "0000_c1s1_000151_01.jpg"):
        write_image(root / homes["test"] / name, some.image)
    write_image(root / homes["train"] / "0002_c1s1_000451_01r.jpg", some.image[:, ::-1].copy())
    (root / homes["train"] / "Thumbs.db").write_bytes(b"\0")
    for split in ("train", "test"):
        names = [name for name in market_shots() if market_split(name) == split]
        joints = {name: market_shots()[name].joints for name in names}
        if split == "test":
            joints |= {"-1_c1s1_000401_03.jpg": some.joints}
        write_annotation(root / f"market-annotation-{split}.csv", joints)
        if lists:
            pairs = [p for p in permutations(names, 2) if p[0][:4] == p[1][:4]]
            write_pairs(root / f"market-pairs-{split}.csv", pairs, str)
    return root


def rewrite(path: Path, old: str, new: str):
    """Change a text in one place."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
