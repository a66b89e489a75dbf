"""What may be wrong with a user's copy of DeepFashion."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from repose.datasets import checks, fashion_lists
from repose.datasets.base import Layout, Offence
from repose.datasets.fashion_lists import STEM, parse, twins
from repose.datasets.fashion_names import FashionName
from repose.datasets.keypoint_lists import SPLITS, find_list, read_annotation
from repose.datasets.needs import missing

# Lists of PATN, which NTED and PIDM took over; outfits of fashion3d.
_PAIRS = {"train pairs": 101_966, "test pairs": 8_570}
PUBLISHED: Mapping[str, Mapping[str, int]] = {
    "patn": {"train images": 48_674, "test images": 4_038, **_PAIRS},
    "siarohin": {},
    "nted": _PAIRS,
    "knoche": {"valid outfits": 2_061, "test outfits": 2_061},
}

_FETCH = "fetch it again from where the authors of the list offer it"
_ADD = "copy it into the data set's folder, or fetch the archive again"


@dataclass(frozen=True)
class _Copy:
    folder: Path
    layout: str
    images: Mapping[FashionName, Sequence[Path]]
    splits: Mapping[FashionName, set[str]]


def check(
    needs: Sequence[str],
    folder: Path,
    layout: str,
    read: Callable[[Sequence[Path], Path | None, str], Layout],
) -> Iterator[Offence]:
    """Find what is wrong with a copy, the lists first, then each image.

    Args:
        needs: Patterns of files without which it cannot be read.
        folder: The copy.
        layout: Whose lists and images it has.
        read: Reads it.
    """
    for pattern in missing(folder, needs):
        yield Offence(folder, f"no {pattern} in it", "fetch it, see `repose datasets`")
    found, offences = checks.readable(lambda: read([folder], None, layout), folder)
    yield from offences
    if found is None:
        return
    images = fashion_lists.find_images([folder], layout)
    splits = fashion_lists.read_splits([folder], images, layout)
    copy = _Copy(folder, layout, images, splits)
    published = PUBLISHED[layout]
    yield from checks.short_counts(folder, _counts(copy, found), published, _FETCH)
    yield from _names(copy)
    yield from _several_splits(copy)
    yield from _listed_but_missing(copy)
    for split, path in fashion_lists.pair_lists([folder], layout).items():
        yield from _pairs(copy, split, path)
    yield from checks.images(found)


def _counts(copy: _Copy, found: Layout) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for split in ("train", "valid", "test"):
        counts[f"{split} outfits"] = len({c.outfit for c in found.clips if c.split == split})
        counts[f"{split} images"] = sum(split in splits for splits in copy.splits.values())
    for split, *_ in fashion_lists.read_pair_lists([copy.folder], copy.layout):
        counts[f"{split} pairs"] += 1
    return counts


def _names(copy: _Copy) -> Iterator[Offence]:
    """Find images whose names are none of the data set's, and those that are there twice."""
    known = {path for paths in copy.images.values() for path in paths}
    for path in fashion_lists.image_files([copy.folder]):
        if path not in known:
            mend = "remove it, or give it its name back"
            yield Offence(path, "not the name of an image of DeepFashion", mend)
    for paths in copy.images.values():
        first, *others = twins(paths, copy.layout)
        for path in others:
            yield Offence(path, f"the same image as {first}", "keep it where its list has it")


def _several_splits(copy: _Copy) -> Iterator[Offence]:
    outfits: dict[str, set[str]] = {}
    for name, splits in copy.splits.items():
        outfits.setdefault(name.knoche, set()).update(splits)
        if len(splits) > 1:
            said = f"{name.official} is listed in {' and '.join(sorted(splits))}"
            yield Offence(copy.folder, said, _FETCH)
    for outfit, splits in outfits.items():
        if len(splits) > 1:
            said = f"outfit {outfit} is listed in {' and '.join(sorted(splits))}"
            yield Offence(copy.folder, said, _FETCH)


def _listed_but_missing(copy: _Copy) -> Iterator[Offence]:
    for path, names in _lists(copy):
        for name in names:
            if parse(name) not in copy.images:
                yield Offence(path, f"{name} is listed and not there", _ADD)


def _lists(copy: _Copy) -> Iterator[tuple[Path, Sequence[str]]]:
    for split in SPLITS:
        for path in sorted(copy.folder.rglob(f"{split}.lst")):
            yield path, fashion_lists.lines(path)
        if copy.layout in fashion_lists.FLAT and (
            annotation := find_list([copy.folder], STEM, "annotation", split)
        ):
            yield annotation, list(read_annotation(annotation))


def _pairs(copy: _Copy, split: str, path: Path) -> Iterator[Offence]:
    """Find what is wrong with a list of pairs; names of other splits are counted."""
    pairs = [p for p in fashion_lists.read_pair_lists([copy.folder], copy.layout) if p[0] == split]
    lost = Counter(name for _, *names in pairs for name in names if parse(name) not in copy.images)
    for name, count in lost.items():
        yield Offence(path, f"{count} pairs name {name}, which is not there", _ADD)
    ends = [(parse(source), parse(target)) for _, source, target in pairs]
    known = [(a, b) for a, b in ends if a is not None and b is not None]
    other = sum(split not in copy.splits.get(name, {split}) for pair in known for name in pair[:1])
    if other:
        wrong = next(one for one in SPLITS if one != split)
        said = f"{other} of {len(pairs)} {split} pairs are of {wrong} images"
        if split == "train":
            said += ", as PATN's create_pairs_dataset.py makes them: from the test annotation"
        yield Offence(path, said, f"make it from the {split} annotation, or {_FETCH}")
    strangers = [(a, b) for a, b in known if a.knoche != b.knoche]
    if strangers:
        a, b = strangers[0]
        said = f"{len(strangers)} pairs are of two outfits, first {a.official} and {b.official}"
        yield Offence(path, said, _FETCH)
