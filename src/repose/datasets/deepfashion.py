"""DeepFashion In-shop Clothes Retrieval (Liu et al. 2016), as its many users keep it.

A person is a garment (gender and id), which one model wears in all its colours; an outfit is one
colour of it, and its images, in the order of their numbers, are a clip.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from repose.datasets import fashion_check, fashion_lists
from repose.datasets.base import Card, GivenPose, Key, Layout, Offence, OfficialPair, Still
from repose.datasets.fashion_lists import Pair, parse
from repose.datasets.fashion_names import FashionName
from repose.datasets.keypoint_lists import to_pose
from repose.datasets.listing import Clip
from repose.datasets.pictures import size_of
from repose.datasets.split_table import read_split_table
from repose.errors import ReposeError
from repose.skeleton import JOINTS

_FLAT_NEEDS = (
    *("*.jpg", "fas*ion*-pairs-train.csv", "fas*ion*-pairs-test.csv"),
    *("fas*ion*-annotation-train.csv", "fas*ion*-annotation-test.csv"),
)

CARD = Card(
    title="DeepFashion In-shop Clothes Retrieval",
    paper="Liu et al., CVPR 2016; pair lists by Siarohin et al. 2018 and Zhu et al. 2019 (PATN)",
    licence="non-commercial research only; the images may not be passed on",
    size="52,712 images; PATN's lists: 48,674 + 4,038 images, 101,966 + 8,570 pairs",
    obtain="ask for the password of img.zip or img_highres.zip by the form on the data set's page;"
    " lists of pairs and joints are offered in the README of PATN, GFLA, NTED or Siarohin's"
    " pose-gan, poses.pkl of fashion3d in that of warp3d",
    layouts=("patn", "siarohin", "nted", "knoche"),
    needs={
        "patn": (*_FLAT_NEEDS, "train.lst", "test.lst"),
        "siarohin": _FLAT_NEEDS,
        "nted": ("img/**/*.[jp][pn]g", "pose/**/*.txt", "train_pairs.txt", "test_pairs.txt"),
        "knoche": ("images/**/*.[jp][pn]g", "poses.pkl", "valid.txt", "test.txt"),
    },
    folders=("deepfashion", "fashion", "fashion3d"),  # the last two as config/ has them
)

_SPELLED = {"patn": "patn", "siarohin": "siarohin"}  # others use the data set's own names


def read(folders: Sequence[Path], listing: Path | None, layout: str) -> Layout:
    """List the outfits with their images, joints and pairs.

    Args:
        folders: Where images and lists lie, in any folders inside.
        listing: A table of splits, which then counts in place of the copy's own lists.
        layout: One of the card's.

    Raises:
        ReposeError: missing-folder, missing-file, bad-listing or bad-pickle.
    """
    for folder in folders:
        if not folder.is_dir():
            mend = "correct videos in the config"
            raise ReposeError("missing-folder", "no such folder", path=folder, mend=mend)
    images = fashion_lists.find_images(folders, layout)
    copy = _Copy(folders, layout, images, _splits(folders, images, layout, listing))
    poses, pose_notes = _knoche_poses(copy) if layout == "knoche" else _poses(copy)
    pairs, pair_notes = _pairs(copy)
    stills = [Still(*key, _spell(name, layout), images[name][0]) for key, name in copy.frames]
    return Layout(copy.clips(), stills, poses, pairs, [*copy.notes(), *pose_notes, *pair_notes])


def check(folder: Path, layout: str) -> Iterator[Offence]:
    """Find what is wrong with a copy: counts, names, splits, lists, joints, broken images."""
    yield from fashion_check.check(CARD.needs[layout], folder, layout, read)


def _splits(
    folders: Sequence[Path],
    images: Mapping[FashionName, Sequence[Path]],
    layout: str,
    listing: Path | None,
) -> dict[FashionName, set[str]]:
    if listing is None:
        return fashion_lists.read_splits(folders, images, layout)
    table = read_split_table(listing)
    return {n: {table[outfit]} for n in images if (outfit := _outfit(n)) in table}


def _outfit(name: FashionName) -> str:
    return f"{name.person}/{name.outfit}"


def _spell(name: FashionName, layout: str) -> str:
    return str(getattr(name, _SPELLED.get(layout, "official")))


@dataclass(frozen=True)
class _Copy:
    """The images of a copy and their splits; an image of two splits counts for the test."""

    folders: Sequence[Path]
    layout: str
    images: Mapping[FashionName, Sequence[Path]]
    splits: Mapping[FashionName, set[str]]

    def split(self, name: FashionName) -> str:
        """Return where an image belongs; "" where no list tells of any."""
        return min(self.splits.get(name, {""}))  # test, train, valid

    @cached_property
    def groups(self) -> dict[str, list[FashionName]]:
        """The images of each clip in order; an outfit of two splits is two clips."""
        splits: dict[str, set[str]] = {}
        used = [name for name in self.images if name in self.splits or not self.splits]
        for name in used:
            splits.setdefault(_outfit(name), set()).add(self.split(name))
        groups: dict[str, list[FashionName]] = {}
        for name in sorted(used, key=lambda n: (n.person, n.outfit, n.shot, n.view, n)):
            several = len(splits[_outfit(name)]) > 1
            clip = f"{name.person}_{name.outfit}" + (f"_{self.split(name)}" if several else "")
            groups.setdefault(clip, []).append(name)
        return groups

    @cached_property
    def frames(self) -> list[tuple[Key, FashionName]]:
        """Every image with its clip and place in it."""
        groups = self.groups.items()
        return [((clip, i), name) for clip, names in groups for i, name in enumerate(names)]

    def clips(self) -> list[Clip]:
        """Return the clips, each with the folder of its first image."""
        return [
            Clip(clip, self.images[first][0].parent, first.person, _outfit(first), "", split, None)
            for clip, (first, *_) in self.groups.items()
            for split in [self.split(first)]
        ]

    def notes(self) -> Iterator[str]:
        """Say which images are left out, or in a split by a rule."""
        if unlisted := len([n for n in self.images if self.splits and n not in self.splits]):
            yield f"{unlisted} images are in no list and are left out"
        if twice := len([n for n in self.images if len(self.splits.get(n, ())) > 1]):
            yield f"{twice} images are in train and test; they count for the test"
        if self.images and not self.splits:
            yield "no list tells the splits: persons are drawn"


def _poses(copy: _Copy) -> tuple[list[GivenPose], list[str]]:
    """Carry OpenPose's joints into the images."""
    joints = fashion_lists.read_joints(copy.folders, copy.layout)
    annotated = fashion_lists.annotated_width(joints)
    poses, missing, widths = [], 0, set()
    for key, name in copy.frames:
        size = size_of(copy.images[name][0]) if name in joints else None
        if size is None:
            missing += 1
            continue
        points = fashion_lists.into_image(joints[name], annotated, size)
        poses.append(to_pose(*key, points))
        widths.add(256 if fashion_lists.is_square(size) else 176)
    notes = [f"{missing} images have no joints in the lists"] if missing else []
    if others := widths - {annotated}:
        notes.append(
            f"the joints are of images {annotated} px wide, images are cut like those of"
            f" {others.pop()} px: joints moved along by 40 px"
        )
    return poses, notes


