"""Market-1501 (Zheng et al. 2015): people of 128 x 64 px, seen by six cameras.

A clip is an identity, its images in the order of their names. Junk (identity -1) and distractors
(0000) show nobody that has a name and are dropped, as are mirrored copies (`...r.jpg`), which some
scripts leave among the images.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from repose.datasets import checks
from repose.datasets.base import Card, Layout, Offence, OfficialPair, Still
from repose.datasets.keypoint_lists import (
    MEND,
    SPLITS,
    Points,
    find_list,
    make_pairs,
    read_annotation,
    read_pairs,
    to_pose,
)
from repose.datasets.listing import Clip
from repose.datasets.needs import missing
from repose.datasets.pictures import is_picture
from repose.datasets.split_table import read_split_table
from repose.errors import ReposeError

STEM = "market"
HOMES = {"bounding_box_train": "train", "bounding_box_test": "test", "query": "test"}
SIZE = (64, 128)  # px, width and height
TEST_PAIRS = 12_000  # drawn of all that the rule gives for the test
NOBODY = ("-1", "0000")  # junk, distractors
ONLY = "only"  # outfit of a person: nothing tells when they changed clothes

PUBLISHED: Mapping[str, int] = {
    **{"train images": 12_936, "train identities": 751, "test identities": 750},
    **{"train pairs": 263_632, "test pairs": TEST_PAIRS},
}

CARD = Card(
    title="Market-1501",
    paper="Zheng et al., ICCV 2015; pair lists by Siarohin et al. 2018 and Zhu et al. 2019 (PATN)",
    licence="research use only",
    size="32,668 images of 1,501 identities, 128 x 64 px; 263,632 + 12,000 pairs",
    obtain="Market-1501-v15.09.15.zip from the links on the data set's page; market-pairs-*.csv"
    " and market-annotation-*.csv from those in PATN's README",
    layouts=(),
    needs={
        "": (
            *("bounding_box_train/*.jpg", "bounding_box_test/*.jpg"),
            *("market-annotation-train.csv", "market-annotation-test.csv"),
            *("market-pairs-train.csv", "market-pairs-test.csv"),
        )
    },
)

# Some files of the release end in .jpg twice.
_NAME = re.compile(r"(-1|[0-9]{4})_c[0-9]s[0-9]_[0-9]{6}_[0-9]{2}(?P<mirrored>r?)(\.jpg)+")


def read(folders: Sequence[Path], listing: Path | None, layout: str) -> Layout:
    """List the identities with their images, joints and pairs.

    Args:
        folders: Where bounding_box_train, bounding_box_test and query lie, in any folder inside.
        listing: A table of splits, which then counts in place of the folders.
        layout: There is but one.

    Raises:
        ReposeError: missing-folder, missing-file or bad-listing.
    """
    for folder in folders:
        if not folder.is_dir():
            mend = "correct videos in the config"
            raise ReposeError("missing-folder", "no such folder", path=folder, mend=mend)
    copy = _copy(folders, read_split_table(listing) if listing else None)
    where = {path.name: (still.clip, still.frame) for path, still in copy.stills.items()}
    poses: dict[str, Points] = {}
    for split in SPLITS:
        if path := find_list(folders, STEM, "annotation", split):
            poses |= read_annotation(path)
    # The numbers of a list are of pixels, whose centres lie half a pixel on.
    given = [to_pose(*where[n], points + 0.5) for n, points in poses.items() if n in where]
    pairs, notes = _pairs(folders, copy, poses, where)
    if unposed := len(set(where) - set(poses)):
        notes.append(f"{unposed} images have no joints in the lists")
    return Layout(copy.clips, list(copy.stills.values()), given, pairs, [*copy.notes, *notes])


def check(folder: Path, layout: str) -> Iterator[Offence]:
    """Find what is wrong with a copy: counts, names, lists, joints, broken images."""
    for pattern in missing(folder, CARD.needs[layout]):
        yield Offence(folder, f"no {pattern} in it", "fetch it, see `repose datasets`")
    found, offences = checks.readable(lambda: read([folder], None, layout), folder)
    yield from offences
    if found is None:
        return
    yield from checks.short_counts(folder, _counts(found), PUBLISHED, "fetch the archive again")
    yield from _bad_names(folder)
    of_clip = {clip.clip: clip.split for clip in found.clips}
    splits = {still.name: of_clip[still.clip] for still in found.stills}
    for split in SPLITS:
        if path := find_list([folder], STEM, "pairs", split):
            yield from _bad_pairs(path, split, splits)
    yield from checks.images(found, _wrong_size)


@dataclass(frozen=True)
class _Copy:
    clips: list[Clip]
    stills: dict[Path, Still]
    notes: list[str]


def _images(folders: Sequence[Path]) -> Iterator[Path]:
    """Give the image files of the three folders, whatever their names."""
    for folder in folders:
        for home in HOMES:
            for place in sorted(folder.rglob(home)) + ([folder] if folder.name == home else []):
                yield from sorted(path for path in place.iterdir() if is_picture(path))


def _copy(folders: Sequence[Path], table: Mapping[str, str] | None) -> _Copy:
    groups: dict[tuple[str, str], list[Path]] = {}
    dropped = {"of nobody (-1, 0000)": 0, "mirrored": 0, "of other names": 0, "in no split": 0}
    for path in _images(folders):
        name = _NAME.fullmatch(path.name)
        split = HOMES[path.parent.name]
        if name and table is not None:
            split = table.get(f"{name[1]}/{ONLY}", "")
        why = "of other names" if name is None else "mirrored" if name["mirrored"] else ""
        why = "of nobody (-1, 0000)" if name and name[1] in NOBODY else why
        why = why or ("" if split else "in no split")
        if why or name is None:
            dropped[why] += 1
        else:
            groups.setdefault((name[1], split), []).append(path)
    several = {p for p, _ in groups if sum(p == other for other, _ in groups) > 1}
    clips, stills = [], {}
    for (person, split), paths in sorted(groups.items()):
        clip = f"{person}_{split}" if person in several else person
        facts = (person, f"{person}/{ONLY}", "", split, None)
        clips.append(Clip(clip, paths[0].parent, *facts))
        for frame, path in enumerate(sorted(paths, key=lambda p: p.name)):
            stills[path] = Still(clip, frame, path.name, path)
    notes = [f"{count} images {why} are left out" for why, count in dropped.items() if count]
    return _Copy(clips, stills, notes)


def _pairs(
    folders: Sequence[Path],
    copy: _Copy,
    poses: Mapping[str, Points],
    where: Mapping[str, tuple[str, int]],
) -> tuple[list[OfficialPair], list[str]]:
    """Take the pairs of the lists, or make those of a split by the rule."""
    of_clip = {clip.clip: clip.split for clip in copy.clips}
    pairs, notes = [], []
    for split in SPLITS:
        path = find_list(folders, STEM, "pairs", split)
        if path is not None:
            listed = read_pairs(path)
        else:
            listed = _by_rule(
                split, {n: p for n, p in poses.items() if n in where}, where, of_clip
            )
            notes.append(f"no list of {split} pairs: {len(listed)} made by Siarohin's rule")
        ends = [(where[a], where[b]) for a, b in listed if a in where and b in where]
        kept = [pair for pair in ends if {of_clip[clip] for clip, _ in pair} == {split}]
        pairs += [OfficialPair(split, source, target) for source, target in kept]
        if lost := len(listed) - len(ends):
            notes.append(f"{lost} {split} pairs name images that are not there and are left out")
        if strange := len(ends) - len(kept):
            notes.append(f"{strange} {split} pairs name images of another split and are left out")
    return pairs, notes


def _by_rule(
    split: str,
    poses: Mapping[str, Points],
    where: Mapping[str, tuple[str, int]],
    of_clip: Mapping[str, str],
) -> list[tuple[str, str]]:
    """Make pairs within identities; of those of the test a fixed number is drawn."""
    groups = {n: where[n][0] for n in poses if of_clip[where[n][0]] == split}
    made = make_pairs(poses, groups)
    if split != "test" or len(made) <= TEST_PAIRS:
        return made
    # As pandas draws a sample with random_state 0.
    drawn = np.random.RandomState(0).choice(len(made), size=TEST_PAIRS, replace=False)
    return [made[index] for index in drawn]


def _counts(found: Layout) -> dict[str, int]:
    counts = {}
    for split in SPLITS:
        clips = {clip.clip for clip in found.clips if clip.split == split}
        counts[f"{split} identities"] = len(clips)
        counts[f"{split} images"] = sum(still.clip in clips for still in found.stills)
        counts[f"{split} pairs"] = sum(pair.split == split for pair in found.pairs)
    return counts


def _bad_names(folder: Path) -> Iterator[Offence]:
    for path in _images([folder]):
        name = _NAME.fullmatch(path.name)
        if name is None or name["mirrored"]:
            said = "not the name of an image of Market-1501" if name is None else "a mirrored copy"
            yield Offence(path, said, "remove it; it is left out")


def _bad_pairs(path: Path, split: str, splits: Mapping[str, str]) -> Iterator[Offence]:
    pairs = read_pairs(path)
    lost = Counter(name for pair in pairs for name in pair if name not in splits)
    for name, count in lost.items():
        mend = "fetch the archive again, or take it off the list"
        yield Offence(path, f"{count} pairs name {name}, which is not there", mend)
    other = sum(splits.get(source, split) != split for source, _ in pairs)
    if other:
        said = f"{other} of {len(pairs)} {split} pairs are of images of another split"
        if split == "train":
            said += ", as PATN's create_pairs_dataset.py makes them: from the test annotation"
        yield Offence(path, said, MEND)
    if strangers := sum(source[:4] != target[:4] for source, target in pairs):
        yield Offence(path, f"{strangers} pairs are of two identities", MEND)


def _wrong_size(size: tuple[int, int]) -> str:
    return "" if size == SIZE else f"{size[0]} x {size[1]} px, not {SIZE[0]} x {SIZE[1]}"
