"""A project whose videos, folders and people all have hostile names."""

import csv
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.films import film, picture
from tests.hostile.names import REFUSED_AS_FOLDERS
from tests.poses.made import standing_mm

ROOT = Path(__file__).parent.parent.parent
SIZE = 64  # px
FRAMES = 3

# Small, and without the stages that look at pictures with an estimator.
SETTINGS = {
    "data_set": "hostile",
    "shards": 2,
    "methods": ["warp2d"],
    "ingest": {"dataset": "folder"},
    "frames": {"rate": "native", "codec": "png"},
    "poses": {"estimator": "truth"},
    "crops": {"camera": "static", "min_inside": 0.5},
    "train": {"steps": 2, "checkpoint_every": 2, "watch_every": 2, "weight_perceptual": 0.0},
    "generate": {"views": 1},
    "true_poses": {"estimator": "none"},
    "evaluate": {"bootstrap_draws": 50},
    "report": {"overlay_clips": 0, "overlay_px": 24, "overlay_frames": 1, "bootstrap_draws": 50},
}


def make_project(folder: Path, names: Sequence[str]) -> Path:
    """Copy the graph, and lay a folder of each name beside it, with a video of that name in it.

    Names that Snakemake cannot read get their folder inside one with a plain name.

    Returns:
        The settings, as a file for `--configfile`.
    """
    for name in ("workflow", "rules", "config", "slurm"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
    video, truth = _clip(folder)
    rows = [_row(names, i) for i in range(len(names))]
    for name, row in zip(names, rows, strict=True):
        if name not in REFUSED_AS_FOLDERS:
            _fill(folder / name, video, truth, {f"{name}.mp4": row})
    inner = {
        f"{name}/{name}.mp4": row
        for name, row in zip(names, rows, strict=True)
        if name in REFUSED_AS_FOLDERS
    }
    _fill(folder / "plain", video, truth, inner)
    videos = [name for name in names if name not in REFUSED_AS_FOLDERS] + ["plain"]
    settings = folder / "config/hostile.json"
    settings.write_text(json.dumps(SETTINGS | {"videos": videos}))
    return settings


def on_the_command_line(videos: Sequence[str]) -> str:
    """Spell folders for `--config videos=...`, which is read as YAML: no pairs of surrogates."""
    text = json.dumps(list(videos), ensure_ascii=False)
    return "".join(c if c.isprintable() or c > "\uffff" else f"\\u{ord(c):04x}" for c in text)


def canaries(folder: Path) -> list[Path]:
    """Return every file that a name has made, if it was run."""
    return [path for path in folder.rglob("*") if path.name == "canary"]


def _clip(folder: Path) -> tuple[Path, Path]:
    video = film(folder / "clip.mp4", [picture(i, SIZE, SIZE) for i in range(FRAMES)])
    joints = np.stack([standing_mm(0.4 * i) for i in range(FRAMES)]) + np.array([0, 0, 4000.0])
    intrinsics = np.array([[120, 0, SIZE / 2], [0, 120, SIZE * 0.45], [0, 0, 1]])
    truth = folder / "truth.npz"
    np.savez(truth, joints_mm=joints, intrinsics=intrinsics)
    return video, truth


def _row(names: Sequence[str], i: int) -> dict[str, str]:
    person, outfit, action = (names[(i + step) % len(names)] for step in range(3))
    # Names that differ by blanks at their ends are one person's.
    people = list(dict.fromkeys(name.strip() for name in names))
    split = ("train", "test")[people.index(person.strip()) % 2]
    return {"person": person, "outfit": outfit, "action": action, "split": split}


def _fill(folder: Path, video: Path, truth: Path, rows: dict[str, dict[str, str]]) -> None:
    folder.mkdir()
    os.link(truth, folder / "truth.npz")
    for file in rows:
        (folder / file).parent.mkdir(exist_ok=True)
        os.link(video, folder / file)
    with (folder / "videos.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(
            file, ["file", "person", "outfit", "action", "split", "truth"], quoting=csv.QUOTE_ALL
        )
        table.writeheader()
        table.writerows({"file": name, **row, "truth": "truth.npz"} for name, row in rows.items())
