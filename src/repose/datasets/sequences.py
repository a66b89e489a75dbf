"""Sequences of numbered images: `007.jpg` beside `0008.png`, whatever the number of digits."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from repose.datasets.base import Layout, Still
from repose.datasets.listing import check_name, safe_names
from repose.datasets.pictures import is_picture
from repose.datasets.split_table import read_split_table
from repose.errors import ReposeError

_NUMBER = re.compile(r"(?:.*[^0-9])?([0-9]{1,12})")


def numbered_images(folder: Path) -> tuple[dict[int, Path], list[str]]:
    """Find the images of a folder by the number that ends their name.

    Returns:
        The images in the order of their numbers, and what was passed over: images without a
        number, and all but the first (by name) of those that share one. Hidden files and those
        of other kinds are not spoken of.

    Raises:
        ReposeError: bad-file-name, of a name that is not UTF-8.
    """
    found: dict[int, Path] = {}
    notes = []
    for path in visible(folder):
        if not is_picture(path) or path.is_dir():
            continue
        match = _NUMBER.fullmatch(path.stem)
        number = int(match[1]) if match else -1
        if match is None:
            notes.append(f"{path}: no number ends its name, so it was left out")
        elif number in found:
            notes.append(f"{path}: the same frame as {found[number].name}, so it was left out")
        else:
            found[number] = path
    return dict(sorted(found.items())), notes


def visible(folder: Path) -> list[Path]:
    """List what lies in a folder, by name; hidden files (.DS_Store, ._1.jpg) are passed over.

    Raises:
        ReposeError: missing-folder, or bad-file-name.
    """
    if not folder.is_dir():
        mend = "correct videos or ingest.layout in the config"
        raise ReposeError("missing-folder", "no such folder", path=folder, mend=mend)
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    for path in paths:
        if not path.name.isascii():
            check_name(path)
    return paths


def folders_in(folder: Path) -> list[Path]:
    """List the folders in a folder, by name, hidden ones left out."""
    return [path for path in visible(folder) if path.is_dir()]


def stills_of(clip: str, images: Mapping[int, Path], first: int, root: Path) -> Iterator[Still]:
    """Give the images of a clip their places; one that is missing leaves a gap.

    Args:
        clip: The clip's safe name.
        images: By number.
        first: The number of the frame that has place 0.
        root: The data set's lists call an image by its path below this folder.
    """
    for number, path in images.items():
        yield Still(clip, number - first, path.relative_to(root).as_posix(), path)


def clip_names(keys: Sequence[tuple[str, ...]]) -> list[str]:
    """Return a safe name for each clip: the parts of its key, joined by _, wherever that will do.

    Args:
        keys: Different keys, such as (person, outfit, action).
    """
    # The last piece is what safe_names takes as the stem; the others tell equal stems apart.
    return safe_names(["/".join((*key, f"{'_'.join(key)}.clip")) for key in keys])


def joined(parts: Sequence[Layout], listing: Path | None) -> Layout:
    """Join what several folders hold.

    Args:
        parts: One for each folder.
        listing: A table of splits, which then counts in place of the data set's own; outfits
            that it does not name have none.

    Raises:
        ReposeError: missing-file or bad-listing, of the table; bad-folders, when two folders
            hold the same clip.
    """
    clips = [clip for part in parts for clip in part.clips]
    paths: dict[str, Path] = {}
    for clip in clips:
        if paths.setdefault(clip.clip, clip.path) != clip.path:
            said = f"{clip.clip} also lies in {paths[clip.clip]}"
            mend = "name folders in videos that hold different clips"
            raise ReposeError("bad-folders", said, path=clip.path, mend=mend)
    if listing is not None:
        table = read_split_table(listing)
        clips = [replace(clip, split=table.get(clip.outfit, "")) for clip in clips]
    return Layout(
        clips,
        [still for part in parts for still in part.stills],
        [pose for part in parts for pose in part.poses],
        [pair for part in parts for pair in part.pairs],
        [note for part in parts for note in part.notes],
    )
