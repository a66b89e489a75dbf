"""iPER: 30 people in 103 outfits, each filmed turning in A-pose (1) and moving freely (2).

Three layouts: the released videos; their frames as Liquid Warping GAN cuts them; and those of
Knoche et al. (2020), with poses.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from repose.datasets import checks
from repose.datasets.base import Card, GivenPose, Layout, Offence, Still
from repose.datasets.iper_splits import Name, read_splits
from repose.datasets.knoche_poses import read_poses
from repose.datasets.listing import Clip
from repose.datasets.sequences import (
    clip_names,
    folders_in,
    joined,
    numbered_images,
    stills_of,
    visible,
)
from repose.errors import ReposeError

VIDEO, FRAMES, KNOCHE = "video", "frames", "knoche"
POSES = "poses.pkl"
SIDE = 256  # px of Knoche's images, to which the poses belong

CARD = Card(
    title="iPER",
    paper="Liu et al., Liquid Warping GAN, ICCV 2019",
    licence="research only; ask its authors before anything of it is shown or passed on",
    size="206 videos of 103 outfits of 30 people, 256 x 256 px; about 5 GB as frames",
    obtain="iPER_256_video_release.zip, train.txt and val.txt by the links in iPERCore's"
    " docs/manually_download_datasets.md; poses.pkl by Knoche et al.'s links",
    layouts=(VIDEO, FRAMES, KNOCHE),
    needs={
        VIDEO: ("*_*_*.mp4", "val.txt"),
        FRAMES: ("images/*/*/*", "val.txt"),
        KNOCHE: ("iPER/images/*/*/*", "iPER/poses.pkl", "val.txt"),
    },
)

_COUNTS = {"people": 30, "outfits": 103, "videos": 206}
_TEST_OUTFITS = 21
_ACTIONS = {"1": "turn", "2": "free"}
_VIDEO = re.compile(r"([0-9]+)_([0-9]+)_([0-9]+)\.mp4", re.IGNORECASE)
_GET = "fetch the missing ones"


def read(folders: Sequence[Path], listing: Path | None, layout: str) -> Layout:
    """List iPER's videos, or the frames of each.

    Splits are of outfits, as in the papers: the same person may be in all three. `val.txt` is the
    test (the same 21 outfits for all papers), `valid.txt`, where there is one, Knoche's third
    part; the rest is for training.

    Args:
        folders: Where it lies.
        listing: A table of splits, which then counts in place of the data set's own.
        layout: `video`, `frames` or `knoche`.

    Raises:
        ReposeError: missing-folder, missing-file, bad-file-name, bad-listing, bad-folders or
            bad-pickle.
    """
    return joined([_read_folder(folder, layout) for folder in folders], listing)


def check(folder: Path, layout: str) -> Iterator[Offence]:
    """Find what is wrong with a copy: counts, names, splits, images, poses."""
    found, offences = checks.readable(lambda: read([folder], None, layout), folder)
    yield from offences
    if found is None:
        return
    counts = {
        "people": len({clip.person for clip in found.clips}),
        "outfits": len({clip.outfit for clip in found.clips}),
        "videos": len(found.clips),
    }
    yield from checks.short_counts(folder, counts, _COUNTS, _GET)
    tests = {clip.outfit for clip in found.clips if clip.split == "test"}
    if len(tests) != _TEST_OUTFITS:
        said = f"{len(tests)} of {_TEST_OUTFITS} outfits of the test"
        yield Offence(folder, said, "put the official val.txt and what it names there")
    yield from checks.noted(found, folder, "take the official files")
    yield from checks.videos([clip.path for clip in found.clips if layout == VIDEO])
    yield from checks.images(found, _wrong_size if layout == KNOCHE else None)


def _wrong_size(size: checks.Size) -> str:
    fits = size == (SIDE, SIDE)
    return "" if fits else f"{size[0]} x {size[1]} px, where the poses are for {SIDE} x {SIDE}"


def _read_folder(folder: Path, layout: str) -> Layout:
    root = folder / "iPER" if (folder / "iPER").is_dir() else folder
    if not root.is_dir():
        mend = "correct videos in the config"
        raise ReposeError("missing-folder", "no such folder", path=root, mend=mend)
    if layout == VIDEO:
        paths, notes = _videos(root)
    else:
        paths, notes = _actions(root / "images")
    splits = read_splits((root, folder), paths)  # the lists come apart from the images
    clips = _clips(paths, splits.given)
    notes += splits.notes
    if layout == VIDEO:
        return Layout(clips, notes=notes)
    stills: list[Still] = []
    for clip, path in zip(clips, paths.values(), strict=True):
        images, passed = numbered_images(path)
        # Knoche counts frames from 1, the others from 0; a frame 0 shows which it is.
        first = 1 if layout == KNOCHE and 0 not in images else 0
        stills += stills_of(clip.clip, images, first, root / "images")
        notes += passed
    clips, stills, dropped = _drop_single(clips, stills)
    if layout == FRAMES:
        return Layout(clips, stills, notes=notes + dropped)
    poses, missing = _poses(root / POSES, paths, clips, stills)
    return Layout(clips, stills, poses, (), notes + dropped + missing)


def _videos(root: Path) -> tuple[dict[Name, Path], list[str]]:
    """Find the videos by person, outfit and action."""
    found: dict[Name, Path] = {}
    notes = []
    for folder in (root, *folders_in(root)):
        for path in visible(folder):
            match = _VIDEO.fullmatch(path.name)
            name = (match[1], match[2], match[3]) if match else None
            if name and name not in found:
                found[name] = path
            elif path.suffix.lower() == ".mp4":
                why = "comes twice" if name else "is not named person_outfit_action.mp4"
                notes.append(f"{path}: {why}, so it was left out")
    return dict(sorted(found.items())), notes


def _actions(images: Path) -> tuple[dict[Name, Path], list[str]]:
    """Find the folders of frames by person, outfit and action."""
    found = {
        (person.name, outfit.name, action.name): action
        for person in folders_in(images)
        for outfit in folders_in(person)
        for action in folders_in(outfit)
    }
    return found, []


def _clips(paths: Mapping[Name, Path], splits: Mapping[Name, str]) -> list[Clip]:
    names = clip_names(list(paths))
    return [
        Clip(
            *(name, path, person, f"{person}/{outfit}", _ACTIONS.get(action, action)),
            *(splits.get((person, outfit, action), ""), None),
        )
        for name, ((person, outfit, action), path) in zip(names, paths.items(), strict=True)
    ]


def _drop_single(
    clips: list[Clip], stills: list[Still]
) -> tuple[list[Clip], list[Still], list[str]]:
    """Leave out outfits of fewer than two frames: they make no pair."""
    outfits = {clip.clip: clip.outfit for clip in clips}
    counts = dict.fromkeys(outfits.values(), 0)
    for still in stills:
        counts[outfits[still.clip]] += 1
    single = [outfit for outfit, count in counts.items() if count < 2]
    return (
        [clip for clip in clips if clip.outfit not in single],
        [still for still in stills if outfits[still.clip] not in single],
        [f"outfit {outfit} has fewer than 2 frames, so it was left out" for outfit in single],
    )


def _poses(
    path: Path, paths: Mapping[Name, Path], clips: Sequence[Clip], stills: Sequence[Still]
) -> tuple[list[GivenPose], list[str]]:
    """Give each still its pose; those without one are counted.

    The poses' z is in px of the image, at the pelvis' scale, and centred. Their mm are not given.
    """
    named = {_key(name): joints for name, joints in read_poses(path).items()}
    by_clip = {folder: name for name, folder in paths.items()}
    names = {clip.clip: tuple(map(_number, by_clip[clip.path])) for clip in clips}
    numbers: dict[str, list[str | int]] = {clip.clip: [] for clip in clips}
    for still in stills:
        numbers[still.clip].append(_number(still.path.stem))
    behind = {clip for clip, name in names.items() if _count_from_1(named, name, numbers[clip])}
    poses, nothing = [], np.full((19, 3), np.nan, np.float32)
    for still in stills:
        number = still.frame + 1 if still.clip in behind else _number(still.path.stem)
        joints = named.get((*names[still.clip], number))
        if joints is not None:
            score = np.ones(len(joints), np.float32)
            poses.append(GivenPose(still.clip, still.frame, joints, nothing, score))
    notes = []
    if behind:
        said = "have images from 0 and poses from 1: the first image has the first pose"
        notes.append(f"{len(behind)} videos {said}")
    if missing := len(stills) - len(poses):
        notes.append(f"{missing:,} of {len(stills):,} frames have no pose in {path.name}")
    return poses, notes


def _count_from_1(
    named: Mapping[tuple[str | int, ...], object],
    name: tuple[str | int, ...],
    images: Sequence[str | int],
) -> bool:
    """Tell whether the poses of a video count from 1 and its images, those of iPER, from 0."""
    last = max(number for number in images if isinstance(number, int)) if images else 0
    return 0 in images and (*name, 0) not in named and (*name, int(last) + 1) in named


def _key(name: str) -> tuple[str | int, ...]:
    return tuple(_number(part) for part in name.split("/"))


def _number(word: str) -> str | int:
    """Read "0007" and "7.png" as 7: folders, lists and poses.pkl pad as they like."""
    stem = re.sub(r"\.(png|jpe?g)$", "", word, flags=re.IGNORECASE)
    return int(stem) if stem.isascii() and stem.isdigit() else word
