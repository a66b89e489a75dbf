"""VGG's YouTube Pose: 100 frames each of 50 videos, with seven joints of the upper body."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from repose.datasets import checks
from repose.datasets.base import Card, GivenPose, Layout, Offence, Still
from repose.datasets.listing import Clip, safe_names
from repose.datasets.matlab import from_matlab, read_mat
from repose.datasets.sequences import joined, numbered_images
from repose.errors import ReposeError
from repose.skeleton import JOINT_SETS

FILE = "YouTube_Pose_dataset.mat"
JOINT_SET = "youtube7"
CORNERS, XYWH = "corners", "xywh"
# Under the wrong reading of `crop` most joints lie outside; under the right one a few may.
LEAST_INSIDE = 0.8

CARD = Card(
    title="VGG YouTube Pose",
    paper="Charles et al., Personalizing Human Video Pose Estimation, CVPR 2016",
    licence="none stated: frames of YouTube videos, for research; do not pass on",
    size="50 videos of 100 frames, with 7 joints in 2D",
    obtain=f"{FILE} and the frames from the VGG group's page on human pose data sets",
    layouts=(CORNERS, XYWH),
    needs=dict.fromkeys((CORNERS, XYWH), (FILE, "frames/*")),
)

_COUNTS = {"videos": 50, "frames": 5000}
_GET = "take frames and .mat file from the VGG group's page"


@dataclass(frozen=True)
class Video:
    """One entry of the .mat file.

    Args:
        name: Of its folder of frames.
        locs: (7, F, 2) px as MATLAB counts them, from 1.
        frames: (F,) numbers of the images.
        crop: (4,) the box that was annotated, or None.
    """

    name: str
    locs: NDArray[np.float64]
    frames: NDArray[np.int64]
    crop: NDArray[np.float64] | None


def read(folders: Sequence[Path], listing: Path | None, layout: str) -> Layout:
    """List the videos' frames with their joints; nobody says who is seen, so each is a person.

    A frame's place in its clip is that in the .mat file's list of frames: only 100 of each video
    were kept.

    Args:
        folders: Where it lies.
        listing: A table of splits; the data set has none, so videos are drawn without one.
        layout: How `crop` is meant: `corners` (x1, y1, x2, y2) or `xywh` (x, y, width, height).

    Raises:
        ReposeError: missing-folder, missing-file, bad-file-name, bad-listing, bad-annotations;
            wrong-crop, when the joints do not lie in the box that `layout` makes of `crop`.
    """
    return joined([_read_folder(folder, layout) for folder in folders], listing)


def check(folder: Path, layout: str) -> Iterator[Offence]:
    """Find what is wrong with a copy: counts, names, images, joints, the reading of `crop`."""
    found, offences = checks.readable(lambda: read([folder], None, layout), folder)
    yield from offences
    if found is None:
        return
    counts = {"videos": len(found.clips), "frames": len(found.stills)}
    yield from checks.short_counts(folder, counts, _COUNTS, _GET)
    yield from checks.noted(found, folder, _GET)
    yield from checks.images(found)


def read_videos(path: Path) -> list[Video]:
    """Read the .mat file.

    Raises:
        ReposeError: missing-file or bad-annotations.
    """
    data: Any = read_mat(path, "data")
    if type(data) is not list or not data or not all(type(entry) is dict for entry in data):
        said = "no struct 'data' of videos in it"
        raise ReposeError("bad-annotations", said, path=path, mend=_GET)
    videos = [_video(entry, number, path) for number, entry in enumerate(data, start=1)]
    twice = {video.name for video in videos if sum(v.name == video.name for v in videos) > 1}
    if twice:
        said = f"the video {min(twice)} comes twice"
        raise ReposeError("bad-annotations", said, path=path, mend=_GET)
    return videos


def crop_box(crop: NDArray[np.float64], layout: str) -> NDArray[np.float64]:
    """Return a `crop` as corners (x1, y1, x2, y2), whichever way it is meant."""
    return crop if layout == CORNERS else np.concatenate([crop[:2], crop[:2] + crop[2:]])


def share_inside(videos: Sequence[Video], layout: str) -> float:
    """Return the share of all joints that lie in their video's `crop`; NaN without any crop."""
    inside: list[bool] = []
    for video in videos:
        if video.crop is not None:
            x1, y1, x2, y2 = crop_box(video.crop, layout)
            points = video.locs[np.isfinite(video.locs).all(axis=-1)]
            within = np.logical_and(points >= (x1, y1), points <= (x2, y2))
            inside += np.all(within, axis=-1).tolist()
    return sum(inside) / len(inside) if inside else float("nan")


