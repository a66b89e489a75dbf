"""The action videos of Balakrishnan et al. (2018): golf, tennis and workouts from YouTube."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from repose.datasets import checks
from repose.datasets.base import Card, GivenPose, Layout, Offence, Still
from repose.datasets.listing import Clip, safe_names
from repose.datasets.matlab import from_matlab, read_mat
from repose.datasets.sequences import folders_in, joined, numbered_images, stills_of
from repose.errors import ReposeError
from repose.skeleton import JOINT_SETS

SPLITS = ("train", "test")
JOINT_SET = "mpii14"

CARD = Card(
    title="action videos",
    paper="Balakrishnan et al., Synthesizing Images of Humans in Unseen Poses, CVPR 2018",
    licence="none stated: frames of YouTube videos, for research; do not pass on",
    size="266 videos (136 golf, 60 workout, 70 tennis), with 14 joints in 2D",
    obtain="posewarp_data.tgz by the link in the README of balakg/posewarp-cvpr2018, which also"
    " holds one video of each split",
    layouts=(),
    needs={"": ("train/frames/*", "train/info/*.mat", "test/frames/*", "test/info/*.mat")},
)

_COUNTS = {"videos": 266}
_GET = "unpack posewarp_data.tgz again"


def read(folders: Sequence[Path], listing: Path | None, layout: str) -> Layout:
    """List the videos' frames, with their joints; nobody says who is seen, so each is a person.

    Args:
        folders: Where it lies.
        listing: A table of splits, which then counts in place of the folders train and test.
        layout: There is but one.

    Raises:
        ReposeError: missing-folder, missing-file, bad-file-name, bad-listing, bad-folders
            or bad-annotations.
    """
    return joined([_read_folder(folder) for folder in folders], listing)


def check(folder: Path, layout: str) -> Iterator[Offence]:
    """Find what is wrong with a copy: counts, names, images, joints, info without frames."""
    found, offences = checks.readable(lambda: read([folder], None, layout), folder)
    yield from offences
    if found is None:
        return
    yield from checks.short_counts(folder, {"videos": len(found.clips)}, _COUNTS, _GET)
    for split in SPLITS:
        for info in sorted((folder / split / "info").glob("[!.]*.mat")):
            if not (folder / split / "frames" / info.stem).is_dir():
                yield Offence(info, "joints of a video without frames", _GET)
    yield from checks.noted(found, folder, _GET)
    yield from checks.images(found)


def _read_folder(folder: Path) -> Layout:
    found = [(split, video) for split in SPLITS for video in folders_in(folder / split / "frames")]
    clips, stills, poses = [], [], []
    notes: list[str] = []
    # Names are YouTube's, with spaces and all; both splits may have the same.
    names = safe_names([f"{split}/{video.name}.clip" for split, video in found])
    for name, (split, video) in zip(names, found, strict=True):
        clips.append(Clip(name, video, name, f"{name}/only", "", split, None))
        images, passed = numbered_images(video)
        seen = list(stills_of(name, images, 1, video.parent))
        given, said = _poses(folder / split / "info" / f"{video.name}.mat", seen)
        stills += seen
        poses += given
        notes += passed + said
    return Layout(clips, stills, poses, (), notes)


def _poses(path: Path, stills: Sequence[Still]) -> tuple[list[GivenPose], list[str]]:
    """Give the joints of a video's frames: column k of X belongs to the image k + 1."""
    joints, score = _joints(path)
    given = [still for still in stills if 0 <= still.frame < len(joints)]
    nothing = np.full((joints.shape[1], 3), np.nan, np.float32)
    poses = [GivenPose(s.clip, s.frame, joints[s.frame], nothing, score[s.frame]) for s in given]
    notes = []
    if len(given) < len(stills):
        notes.append(f"{path}: {len(stills) - len(given)} of {len(stills)} frames have no joints")
    if len(given) < len(joints):
        notes.append(f"{path}: {len(joints) - len(given)} of {len(joints)} frames are not there")
    return poses, notes


def _joints(path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Read a video's joints: (F, 19, 3) px with z missing, and (F, 19) scores."""
    mend = "take the file that the data set came with"
    data: Any = read_mat(path, "data")
    x = data[0].get("X") if type(data) is list and len(data) == 1 and data[0] else None
    count = len(JOINT_SETS[JOINT_SET])
    if not isinstance(x, np.ndarray):
        raise ReposeError("bad-annotations", "no data.X in it", path=path, mend=mend)
    x = x.reshape(*x.shape, 1) if x.ndim == 2 else x  # MATLAB drops the axis of a single frame
    if x.shape[:2] != (count, 2) or x.ndim != 3:
        said = f"data.X of shape {x.shape}, not ({count}, 2, frames)"
        raise ReposeError("bad-annotations", said, path=path, mend=mend)
    return from_matlab(np.moveaxis(x, 2, 0), JOINT_SET)
