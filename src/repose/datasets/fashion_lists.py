"""What a copy of DeepFashion holds: its images, and the lists of splits, poses and pairs."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from repose.datasets import fashion_names
from repose.datasets.fashion_names import FashionName, parse_outfit
from repose.datasets.keypoint_lists import (
    JOINT_SET,
    MEND,
    MISSING,
    SPLITS,
    Points,
    find_list,
    make_pairs,
    read_annotation,
    read_pairs,
)
from repose.datasets.knoche_poses import Poses, read_poses
from repose.datasets.pictures import is_picture
from repose.errors import ReposeError
from repose.skeleton import JOINT_SETS

STEM = r"fa(s|sh)ion"
FLAT = ("patn", "siarohin")  # layouts whose images lie flat in train/ and test/
# Folders of images; others hold drawings and maps under the images' own names.
_HOMES = {"train", "test", "img", "images", "img_highres", "fashion", "fashion_data"}
_SIDE, _CROP = 256, (40, 176)  # px, of an image; first column and width of PATN's crop of it

Pair = tuple[str, str, str]  # split, source, target: names as the list spells them

parse = cache(fashion_names.parse)  # lists name each image many times


def find_images(folders: Sequence[Path], layout: str) -> dict[FashionName, list[Path]]:
    """Find the files of every image.

    Returns:
        By name, in order: the files, that of the layout first.
    """
    found: dict[FashionName, list[Path]] = {}
    for path in image_files(folders):
        if (name := parse(_spelled(path))) is not None:
            found.setdefault(name, []).append(path)
    return {name: sorted(found[name], key=lambda p: _rank(p, layout)) for name in sorted(found)}


def image_files(folders: Sequence[Path]) -> list[Path]:
    """Return every image file below the folders, whatever its name."""
    return sorted(path for folder in folders for path in folder.rglob("*") if is_picture(path))


def _spelled(path: Path) -> str:
    """Return what of a path may belong to its name: the file and four folders."""
    return "/".join(path.parts[-5:])


def _rank(path: Path, layout: str) -> tuple[bool, bool, bool, int, Path]:
    flat = parse(path.name) is not None
    homes = {part.lower() for part in path.parts[-6:-1]} & _HOMES
    home = path.parent.name.lower() in _HOMES if flat else bool(homes)
    return flat != (layout in FLAT), not home, "img_highres" in homes, len(path.parts), path


def twins(paths: Sequence[Path], layout: str) -> list[Path]:
    """Return the files of an image that nothing tells apart but train and test."""
    return [path for path in paths if _rank(path, layout)[:4] == _rank(paths[0], layout)[:4]]


def read_splits(
    folders: Sequence[Path], images: Mapping[FashionName, Sequence[Path]], layout: str
) -> dict[FashionName, set[str]]:
    """Say in which splits the copy's own lists have each image.

    The first kind of list that is there decides: train.lst and test.lst, annotations, pairs, the
    folders train and test; for fashion3d valid.txt and test.txt, which list outfits.

    Returns:
        By image; empty where nothing tells.
    """
    if layout == "knoche":
        return _outfit_splits(folders, images)
    for listed in (_of_lst, _of_annotations, _of_pairs):
        splits: dict[FashionName, set[str]] = {}
        for split, name in listed(folders, layout):
            if (image := parse(name)) is not None:
                splits.setdefault(image, set()).add(split)
        if splits:
            return splits
    homes = {n: {p.parent.name for p in twins(paths, layout)} for n, paths in images.items()}
    return {name: home & set(SPLITS) for name, home in homes.items() if home & set(SPLITS)}


def _of_lst(folders: Sequence[Path], layout: str) -> Iterator[tuple[str, str]]:
    for split in SPLITS:
        for path in _found(folders, f"{split}.lst"):
            yield from ((split, line) for line in lines(path))


def _of_annotations(folders: Sequence[Path], layout: str) -> Iterator[tuple[str, str]]:
    for split in SPLITS:
        path = find_list(folders, STEM, "annotation", split) if layout in FLAT else None
        yield from ((split, name) for name in (read_annotation(path) if path else ()))


def _of_pairs(folders: Sequence[Path], layout: str) -> Iterator[tuple[str, str]]:
    for split, *names in read_pair_lists(folders, layout):
        yield from ((split, name) for name in names)


def _outfit_splits(
    folders: Sequence[Path], images: Mapping[FashionName, Sequence[Path]]
) -> dict[FashionName, set[str]]:
    listed: dict[str, set[str]] = {}
    for split in ("valid", "test"):
        for path in _found(folders, f"{split}.txt"):
            for line in lines(path):
                if (outfit := parse_outfit(line)) is None:
                    raise ReposeError("bad-listing", f"no outfit: {line}", path=path, mend=MEND)
                listed.setdefault(outfit.knoche, set()).add(split)
    return {name: listed.get(name.knoche, {"train"}) for name in images} if listed else {}


def pair_lists(folders: Sequence[Path], layout: str) -> dict[str, Path]:
    """Return the lists of pairs that are there, by split."""
    if layout == "nted":
        found = {s: next(iter(_found(folders, f"{s}_pairs.txt")), None) for s in SPLITS}
    else:
        found = {s: find_list(folders, STEM, "pairs", s) for s in SPLITS if layout in FLAT}
    return {split: path for split, path in found.items() if path}


def read_pair_lists(folders: Sequence[Path], layout: str) -> Iterator[Pair]:
    """Give every pair of the copy's lists.

    Raises:
        ReposeError: bad-listing.
    """
    for split, path in pair_lists(folders, layout).items():
        if layout != "nted":
            yield from ((split, *pair) for pair in read_pairs(path))
            continue
        for number, line in enumerate(lines(path), 1):
            source, _, target = (part.strip() for part in line.partition(","))
            if not target:
                said = f"line {number}: not two paths with a comma between"
                raise ReposeError("bad-listing", said, path=path, mend=MEND)
            yield split, source, target


def rule_pairs(
    poses: Mapping[FashionName, Points], splits: Mapping[FashionName, set[str]]
) -> list[Pair]:
    """Make the pairs that a copy without lists lacks, within outfit and split."""
    by_name = {name.official: points for name, points in poses.items()}
    made = []
    for split in SPLITS:
        own = [name for name in poses if split in splits.get(name, ())]
        groups = {name.official: f"{name.person}/{name.outfit}" for name in own}
        made += [(split, *pair) for pair in make_pairs(by_name, groups)]
    return made


def read_joints(folders: Sequence[Path], layout: str) -> dict[FashionName, Points]:
    """Read OpenPose's joints of every image, by columns and rows of the annotated image.

    Raises:
        ReposeError: bad-listing.
    """
    if layout == "nted":
        files = sorted(path for folder in folders for path in folder.rglob("pose/**/*.txt"))
        named = {name: path for path in files if (name := parse(_spelled(path))) is not None}
        return {name: _text_pose(path) for name, path in named.items()}
    joints: dict[FashionName, Points] = {}
    for split in SPLITS:
        path = find_list(folders, STEM, "annotation", split)
        for spelled, points in (read_annotation(path) if path else {}).items():
            if (image := parse(spelled)) is not None:
                joints[image] = points
    return joints


def _text_pose(path: Path) -> Points:
    try:
        numbers = [line.split()[:2] for line in lines(path)]
        points = np.array(numbers, np.float64)
    except ValueError:
        points = np.zeros(0)
    if points.shape != (len(JOINT_SETS[JOINT_SET]), 2) or not np.isfinite(points).all():
        said = f"not {len(JOINT_SETS[JOINT_SET])} lines of x and y"
        raise ReposeError("bad-listing", said, path=path, mend=MEND)
    points[(points == MISSING).any(axis=1)] = np.nan
    return points


def read_knoche(folders: Sequence[Path]) -> Poses:
    """Read the 3D joints of fashion3d, by the names on the way to them."""
    return {k: v for path in _found(folders, "poses.pkl") for k, v in read_poses(path).items()}


def annotated_width(joints: Mapping[FashionName, Points]) -> int:
    """Tell whether joints were taken on images of 256 px or on PATN's crop of 176 px.

    People stand in the middle: their joints lie about column 128 of the one, 88 of the other.
    """
    columns = np.concatenate([points[:, 0] for points in joints.values()] or [np.zeros(0)])
    columns = columns[np.isfinite(columns)]
    left, width = _CROP
    cropped = len(columns) and columns.max() < width and np.median(columns) < (_SIDE - left) / 2
    return width if cropped else _SIDE


def into_image(points: Points, annotated: int, size: tuple[int, int]) -> NDArray[np.float64]:
    """Carry joints into an image: the whole square, or what PATN's crop leaves of it.

    Args:
        points: (18, 2) columns and rows of the annotated image.
        annotated: Its width, 256 or 176 px.
        size: Width and height of the image, px; of any scale.

    Returns:
        (18, 2) px of the image, pixel centres at integer + 0.5.
    """
    left, width = (0, _SIDE) if is_square(size) else _CROP
    first = _CROP[0] if annotated == _CROP[1] else 0
    scale = np.array([size[0] / width, size[1] / _SIDE])
    return (points + 0.5 + np.array([first - left, 0])) * scale


def is_square(size: tuple[int, int]) -> bool:
    """Tell a whole image from a cropped one, 176 to 256, whatever the scale."""
    return size[0] > 0.85 * size[1]


def lines(path: Path) -> list[str]:
    """Return the lines of a text that are not empty."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReposeError("bad-listing", "not a text in UTF-8", path=path, mend=MEND) from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _found(folders: Sequence[Path], name: str) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.rglob(name))]
