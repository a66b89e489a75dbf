"""Frames of people whose joints are known: what the pose network learns from."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from repose.data.crops import ClipFrames
from repose.data.packs import Pack
from repose.data.tables import read_parts, read_table
from repose.errors import ReposeError
from repose.poses.base import Array, Clip, Image, Pose
from repose.poses.given import as_pose
from repose.poses.truth import TruthEstimator

Given = Mapping[tuple[str, int], tuple[Array, Array, Array]]


class Known(NamedTuple):
    """A frame whose joints are known: its picture is decoded when it is asked for."""

    frames: ClipFrames
    number: int
    pose: Pose


class PosedFrames:
    """The frames of some splits whose joints are all known, in px and in mm.

    The joints are the true ones where a clip has a file of them, else those that the data set
    gives; where it gives no mm, the frame is left out.

    Attributes:
        table: clip, frame, person, split and sha256 of each.
        joints_px: (N, 19, 2) float32, frame px.
        joints_mm: (N, 19, 3) float32, camera axes, pelvis at 0.

    Args:
        clips: The clip table; frames of other splits are not even decoded.
        frames: Folders of frames, one per shard.
        given_poses: The table of the poses that the data set gives.
        splits: Those that are wanted.

    Raises:
        ReposeError: no-true-joints; or what reading tables, packs and truth files raises.
    """

    def __init__(
        self, clips: Path, frames: Sequence[Path], given_poses: Path, splits: Sequence[str]
    ) -> None:
        facts = read_table(clips, "clips")
        facts = facts[facts["split"].isin(list(splits))].set_index("clip")
        given = _given(given_poses, facts.index[facts["truth"] == ""])
        rows, known = [], []
        for folder in frames:
            for who, one in _known(folder, facts, given):
                rows.append(who)
                known.append(one)
        if not rows:
            raise ReposeError(
                "no-true-joints",
                f"no frame in {', '.join(splits) or 'no split'} has all its joints in mm",
                path=clips,
                mend="take a data set with true joints, such as the studio or Human3.6M",
            )
        table = pd.DataFrame(rows, columns=["clip", "frame", "person", "split", "sha256"])
        order = table.sort_values(["clip", "frame"]).index.to_numpy()  # whatever the shards
        self.table = table.iloc[order].reset_index(drop=True)
        self._known = [known[i] for i in order]
        self.joints_px = np.stack([k.pose.joints_px[:, :2] for k in self._known])
        self.joints_mm = np.stack([k.pose.joints_mm for k in self._known])

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.table)

    @property
    def persons(self) -> list[str]:
        """Who is seen in them, sorted."""
        return sorted(set(self.table["person"]))

    def images(self, rows: np.ndarray) -> list[Image]:
        """Return the pictures of some rows, (H, W, 3) uint8 RGB each, of any sizes."""
        return [self._known[row].frames[self._known[row].number] for row in rows.tolist()]

    def fingerprint(self) -> str:
        """Return a hash of all pictures and joints, the same however they are sharded."""
        digest = hashlib.sha256(self.joints_px.tobytes())
        digest.update(self.joints_mm.tobytes())
        for row in self.table.itertuples():
            digest.update(f"{row.clip} {row.sha256}\n".encode())
        return digest.hexdigest()


def _given(path: Path, clips: Sequence[str]) -> Given:
    """Read what the data set gives of some clips, by clip and frame of its source."""
    found = {}
    for part in read_parts(path, "given_poses"):
        for row in part[part["clip"].isin(list(clips))].itertuples():
            joints = row.joints_px.reshape(-1, 3), row.joints_mm.reshape(-1, 3)
            found[row.clip, row.frame] = (*joints, row.score)
    return found


def _known(
    folder: Path, facts: pd.DataFrame, given: Given
) -> Iterator[tuple[tuple[str, int, str, str, str], Known]]:
    """Yield the row and the picture of each frame in a folder whose joints are known."""
    index = read_table(folder / "frames.parquet", "frames")
    index = index[index["clip"].isin(facts.index)].sort_values(["clip", "frame"])
    pack = Pack(folder / "frames.pack")
    for clip, stored in index.groupby("clip", sort=True):
        pictures, own = ClipFrames(pack, stored), facts.loc[clip]
        poses = _poses(str(clip), stored, own, given)
        for number, (frame, pose) in enumerate(zip(stored.itertuples(), poses, strict=True)):
            if pose is not None:
                row = str(clip), frame.frame, own["person"], own["split"], frame.sha256
                yield row, Known(pictures, number, pose)


def _poses(
    clip: str, stored: pd.DataFrame, facts: pd.Series, given: Given
) -> Iterator[Pose | None]:
    """Yield the pose of each stored frame, None where not all of its joints are known in mm."""
    sides = stored[["width", "height"]].iloc[0].max(), facts[["width", "height"]].max()
    scale = float(sides[0] / sides[1]) if sides[1] else 1.0
    sources = tuple(stored["source_frame"].tolist())
    if facts["truth"]:
        yield from TruthEstimator().estimate([], Clip(clip, sources, Path(facts["truth"]), scale))
        return
    for source in sources:
        of = given.get((clip, source))
        whole = of is not None and np.isfinite(of[0][:, :2]).all() and np.isfinite(of[1]).all()
        yield as_pose(*of, scale) if of is not None and whole else None
