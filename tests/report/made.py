"""A small finished run, made by hand: people are coloured boxes that move sideways."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from repose.data.packs import PackWriter, encode
from repose.data.tables import make_table, read_table, vectors, write_table
from repose.skeleton import PARTS

SIZE = 32
FRAMES = 4
SHARDS = 2
PEOPLE = ("p0", "p1", "p2", "p3", "p4")
TESTED = ("p2", "p3", "p4")


@dataclass(frozen=True)
class Run:
    """Where everything lies."""

    root: Path
    crops: list[Path]
    frames: list[Path]
    masks: list[Path]
    poses: list[Path]
    clips: Path
    pairs: Path
    transforms: Path


def clips():
    return [(person, f"{person}_c{i}") for person in PEOPLE for i in range(2)]


def shard_of(clip):
    return sorted(name for _, name in clips()).index(clip) % SHARDS


def box(frame):
    """Where the person stands: rows, columns."""
    left = 4 + 4 * frame
    return slice(6, 28), slice(left, left + 8)


def picture(person, frame, shift=0):
    """A person in front of stripes; `shift` changes its colour."""
    image = np.tile(np.linspace(60, 180, SIZE, dtype=np.uint8)[None, :, None], (SIZE, 1, 3))
    image[::4] //= 2
    colour = np.array([200, 40 + 40 * PEOPLE.index(person), 60]) - shift
    image[box(frame)] = np.clip(colour, 0, 255)
    image[box(frame)][::3] = 20
    return image


def joints(frame):
    """(19, 3) px on the person."""
    rows, columns = box(frame)
    rng = np.random.default_rng(0)
    spread = rng.random((19, 3)) * [columns.stop - columns.start, rows.stop - rows.start, 4]
    return (spread + np.array([columns.start, rows.start, 0])).astype(np.float32)


def make_run(root):
    """Write everything up to the transforms."""
    parts = [[name for name in clips() if shard_of(name[1]) == shard] for shard in range(SHARDS)]
    run = Run(
        root,
        [root / "crops" / f"{s:02d}" for s in range(SHARDS)],
        [root / "frames" / f"{s:02d}" for s in range(SHARDS)],
        [root / "masks" / f"{s:02d}.parquet" for s in range(SHARDS)],
        [root / "poses" / f"{s:02d}.parquet" for s in range(SHARDS)],
        root / "ingest" / "clips.parquet",
        root / "pairs" / "pairs.parquet",
        root / "transforms" / "transforms.parquet",
    )
    for shard, own in enumerate(parts):
        _write_shard(run, shard, own)
    _write_clips(run)
    _write_pairs(run)
    return run


def _write_shard(run, shard, own):
    tables = {name: [] for name in ("frames", "accounting", "crops", "poses", "masks")}
    with (
        PackWriter(run.crops[shard] / "crops.pack") as crops,
        PackWriter(run.frames[shard] / "frames.pack") as frames,
    ):
        for (person, clip), frame in product(own, range(FRAMES)):
            data = encode(picture(person, frame), "png")
            names = ("offset", "length", "sha256")
            stored = [dict(zip(names, p.add(data), strict=True)) for p in (crops, frames)]
            _add_rows(tables, person, clip, frame, *stored)
    counts = {"expected": FRAMES, "decoded": FRAMES, "sampled": FRAMES}
    counts |= {"dropped": 0, "duplicate": 0, "error": ""}
    tables["accounting"] = [{"clip": clip} | counts for _, clip in own]
    places = {
        "frames": run.frames[shard] / "frames.parquet",
        "accounting": run.frames[shard] / "accounting.parquet",
        "crops": run.crops[shard] / "crops.parquet",
        "poses": run.poses[shard],
        "masks": run.masks[shard],
    }
    for name, path in places.items():
        write_table(make_table(name, tables[name]), path, name, {"size": SIZE})


def _add_rows(tables, person, clip, frame, crop, stored):
    key = {"clip": clip, "frame": frame}
    pose = {
        "joints_px": joints(frame).ravel(),
        "joints_mm": (joints(frame) * 50).ravel(),
        "score": np.ones(19, np.float32),
    }
    size = {"width": SIZE, "height": SIZE}
    when = {"source_frame": frame, "time_s": frame / 10}
    tables["frames"].append(key | when | stored | size)
    made = {"detected": frame != 1, "people": 1, "estimator": "made", "version": "1"}
    tables["poses"].append(key | pose | made)
    who = {"person": person, "outfit": "o0", "action": "walk", "split": split(person)}
    window = {"usable": True, "left": 0.0, "top": 0.0, "side": float(SIZE)}
    tables["crops"].append(key | who | crop | window | pose)
    image = np.zeros((len(PARTS), SIZE, SIZE), bool)
    image[(frame % len(PARTS), *box(frame))] = True
    bits = np.packbits(image).tobytes()
    tables["masks"].append(key | {"volume": b"", "image": bits})


def split(person):
    return "test" if person in TESTED else "train"


def _write_clips(run):
    rows = []
    for person, clip in clips():
        who = {"person": person, "outfit": "o0", "action": "walk", "split": split(person)}
        size = {"width": SIZE, "height": SIZE, "rotation": 0, "declared_frames": FRAMES}
        file = {"path": f"{clip}.mp4", "sha256": "", "truth": "", "fps": 10.0}
        rows.append({"clip": clip, **who, **size, **file, "error": "", "note": ""})
    broken = rows[-1] | {"clip": "lost", "path": "lost.mp4", "error": "truncated-video"}
    write_table(make_table("clips", [*rows, broken]), run.clips, "clips", {"dataset": "iper"})


def _write_pairs(run):
    rows = []
    for person in PEOPLE:
        for source in range(FRAMES):
            target = (source + 1 + len(rows) % (FRAMES - 1)) % FRAMES
            ends = {"source_clip": f"{person}_c0", "source_frame": source}
            ends |= {"target_clip": f"{person}_c{source % 2}", "target_frame": target}
            who = {"person": person, "outfit": "o0", "split": split(person)}
            facts = {"pose_distance": 0.1, "view_change_rad": 0.5, "visible_share": 0.9}
            facts |= {"scale_change": 1.1, "source_name": "", "target_name": ""}
            rows.append({"pair": len(rows), **ends, **who, **facts})
    write_table(make_table("pairs", rows), run.pairs, "pairs", {"size": SIZE})
    count = len(rows)
    fits = pd.DataFrame(
        {
            "pair": range(count),
            "helmert": vectors(np.tile(np.eye(4), (count, 10, 1, 1))),
            "helmert_residual_px": vectors(np.full((count, 10), 0.5)),
            "affine": vectors(np.tile(np.eye(3), (count, 10, 1, 1))),
            "affine_residual_px": vectors(np.full((count, 10), 1.5)),
            "degenerate": np.full(count, 2, np.uint16),
        }
    )
    write_table(fits, run.transforms, "transforms", {})


def make_images(folder, run, draw, table="images", most=None, metadata=()):
    """Write a method's images: `draw(pair row)` gives each."""
    rows = []
    with PackWriter(folder / f"{table}.pack") as pack:
        for row in read_table(run.pairs, "pairs").iloc[:most].itertuples():
            offset, length, sha256 = pack.add(encode(draw(row), "png"))
            where = {"offset": offset, "length": length, "sha256": sha256}
            rows.append({"pair": row.pair, **where})
    path = folder / f"{table}.parquet"
    write_table(make_table("images", rows), path, "images", dict(metadata))
    return folder


def copy_source(row):
    return picture(row.person, row.source_frame)


def true_image(row):
    return picture(row.person, row.target_frame)


def wrong_by(shift):
    """A model that paints the right pose in a wrong colour, better for some people than others."""
    return lambda row: picture(
        row.person, row.target_frame, shift + 3 * PEOPLE.index(row.person) + row.pair % 3
    )
