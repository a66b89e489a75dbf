"""Made-up crops and pairs: random people before random walls, enough to train on."""

from pathlib import Path

import numpy as np
import pandas as pd

from repose.data.packs import PackWriter, encode
from repose.data.samples import PACK, TABLE
from repose.data.tables import vectors, write_table
from repose.manifests import write_manifest
from repose.skeleton import JOINT, JOINTS

SIZE = 32
PEOPLE = 3
FRAMES = 5


def make_data(folder: Path, seed: int) -> tuple[Path, Path]:
    """Write a folder of crops and a pair table.

    Returns:
        Both, as the train stage is given them.
    """
    random = np.random.default_rng(seed)
    crops = folder / "crops"
    crops.mkdir(parents=True)
    rows = []
    with PackWriter(crops / PACK) as pack:
        for person in range(PEOPLE):
            stance = random.uniform(0.2, 0.8, (len(JOINTS), 3)) * SIZE
            for frame in range(FRAMES):
                offset, length, sha256 = pack.add(encode(_image(random), "png"))
                joints = (stance + random.normal(0, 1, stance.shape)).astype(np.float32)
                joints[:, 2] -= joints[JOINT["pelvis"], 2]
                rows.append((person, frame, offset, length, sha256, joints))
    _write_crops(rows, crops / TABLE)
    write_manifest(crops, {})
    pairs = folder / "pairs.parquet"
    _write_pairs(pairs)
    write_manifest(pairs, {})
    return crops, pairs


def _image(random: np.random.Generator) -> np.ndarray:
    """Draw blocks of random colours: structure to learn from, and small files."""
    blocks = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return np.kron(blocks, np.ones((SIZE // 8, SIZE // 8, 1), np.uint8))


def _write_crops(rows: list[tuple], path: Path) -> None:
    person, frame, offset, length, sha256, joints = zip(*rows, strict=True)
    found = vectors(np.stack(joints))
    table = pd.DataFrame(
        {
            "clip": [f"clip{p}" for p in person],
            "frame": frame,
            "person": [f"person{p}" for p in person],
            "outfit": [f"outfit{p}" for p in person],
            "action": "drill",
            "split": ["test" if p == PEOPLE - 1 else "train" for p in person],
            "usable": True,
            "offset": offset,
            "length": length,
            "sha256": sha256,
            "left": 0.0,
            "top": 0.0,
            "side": float(SIZE),
            "joints_px": found,
            "joints_mm": found,
            "score": vectors(np.ones((len(rows), len(JOINTS)))),
        }
    )
    write_table(table, path, "crops", {"size": SIZE})


def _write_pairs(path: Path) -> None:
    rows = [(p, f) for p in range(PEOPLE) for f in range(1, FRAMES)]
    clips = [f"clip{p}" for p, _ in rows]
    table = pd.DataFrame(
        {
            "pair": range(len(rows)),
            "source_clip": clips,
            "source_frame": 0,
            "target_clip": clips,
            "target_frame": [f for _, f in rows],
            "person": [f"person{p}" for p, _ in rows],
            "outfit": [f"outfit{p}" for p, _ in rows],
            "split": ["test" if p == PEOPLE - 1 else "train" for p, _ in rows],
            "source_name": clips,
            "target_name": clips,
            "pose_distance": 0.0,
            "view_change_rad": 0.0,
            "visible_share": 1.0,
            "scale_change": 1.0,
        }
    )
    write_table(table, path, "pairs", {})
