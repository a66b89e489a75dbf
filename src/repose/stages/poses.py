"""From frames to one person's 3D joints per frame."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from repose.data.crops import ClipFrames
from repose.data.packs import Pack
from repose.data.tables import make_table, read_parts, read_table, write_table
from repose.errors import ReposeError, nearest
from repose.manifests import write_manifest
from repose.poses import Clip, Pose, PoseEstimator, Settings, load
from repose.poses.base import Array
from repose.poses.given import as_pose
from repose.poses.tracking import Limits, Track, follow
from repose.progress import track

ON_BAD_CLIP = ("stop", "keep")
GIVEN = "given"  # the estimator that reads what the data set brings along


@dataclass(frozen=True)
class Config:
    """The estimator, its thresholds and files, and how its poses are held to one person."""

    estimator: str
    detection_score: float
    tracking_score: float
    smooth: bool
    config: str
    weights: str
    weights_sha256: str
    lifter_config: str
    lifter_weights: str
    lifter_sha256: str
    detector_config: str
    detector_weights: str
    detector_sha256: str
    jump_torsos: float
    second_every: int
    second_score: float
    on_bad_clip: str


def run(
    config: Config,
    *,
    shard: int,
    clips: Path,
    frames: Path,
    stills: Path,
    given_poses: Path,
    metro: list[Path] | None = None,
    output: Path,
) -> None:
    """Estimate the poses of one shard's clips.

    Every frame has its row; where no person was found it says so and its joints are NaN.

    Raises:
        ReposeError: no-person, when a clip has nobody in it and `on_bad_clip` is `stop`.
    """
    estimator = _load(config, metro)
    limits = Limits(config.jump_torsos, config.second_every, config.second_score)
    clip_facts = read_table(clips, "clips").set_index("clip")
    index = read_table(frames / "frames.parquet", "frames").sort_values(["clip", "frame"])
    pack = Pack(frames / "frames.pack")
    read = config.estimator == GIVEN
    given = _Given.read(given_poses, stills, index["clip"]) if read else None
    rows: list[dict[str, Any]] = []
    groups = index.groupby("clip")
    for clip, stored in track(groups, "poses", total=len(groups)):
        facts = clip_facts.loc[clip]
        pictures = ClipFrames(pack, stored)
        found = _estimate(estimator, limits, _clip(clip, stored, facts, given), pictures)
        _report(clip, found, facts["path"], config.on_bad_clip)
        rows.extend(_rows(clip, stored, found.poses, estimator))
    write_table(make_table("poses", rows), output, "poses", {"shard": shard})
    write_manifest(output, asdict(config) | {"shard": shard})
    seen = sum(row["detected"] for row in rows)
    print(
        f"poses: {estimator.name} found a person in {seen} of {len(rows)} frames, "
        f"{len(groups)} clips of shard {shard}"
    )


def _load(config: Config, metro: list[Path] | None) -> PoseEstimator:
    if config.on_bad_clip not in ON_BAD_CLIP:
        mend = nearest(config.on_bad_clip, ON_BAD_CLIP)
        raise ReposeError("unknown-value", f"poses.on_bad_clip: {config.on_bad_clip}", mend=mend)
    network = {"weights": str(metro[0])} if metro else {}
    return load(config.estimator, Settings.taken_from(asdict(config) | network))


@dataclass(frozen=True)
class _Given:
    """What the data set gives of some clips, by clip and frame of the source.

    Attributes:
        poses: Joints in px and mm, and their scores.
        sides: The longer side of each image, px, of the clips that come as images.
    """

    poses: Mapping[tuple[str, int], tuple[Array, Array, Array]]
    sides: Mapping[tuple[str, int], int]

    @staticmethod
    def read(poses: Path, stills: Path, clips: pd.Series) -> "_Given | None":
        """Read the tables; None where the data set gives no pose at all."""
        some, found = False, {}
        for part in read_parts(poses, "given_poses"):
            some |= len(part) > 0
            for row in part[part["clip"].isin(clips)].itertuples():
                joints = (row.joints_px.reshape(-1, 3), row.joints_mm.reshape(-1, 3))
                found[row.clip, row.frame] = (*joints, row.score)
        images = read_table(stills, "stills")
        images = images[images["clip"].isin(clips)]
        keys = zip(images["clip"], images["frame"], strict=True)
        sides = images[["width", "height"]].max(axis=1)
        return _Given(found, dict(zip(keys, sides, strict=True))) if some else None

    def of(self, clip: str, stored: pd.DataFrame, side: int) -> Iterator[Pose]:
        """Give the pose of each frame; `side` is the longer one of the clip, if it is a video."""
        for frame in stored.itertuples():
            key = (clip, frame.source_frame)
            scale = max(frame.width, frame.height) / self.sides.get(key, side)
            yield as_pose(*self.poses[key], scale) if key in self.poses else Pose.missing()


def _clip(name: str, stored: pd.DataFrame, facts: pd.Series, given: _Given | None) -> Clip:
    truth = Path(facts["truth"]) if facts["truth"] else None
    sides = (stored[["width", "height"]].iloc[0].max(), facts[["width", "height"]].max())
    scale = sides[0] / sides[1] if sides[1] else 1.0
    poses = tuple(given.of(name, stored, int(sides[1]))) if given else None
    return Clip(name, tuple(stored["source_frame"].tolist()), truth, scale, poses)


def _estimate(
    estimator: PoseEstimator, limits: Limits, clip: Clip, pictures: Sequence[Any]
) -> Track:
    poses = estimator.estimate(pictures, clip)
    return Track(poses) if estimator.exact else follow(estimator, pictures, poses, limits)


def _report(clip: str, found: Track, path: str, on_bad_clip: str) -> None:
    """Say what a user should know about a clip, or stop at one without a person."""
    missing = sum(not pose.detected for pose in found.poses)
    if missing == len(found.poses):
        if on_bad_clip == "stop":
            raise ReposeError(
                "no-person",
                f"nobody is seen in the {missing} frames of clip {clip}",
                path=path,
                mend="remove the video, or set poses.on_bad_clip to keep",
            )
        print(f"poses: {clip}: nobody is seen in {missing} frames; kept and marked")
        return
    if found.others or found.second:
        print(
            f"poses: {clip}: more than one person (in {found.second} of {found.looked} frames "
            f"looked at); the one nearest to the clip's own track is kept, {found.others} frames "
            "put right"
        )
    if missing:
        print(
            f"poses: {clip}: no person in {missing} of {len(found.poses)} frames "
            f"({found.dropped} poses too far from the track); kept and marked"
        )


def _rows(
    clip: str, stored: pd.DataFrame, poses: Sequence[Pose], estimator: PoseEstimator
) -> Iterator[dict[str, Any]]:
    for frame, pose in zip(stored["frame"], poses, strict=True):
        yield {
            "clip": clip,
            "frame": frame,
            "detected": pose.detected,
            "joints_px": pose.joints_px.ravel(),
            "joints_mm": pose.joints_mm.ravel(),
            "score": pose.score,
            "people": pose.people,
            "estimator": estimator.name,
            "version": estimator.version,
        }
