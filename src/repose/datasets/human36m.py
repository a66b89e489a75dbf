"""Human3.6M as mmpose lays it out: images by sequence and camera, and joints in .npz files.

Each sequence is seen by four cameras at 50 Hz. Frames are numbered from 1 in steps of 5 where
only 10 Hz were kept; the gaps stay, so `frames.rate: 10` takes the same frames of both.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from repose.datasets import checks
from repose.datasets.base import Card, GivenPose, Layout, Offence, Still
from repose.datasets.human36m_poses import CAMERAS, read_annotations
from repose.datasets.listing import Clip
from repose.datasets.sequences import clip_names, folders_in, joined, numbered_images, stills_of

FPS = 50.0
IMAGES = "images"
SPLITS = {
    **dict.fromkeys(("S1", "S5", "S6", "S7", "S8"), "train"),
    **dict.fromkeys(("S9", "S11"), "test"),
}

_ANNOTATIONS = tuple(
    f"annotation_body3d/{name}" for name in (CAMERAS, "*/h36m_train.npz", "*/h36m_test.npz")
)

CARD = Card(
    title="Human3.6M",
    paper="Ionescu et al., TPAMI 2014",
    licence="academic use by registered persons; no redistribution",
    size="3.6 million poses of 11 subjects, 7 of them with joints, by 4 cameras at 50 Hz",
    obtain="register at vision.imar.ro/human3.6m, then run mmpose's preprocess_h36m.py",
    layouts=(),
    needs={"": ("images/S*/S*", *_ANNOTATIONS)},
)

# Two takes each of 15 actions by 4 cameras; one video of S11 was never usable.
_COUNTS = {"subjects": 7, "videos": 839}
_CAMERAS = ("54138969", "55011271", "58860488", "60457274")
_UNUSABLE = ("S11_Directions", "54138969")
_SEQUENCE = re.compile(r"(S[0-9]+)_(.+)\.([0-9]+)")
_GET = "run mmpose's preprocess_h36m.py for what is missing"


def read(folders: Sequence[Path], listing: Path | None, layout: str) -> Layout:
    """List the sequences, their images and joints; person and outfit are the subject.

    Args:
        folders: Where it lies.
        listing: A table of splits, which then counts in place of the data set's own.
        layout: There is but one.

    Raises:
        ReposeError: missing-folder, missing-file, bad-file-name, bad-listing, bad-folders,
            bad-pickle; bad-annotations, also of joints whose frame of reference is unknown.
    """
    return joined([_read_folder(folder) for folder in folders], listing)


def check(folder: Path, layout: str) -> Iterator[Offence]:
    """Find what is wrong with a copy: counts, names, cameras, images, joints."""
    found, offences = checks.readable(lambda: read([folder], None, layout), folder)
    yield from offences
    if found is None:
        return
    subjects = {clip.person for clip in found.clips}
    counts = {"subjects": len(subjects), "videos": len(found.clips)}
    yield from checks.short_counts(folder, counts, _COUNTS, _GET)
    yield from _lone(found.clips)
    yield from checks.noted(found, folder, _GET)
    yield from checks.images(found)


def _lone(clips: Sequence[Clip]) -> Iterator[Offence]:
    """Yield the takes that not all four cameras show."""
    takes: dict[str, list[Clip]] = {}
    for clip in clips:
        takes.setdefault(clip.path.name.rpartition(".")[0], []).append(clip)
    for take, views in takes.items():
        cameras = {clip.path.suffix[1:] for clip in views}
        missing = [c for c in _CAMERAS if c not in cameras and (take, c) != _UNUSABLE]
        if missing:
            said = f"{take} is not there by camera {', '.join(missing)}"
            yield Offence(views[0].path.parent, said, _GET)


def _read_folder(folder: Path) -> Layout:
    images = folder / IMAGES
    clips, notes = _clips(images)
    stills: list[Still] = []
    for clip in clips:
        numbered, passed = numbered_images(clip.path)
        stills += stills_of(clip.clip, numbered, 1, images)
        notes += passed
    annotated, said = read_annotations(folder)
    named = {still.name: still for still in stills}
    poses = [
        GivenPose(named[name].clip, named[name].frame, *pose)
        for name, pose in annotated.items()
        if name in named
    ]
    absent, bare = len(annotated) - len(poses), len(stills) - len(poses)
    if absent:
        said.append(f"{absent:,} of {len(annotated):,} images that have joints are not there")
    if bare:
        said.append(f"{bare:,} of {len(stills):,} images have no joints")
    return Layout(clips, stills, poses, (), notes + said)


def _clips(images: Path) -> tuple[list[Clip], list[str]]:
    found, notes = [], []
    for subject in folders_in(images):
        for sequence in folders_in(subject):
            match = _SEQUENCE.fullmatch(sequence.name)
            if match and match[1] == subject.name in SPLITS:
                found.append((sequence, match))
            else:
                why = "no sequence of a subject with joints"
                notes.append(f"{sequence}: {why}, so it was left out")
    names = clip_names([(m[1], m[2], m[3]) for _, m in found])
    clips = [
        Clip(
            *(name, path, match[1], f"{match[1]}/only", match[2], SPLITS[match[1]], None),
            fps=FPS,
        )
        for name, (path, match) in zip(names, found, strict=True)
    ]
    return clips, notes