def _read_folder(folder: Path, layout: str) -> Layout:
    videos = read_videos(folder / FILE)
    clips, stills, poses = [], [], []
    notes = _check_crops(folder / FILE, videos, layout)
    names = safe_names([f"{video.name}.clip" for video in videos])
    for name, video in zip(names, videos, strict=True):
        path = folder / "frames" / video.name
        if not path.is_dir():
            notes.append(f"{path}: no such folder of frames, so the video was left out")
            continue
        clips.append(Clip(name, path, name, f"{name}/only", "", "", None))
        seen, said = _stills(name, path, video)
        stills += seen
        poses += _poses(video, seen)
        notes += said
    return Layout(clips, stills, poses, (), notes)


def _check_crops(path: Path, videos: Sequence[Video], layout: str) -> list[str]:
    """Refuse a reading of `crop` that the joints contradict, and say which fits."""
    other = XYWH if layout == CORNERS else CORNERS
    mine, others = (share_inside(videos, way) for way in (layout, other))
    said = f"{mine:.0%} of the joints lie in `crop` as {layout}, {others:.0%} as {other}"
    if np.isnan(mine) or mine >= LEAST_INSIDE:
        return []
    if others >= LEAST_INSIDE:
        raise ReposeError("wrong-crop", said, path=path, mend=f"set ingest.layout: {other}")
    return [f"{path}: {said}: neither reading fits"]


def _video(entry: dict[str, Any], number: int, path: Path) -> Video:
    def refuse(what: str) -> ReposeError:
        said = f"video {number}: {what}"
        return ReposeError("bad-annotations", said, path=path, mend=_GET)

    name, locs, frames, crop = map(entry.get, ("videoname", "locs", "frameids", "crop"))
    if type(name) is not str or not name or "/" in name or name.startswith(".") or "\0" in name:
        raise refuse("no videoname that a folder can have")
    if not isinstance(locs, np.ndarray) or locs.shape[:2] != (2, len(JOINT_SETS[JOINT_SET])):
        raise refuse("no locs of shape (2, 7, frames)")
    locs = locs.reshape(2, 7, -1)  # MATLAB drops the axis of a single frame
    if not isinstance(frames, np.ndarray) or frames.size != locs.shape[2]:
        raise refuse(f"not one of frameids for each of the {locs.shape[2]} frames of locs")
    if not np.isfinite(frames).all() or len(np.unique(frames)) < frames.size:
        raise refuse("frameids that are no numbers, or come twice")
    box = crop.ravel() if isinstance(crop, np.ndarray) and crop.size == 4 else None
    return Video(name, locs.transpose(1, 2, 0), frames.ravel().astype(np.int64), box)


def _stills(clip: str, folder: Path, video: Video) -> tuple[list[Still], list[str]]:
    images, notes = numbered_images(folder)
    stills = [
        Still(clip, place, f"{folder.name}/{images[number].name}", images[number])
        for place, number in enumerate(map(int, video.frames))
        if number in images
    ]
    missing = len(video.frames) - len(stills)
    if missing:
        notes.append(f"{folder}: {missing} of {len(video.frames)} annotated frames are not there")
    return stills, notes


def _poses(video: Video, stills: Sequence[Still]) -> list[GivenPose]:
    joints, score = from_matlab(video.locs.transpose(1, 0, 2), JOINT_SET)
    nothing = np.full(joints.shape[1:], np.nan, np.float32)
    return [GivenPose(s.clip, s.frame, joints[s.frame], nothing, score[s.frame]) for s in stills]
