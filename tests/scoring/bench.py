"""A benchmark as the graph leaves it, made by hand: people in rooms, with names of DeepFashion.

Six people of the test in six poses each, and one of the training: 37 pairs that count, and 4.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from repose.data.packs import PackWriter, decode, encode
from repose.data.tables import make_table, read_table, write_table
from repose.manifests import write_manifest
from repose.skeleton import PARTS
from repose.stages import evaluate, true_poses
from tests.report.finished import SETTINGS
from tests.report.made import make_images

SIDE = 64
POSES = 6
TESTED = ("t0", "t1", "t2", "t3", "t4", "t5")
PEOPLE = (*TESTED, "s0")
NAME = "made"
NO_FILES = ("",) * 9


@dataclass(frozen=True)
class Bench:
    """Where it lies.

    Attributes:
        home: The folder in which commands are called; it has config/ and results/.
        root: Its results.
    """

    home: Path
    root: Path

    @property
    def pairs(self):
        return read_table(self.root / "pairs/pairs.parquet", "pairs")


def method_folder(bench, name):
    return bench.root / "score" / name


def fashion_name(person, frame):
    number = f"{100 + PEOPLE.index(person):08d}"
    views = ("front", "side", "back", "full", "additional", "flat")
    return f"fashionWOMENBlouses_Shirtsid{number}01_{frame + 1}{views[frame]}.jpg"


def plain_name(person, frame):
    return f"{person}x_{frame:05d}"


def picture(person, frame):
    """A person in a room, both other ones for each name; the pose is where and how it stands."""
    draws = np.random.default_rng(PEOPLE.index(person))
    room = draws.integers(60, 200, (5, 5, 3)).astype(np.uint8)
    image = cv2.resize(room, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    x, lean = 14 + 7 * frame, (3 * frame) % 7 - 3
    shirt, legs, skin = (tuple(map(int, draws.integers(20, 235, 3))) for _ in range(3))
    cv2.line(image, (x, 36), (x - 4 - lean, 60), legs, 5)
    cv2.line(image, (x, 36), (x + 4 + lean, 60), legs, 5)
    cv2.ellipse(image, (x, 28), (7, 11), 0, 0, 360, shirt, -1)
    cv2.line(image, (x, 22), (x + 12, 24 + 3 * lean), skin, 4)
    cv2.circle(image, (x + lean, 12), 6, skin, -1)
    rough = draws.normal(0, 6, image.shape)
    rough += np.random.default_rng(frame).normal(0, 4, image.shape)
    return np.clip(image + rough, 0, 255).astype(np.uint8)


def honest(row):
    """What a fair method draws: the right person in the right pose, blurred, with a fault."""
    true = picture(row.person, row.target_frame).astype(np.float32)
    draws = np.random.default_rng(1000 + row.pair)
    image = cv2.GaussianBlur(true, (0, 0), 1.5) + draws.normal(0, 9, true.shape)
    image[40:52, 20:44] = image[40:52, 20:44] * 0.6 + 50
    return np.clip(image, 0, 255).astype(np.uint8)


def poor(row):
    """What a bad method draws: a smear of the source's colours, of the same make for all."""
    source = picture(row.person, row.source_frame).astype(np.float32)
    draws = np.random.default_rng(row.pair)
    image = cv2.GaussianBlur(source, (0, 0), 12) * 0.5 + 60 + draws.normal(0, 3, source.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def make_bench(home, config, name=NAME, people=PEOPLE, named=fashion_name):
    """Write what the stages up to true_poses leave."""
    root = home / "results" / name
    (home / "config").mkdir(parents=True, exist_ok=True)
    for file in ("config.yaml", "published.csv"):
        shutil.copy(config / file, home / "config")
    _write_overlay(home, name)
    _write_crops(root, people)
    _write_pairs(root, people, named)
    clips = root / "ingest/clips.parquet"
    write_table(make_table("clips", []), clips, "clips", {})
    poses = root / "true_poses/poses.parquet"
    judge = true_poses.Config("none", *NO_FILES, 0, 0.5, 64)
    table = root / "pairs/pairs.parquet"
    true_poses.run(judge, crops=[root / "crops/00"], pairs=table, output=poses)
    for path in (clips, table, root / "masks/00.parquet", root / "crops/00"):
        write_manifest(path, {})
    return Bench(home, root)


def _write_overlay(home, name):
    text = f"data_set: {name}\nevaluate:\n  bootstrap_draws: 50\n  workers: 1\n  batch: 16\n"
    text += "report:\n  grid_rows: 2\n"
    (home / "config" / f"{name}.yaml").write_text(text)


def _write_crops(root, people):
    crops, masks = [], []
    with PackWriter(root / "crops/00/crops.pack") as pack:
        for person in people:
            for frame in range(POSES):
                where = pack.add(encode(picture(person, frame), "png"))
                crops.append(_crop(person, frame, where))
                masks.append(_mask(person, frame))
    table = root / "crops/00/crops.parquet"
    write_table(make_table("crops", crops), table, "crops", {"size": SIDE})
    write_table(make_table("masks", masks), root / "masks/00.parquet", "masks", {})


def _crop(person, frame, where):
    points = np.random.default_rng(frame).random((19, 3)) * [20, 50, 1] + [4 + 7 * frame, 7, 0]
    joints = {name: points.astype(np.float32).ravel() for name in ("joints_px", "joints_mm")}
    who = {"person": person, "outfit": f"{person}/o", "action": "", "split": split(person)}
    stored = dict(zip(("offset", "length", "sha256"), where, strict=True))
    window = {"usable": True, "left": 0.0, "top": 0.0, "side": float(SIDE)}
    score = {"score": np.ones(19, np.float32)}
    return {"clip": f"{person}_c", "frame": frame, **who, **stored, **window, **joints, **score}


def _mask(person, frame):
    image = np.zeros((len(PARTS), SIDE, SIDE), bool)
    image[0, 6:60, 14 + 7 * frame - 7 : 14 + 7 * frame + 7] = True
    bits = np.packbits(image).tobytes()
    return {"clip": f"{person}_c", "frame": frame, "volume": b"", "image": bits}


def split(person):
    return "test" if person in TESTED else "train"


def _write_pairs(root, people, named):
    rows = []
    for person in people:
        moves = [(source, (source + 2) % POSES) for source in range(POSES)]
        if person == TESTED[-1]:
            moves.append((3, 2))  # two pairs of one target
        for ends in moves if split(person) == "test" else moves[:4]:
            row = {"pair": len(rows), "person": person, "outfit": f"{person}/o"}
            for end, frame in zip(("source", "target"), ends, strict=True):
                row |= {f"{end}_clip": f"{person}_c", f"{end}_frame": frame}
                row[f"{end}_name"] = named(person, frame)
            facts = dict.fromkeys(("pose_distance", "view_change_rad", "visible_share"), 0.5)
            rows.append(row | facts | {"split": split(person), "scale_change": 1.0})
    write_table(make_table("pairs", rows), root / "pairs/pairs.parquet", "pairs", {"size": SIDE})


def stem(name):
    return name.removesuffix(".jpg")


def habit_cfld(row):
    return f"{stem(row.source_name)}_to_{stem(row.target_name)}.png"


def write_folder(folder, bench, draw=honest, habit=habit_cfld, split="test"):
    """Write a method's folder: an image per pair, drawn and named so."""
    folder.mkdir(parents=True)
    for row in bench.pairs.query("split == @split").itertuples():
        (folder / habit(row)).write_bytes(encode(draw(row), "png"))
    return folder


def read_png(path):
    return decode(path.read_bytes())


def evaluate_own(bench, name, draw, **changes):
    """Score one of our own methods as the graph does."""
    kind = "baselines" if name == "copy_source" else "generate"
    run = type("Run", (), {"pairs": bench.root / "pairs/pairs.parquet"})
    folder = make_images(bench.root / kind / name, run, draw)
    settings = SETTINGS | {"bootstrap_draws": 50} | changes
    evaluate.run(
        evaluate.Config(**settings),
        images=folder,
        crops=[bench.root / "crops/00"],
        masks=[bench.root / "masks/00.parquet"],
        pairs=run.pairs,
        true_poses=bench.root / "true_poses/poses.parquet",
        output=bench.root / f"evaluate/{name}.parquet",
        summary=bench.root / f"evaluate/{name}.json",
    )
