"""From frames and poses to person-centred squares at the training size."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from repose.data import crops as windows
from repose.data.camera import camera_shift
from repose.data.crops import ClipFrames
from repose.data.packs import Pack, PackWriter, encode
from repose.data.tables import make_table, read_table, stack, write_table
from repose.errors import ReposeError, nearest
from repose.files import whole_folder
from repose.manifests import write_manifest
from repose.progress import track

CAMERAS = ("auto", "static", "moving", "whole")
WHO = ["person", "outfit", "action", "split"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Config:
    """Size of the squares, how they are laid, and which of them are good enough."""

    size: int
    margin: float
    camera: str
    still_share: float
    spread_limit: float
    border: str
    min_score: float
    min_inside: float
    min_joints: float
    codec: str


@dataclass(frozen=True)
class _Clip:
    """One clip: (T,) rows of frames and poses, (T, 19, 3) joints in frame px, its pictures."""

    name: str
    rows: pd.DataFrame
    joints_px: Array
    frames: ClipFrames

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Width and height of each frame, (T, 2); those of a video are all the same."""
        return self.rows[["width", "height"]].to_numpy(dtype=np.int64)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first frame."""
        return int(self.sizes[0, 0]), int(self.sizes[0, 1])


def run(config: Config, *, clips: Path, frames: Path, poses: Path, output: Path) -> None:
    """Cut the squares of one shard: one window per clip, or one per frame where it must be.

    A frame without a person gets its square too, marked as not usable.

    Raises:
        ReposeError: unknown-value, or missing-poses when the poses are not those of the frames.
    """
    for name, value, known in (
        ("camera", config.camera, CAMERAS),
        ("border", config.border, windows.BORDERS),
    ):
        if value not in known:
            mend = nearest(value, known)
            raise ReposeError("unknown-value", f"crops.{name}: {value}", mend=mend)
    stored = read_table(frames / "frames.parquet", "frames")
    table = stored.merge(read_table(poses, "poses"), on=["clip", "frame"])
    if len(table) != len(stored):
        mend = "run the poses stage again"
        raise ReposeError("missing-poses", "frames without a pose", path=poses, mend=mend)
    table = table.merge(read_table(clips, "clips")[["clip", *WHO]], on="clip")
    groups = table.sort_values(["clip", "frame"]).groupby("clip")
    pictures = Pack(frames / "frames.pack")
    rows: list[dict[str, Any]] = []
    with whole_folder(output) as folder:
        with PackWriter(folder / "crops.pack") as pack:
            for name, group in track(groups, "crops", total=len(groups)):
                rows.extend(_cut(config, _open(str(name), group, pictures), pack))
        metadata = {"size": config.size, "codec": config.codec}
        write_table(make_table("crops", rows), folder / "crops.parquet", "crops", metadata)
        write_manifest(folder, asdict(config))
    usable = sum(row["usable"] for row in rows)
    print(
        f"crops: {usable} of {len(rows)} squares of {config.size} px are usable, "
        f"{len(groups)} clips"
    )


def _open(name: str, rows: pd.DataFrame, pack: Pack) -> _Clip:
    joints = stack(rows["joints_px"]).reshape(len(rows), -1, 3).astype(np.float64)
    return _Clip(name, rows, joints, ClipFrames(pack, rows))


def _good(config: Config, clip: _Clip) -> NDArray[np.bool_]:
    """Tell which poses are sure, whole enough and within the picture, (T,)."""
    known = windows.is_known(clip.joints_px)
    counts = known.sum(axis=1)
    scores = (stack(clip.rows["score"]) * known).sum(axis=1) / np.maximum(counts, 1)
    enough = counts >= config.min_joints * known.shape[1] - 1e-6
    frame = np.pad(clip.sizes, ((0, 0), (2, 0))).astype(float)
    within = windows.inside_share(clip.joints_px, frame) >= config.min_inside
    sure = scores >= config.min_score
    return clip.rows["detected"].to_numpy(dtype=bool) & sure & enough & within


def _cut(config: Config, clip: _Clip, pack: PackWriter) -> Iterator[dict[str, Any]]:
    good = _good(config, clip)
    lies = _lay(config, clip, good)  # (T, 3)
    borders = np.concatenate([lies[:, :2], lies[:, :2] + lies[:, 2:]], axis=1)
    usable = good & (windows.inside_share(clip.joints_px, borders) >= config.min_inside)
    joints = windows.into_crop(clip.joints_px, lies, config.size).astype(np.float32)
    if config.camera != "whole":  # of whole images there is nothing to tell but how many are good
        _report(config, clip, lies, usable)
    for i, row in enumerate(clip.rows.to_dict("records")):
        square = windows.cut(clip.frames[i], lies[i], config.size, config.border)
        offset, length, sha256 = pack.add(encode(square, config.codec))
        kept = {name: row[name] for name in ("clip", "frame", *WHO, "joints_mm", "score")}
        yield kept | {
            "usable": usable[i],
            "offset": offset,
            "length": length,
            "sha256": sha256,
            **dict(zip(("left", "top", "side"), lies[i], strict=True)),
            "joints_px": joints[i].ravel(),
        }


def _lay(config: Config, clip: _Clip, good: NDArray[np.bool_]) -> Array:
    """Decide where the squares lie: (T, 3) left, top, side in frame px."""
    if config.camera == "whole":
        return windows.whole_windows(clip.sizes)
    boxes = windows.extents(clip.joints_px)
    differ = len(np.unique(clip.sizes, axis=0)) > 1  # then it is no video
    look = config.camera == "auto" and not differ
    shift = camera_shift(clip.frames, boxes) if look else 0.0
    if good.any():  # a doubtful pose must not stretch the window of the others
        boxes[~good] = np.nan
    strays = windows.spread(boxes)
    restless = shift > config.still_share or strays > config.spread_limit
    moving = config.camera == "moving" or (config.camera == "auto" and (restless or differ))
    if not moving or not np.isfinite(boxes).all(axis=1).any():
        return windows.still_window(boxes, clip.size, config.margin)
    print(
        f"crops: {clip.name}: one window per frame (the background moves by {shift:.1%} of the "
        f"width, the person strays over {strays:.1f} times their own size)"
    )
    return windows.moving_windows(boxes, clip.sizes, config.margin)


def _report(config: Config, clip: _Clip, lies: Array, usable: NDArray[np.bool_]) -> None:
    enlarged = config.size / lies[:, 2].min()
    if enlarged > 1:
        print(f"crops: {clip.name}: the person is far away, enlarged up to {enlarged:.1f} times")
    if not usable.all():
        print(f"crops: {clip.name}: {(~usable).sum()} of {len(usable)} squares are not usable")