def _knoche_poses(copy: _Copy) -> tuple[list[GivenPose], list[str]]:
    """Take the 3D joints of fashion3d: px of 256 px images, in the order of our own."""
    found = fashion_lists.read_knoche(copy.folders)
    joints = {name: array for key, array in found.items() if (name := parse(key)) is not None}
    poses, missing = [], 0
    for key, name in copy.frames:
        size = size_of(copy.images[name][0]) if name in joints else None
        if size is None:
            missing += 1
            continue
        no_mm = np.full((len(JOINTS), 3), np.nan, np.float32)
        scaled = joints[name] * np.float32(size[0] / 256)
        poses.append(GivenPose(*key, scaled, no_mm, np.ones(len(JOINTS), np.float32)))
    return poses, [f"{missing} images have no pose in poses.pkl"] if missing else []


def _pairs(copy: _Copy) -> tuple[list[OfficialPair], list[str]]:
    """Take the pairs of the lists, or make them by the rule where there is no list."""
    if copy.layout == "knoche":
        return [], ["fashion3d has no lists of pairs: they are drawn"]
    notes: list[str] = []
    listed: list[Pair] = list(fashion_lists.read_pair_lists(copy.folders, copy.layout))
    if not listed:
        joints = fashion_lists.read_joints(copy.folders, copy.layout)
        listed = fashion_lists.rule_pairs(joints, {n: {copy.split(n)} for n in copy.images})
        notes.append(
            f"no list of pairs: {len(listed)} made by Siarohin's rule (all ordered pairs of an"
            " outfit whose shoulders and hips are there)"
        )
    where = {name: key for key, name in copy.frames}
    pairs, lost, strange = [], 0, 0
    for split, *names in listed:
        ends = [name for text in names if (name := parse(text)) in where and name is not None]
        if len(ends) < 2:
            lost += 1
        elif {copy.split(name) for name in ends} - {split, ""}:
            strange += 1
        else:
            pairs.append(OfficialPair(split, where[ends[0]], where[ends[1]]))
    if lost:
        notes.append(f"{lost} pairs name images that are not there and are left out")
    if strange:
        notes.append(f"{strange} pairs name images of another split and are left out")
    return pairs, notes
