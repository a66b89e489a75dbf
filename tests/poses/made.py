"""People, clips and tables made for the tests."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from repose.data.packs import PackWriter, encode
from repose.data.tables import make_table, read_table, write_table
from repose.poses.base import Clip, Pose
from repose.skeleton import JOINT, JOINTS

# A person of 1.7 m who stands and faces the camera: (x, y, z) mm from the pelvis.
HALF = {
    "shoulder": (180, -480, 0),
    "elbow": (280, -230, 0),
    "wrist": (320, 10, -60),
    "hip": (95, 0, 0),
    "knee": (110, 420, -10),
    "ankle": (120, 830, 20),
    "eye": (32, -700, -95),
    "ear": (75, -680, -10),
}


def standing_mm(yaw_rad: float = 0.0) -> np.ndarray:
    """Return (19, 3) mm, turned about the vertical by `yaw_rad`."""
    joints = np.zeros((len(JOINTS), 3))
    for name, (x, y, z) in HALF.items():
        joints[JOINT[f"l_{name}"]] = x, y, z
        joints[JOINT[f"r_{name}"]] = -x, y, z
    joints[JOINT["neck"]] = 0, -480, 0
    joints[JOINT["nose"]] = 0, -660, -120
    cos, sin = np.cos(yaw_rad), np.sin(yaw_rad)
    return joints @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])


def standing_px(size: int, yaw_rad: float = 0.0, shift: Sequence[float] = (0, 0)) -> np.ndarray:
    """Return (19, 3) crop px: a person of 3/4 of the crop's height in its middle."""
    joints = standing_mm(yaw_rad) * (0.75 * size / 1600)
    return joints + np.array([size / 2 + shift[0], size * 0.47 + shift[1], 0])


def store_clips(
    folder: Path, clips: Mapping[str, Sequence[np.ndarray]], **facts: Mapping[str, Any]
) -> tuple[Path, Path]:
    """Write a clips table and a frames folder; `facts` are columns by clip.

    Returns:
        The clips table and the frames folder.
    """
    frames = folder / "frames"
    frames.mkdir(parents=True)
    index, rows = [], []
    with PackWriter(frames / "frames.pack") as pack:
        for name, i in ((name, i) for name, images in clips.items() for i in range(len(images))):
            image = clips[name][i]
            offset, length, sha256 = pack.add(encode(image, "png"))
            place = {"offset": offset, "length": length, "sha256": sha256}
            size = {"height": image.shape[0], "width": image.shape[1]}
            time = {"source_frame": i, "time_s": i / 6}
            index.append({"clip": name, "frame": i} | time | place | size)
    for name in clips:
        own = {column: values[name] for column, values in facts.items() if name in values}
        rows.append(clip_row(name) | own)
    write_table(make_table("frames", index), frames / "frames.parquet", "frames", {})
    write_table(make_table("clips", rows), folder / "clips.parquet", "clips", {})
    return folder / "clips.parquet", frames


def clip_row(name: str) -> dict[str, Any]:
    text = dict.fromkeys(("sha256", "truth", "error", "note", "action"), "")
    who = {"person": name, "outfit": f"{name}-1", "split": "train"}
    numbers = {"fps": 6.0, "width": 64, "height": 64, "rotation": 0, "declared_frames": -1}
    return {"clip": name, "path": f"{name}.mp4"} | text | who | numbers


def store_crops(folder: Path, size: int, people: Iterable[Mapping[str, Any]]) -> Path:
    """Write a crops folder without pictures: one row per given person, with defaults."""
    folder.mkdir(parents=True)
    rows = []
    for i, facts in enumerate(people):
        yaw = facts.get("yaw_rad", 0.3 * i)
        row = {
            "clip": "a",
            "frame": i,
            "person": "a",
            "outfit": "a-1",
            "action": "",
            "split": "train",
            "usable": True,
            "offset": 0,
            "length": 1,
            "sha256": "",
            "left": 0.0,
            "top": 0.0,
            "side": float(size),
            "joints_px": standing_px(size, yaw).ravel(),
            "joints_mm": standing_mm(yaw).ravel(),
            "score": np.ones(len(JOINTS)),
        }
        rows.append(row | {key: value for key, value in facts.items() if key != "yaw_rad"})
    write_table(pd.DataFrame(rows), folder / "crops.parquet", "crops", {"size": size})
    return folder


def pair_inputs(folder: Path, crops: Sequence[Path]) -> dict[str, Any]:
    """Write what the stage pairs reads besides crops, for those of every frame of videos.

    Returns:
        The paths by the names of its arguments, the crops among them.
    """
    frames = []
    for shard, place in enumerate(crops):
        table = read_table(place / "crops.parquet", "crops")[["clip", "frame"]]
        numbers = {"source_frame": table["frame"], "time_s": 0.0, "width": 64, "height": 64}
        stored = table.assign(**numbers, offset=0, length=1, sha256="")
        frames.append(folder / f"frames{shard}")
        write_table(stored, frames[-1] / "frames.parquet", "frames", {})
    store_none(folder, "stills", "official_pairs")
    listed = {"stills": folder / "stills.parquet", "official": folder / "official_pairs.parquet"}
    return {"frames": frames, "crops": list(crops)} | listed


def store_none(folder: Path, *names: str) -> Path:
    """Write tables of `ingest` without a row."""
    for name in names:
        write_table(make_table(name, []), folder / f"{name}.parquet", name, {})
    return folder


class BlockEstimator:
    """Sees people who are blocks of one colour: the largest one that is whole in the picture.

    Args:
        overlook: Frames of a clip in which it sees nobody; pictures by themselves it always sees.
    """

    name = "block"
    version = "1"
    exact = False

    def __init__(self, overlook: Iterable[int] = ()) -> None:
        self.overlook = set(overlook)

    def estimate(self, frames: Iterable[np.ndarray], clip: Clip) -> list[Pose]:
        return [
            Pose.missing() if i in self.overlook else self._see(frame)
            for i, frame in enumerate(frames)
        ]

    def estimate_images(self, images: Iterable[np.ndarray]) -> list[Pose]:
        return [self._see(image) for image in images]

    def _see(self, image: np.ndarray) -> Pose:
        best = Pose.missing()
        largest = 0
        for colour in np.unique(image[..., 0])[1:]:
            y, x = np.nonzero(image[..., 0] == colour)
            height, width = np.ptp(y) + 1, np.ptp(x) + 1
            if height == 2 * width and height * width == len(y) > largest:
                largest = len(y)
                best = block_pose((x.mean() + 0.5, y.mean() + 0.5), height)
        return best


def block_pose(centre: Sequence[float], height: float) -> Pose:
    """Return the pose of a block: a standing person of half its height from neck to pelvis."""
    mm = standing_mm()
    px = mm * (height / 2 / np.linalg.norm(mm[JOINT["neck"]]))
    px[:, :2] += np.asarray(centre) - px[[JOINT["neck"], JOINT["pelvis"]], :2].mean(axis=0)
    score = np.ones(len(JOINTS), np.float32)
    return Pose(px.astype(np.float32), mm.astype(np.float32), score, detected=True)


def block_frame(*people: tuple[int, int, int, int]) -> np.ndarray:
    """Draw people (left, top, height, colour) of half their height's width on black."""
    frame = np.zeros((120, 240, 3), np.uint8)
    for left, top, height, colour in people:
        frame[top : top + height, left : left + height // 2] = colour
    return frame
