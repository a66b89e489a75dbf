"""What data sets share: the clip, safe names for it, and the file that says who is seen in it."""

import csv
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from repose.errors import ReposeError, nearest
from repose.limits import MOST_TEXT_BYTES

COLUMNS = ("file", "person", "outfit", "action", "split", "truth")
SPLITS = ("train", "valid", "test", "")

_LONGEST = 60  # characters of a clip's name, so that <clip>.parquet fits any file system


@dataclass(frozen=True)
class Clip:
    """One video, or one sequence of images, and what its data set says about it.

    Args:
        clip: Safe name: letters, digits, _ and - only, one per clip.
        path: The video, or the folder that holds the images.
        person: Who is seen.
        outfit: What is worn, `person/outfit`: each person's outfits are counted anew.
        action: What is done, or "".
        split: train, valid, test, or "" when the data set does not say.
        truth: The true joints, or None.
        note: What a reader of the tables should know.
        fps: Of a clip that comes as images: frames per second, or 0 where they have no order in
            time. A video says it itself.
    """

    clip: str
    path: Path
    person: str
    outfit: str
    action: str
    split: str
    truth: Path | None
    note: str = ""
    fps: float = 0.0


def make_clips(
    folder: Path, files: Sequence[str], names: Sequence[str], rows: Mapping[str, Mapping[str, str]]
) -> list[Clip]:
    """Join videos with what is known about them.

    Args:
        folder: Where the videos and their truth lie.
        files: Paths of the videos within it.
        names: Their safe names.
        rows: What `read_listing` gave. A video without a row shows a person of its own.

    Raises:
        ReposeError: missing-file, when a row names a truth that is not there.
    """
    clips = []
    for file, name in zip(files, names, strict=True):
        row = rows.get(file, {})
        person = row.get("person") or name
        truth = folder / row["truth"] if row.get("truth") else None
        if truth is not None and not there(truth):
            raise ReposeError("missing-file", f"the truth of {file} is missing", path=truth)
        outfit = f"{person}/{row.get('outfit') or 'only'}"
        facts = (row.get("action", ""), row.get("split", ""))
        clips.append(Clip(name, folder / file, person, outfit, *facts, truth))
    return clips


def read_listing(path: Path) -> dict[str, dict[str, str]]:
    """Read a videos.csv: one row per video, the columns `COLUMNS`, of which only file must be.

    Returns:
        The rows by file, as it is spelled there; the other values without blanks around them.

    Raises:
        ReposeError: missing-file or bad-listing, naming line and column.
    """
    try:
        if (size := path.stat().st_size) > MOST_TEXT_BYTES:
            said = f"{size:,} bytes, where at most {MOST_TEXT_BYTES:,} are read"
            raise ReposeError("bad-listing", said, path=path, mend="name a listing of videos")
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            _check_columns(reader.fieldnames or (), path)
            rows: dict[str, dict[str, str]] = {}
            for row in reader:
                values = {name: (row.get(name) or "").strip() for name in COLUMNS}
                values["file"] = row.get("file") or ""
                _check_row(values, row, rows, f"line {reader.line_num}", path)
                rows[values["file"]] = values
    except FileNotFoundError as error:
        raise ReposeError("missing-file", "no such listing", path=path) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReposeError(
            "bad-listing", f"not a CSV file in UTF-8 ({error})", path=path
        ) from error
    return rows


def there(path: Path) -> bool:
    """Tell whether there is a file of that name; of a name that cannot be, there is none."""
    try:
        return path.is_file()
    except OSError:  # longer than any name
        return False


def check_name(path: Path) -> None:
    """Refuse a file whose name is not UTF-8: no table could hold it.

    Raises:
        ReposeError: bad-file-name.
    """
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ReposeError(
            "bad-file-name", "not a name in UTF-8", path=path, mend="rename the file"
        ) from error


def safe_names(paths: Sequence[str]) -> list[str]:
    """Return a name for each path that no shell, file system or wildcard takes amiss.

    A name is the file's own stem; where that had to be changed, or two paths have the same, a
    piece of the sha256 of the whole path makes it unique.

    Args:
        paths: Different paths, relative to where the data set begins.
    """
    stems = [Path(path).stem for path in paths]
    slugs = [_slug(stem) for stem in stems]
    # Some file systems do not tell A from a.
    counts = Counter(slug.lower() for slug in slugs)
    return [
        slug if slug == stem and counts[slug.lower()] == 1 else f"{slug}-{_digest(path)}"
        for path, stem, slug in zip(paths, stems, slugs, strict=True)
    ]


def _slug(stem: str) -> str:
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-_")[:_LONGEST] or "clip"


def _digest(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:8]


def _check_columns(names: Sequence[str], path: Path) -> None:
    for name in names:
        if name not in COLUMNS:
            mend = nearest(name, COLUMNS)
            raise ReposeError("bad-listing", f"unknown column '{name}'", path=path, mend=mend)
    if len(set(names)) < len(names):
        raise ReposeError("bad-listing", "a column comes twice", path=path, mend="correct it")
    if "file" not in names:
        raise ReposeError("bad-listing", "no column 'file'", path=path, mend="name the videos")


def _check_row(
    values: Mapping[str, str],
    row: Mapping[str | None, object],
    before: Mapping[str, object],
    line: str,
    path: Path,
) -> None:
    wrong = ""
    if None in row:
        wrong = "more values than columns"
    elif not values["file"].strip():
        wrong = "no file named"
    elif values["file"] in before:
        wrong = f"{values['file']} comes twice"
    elif values["split"] not in SPLITS:
        wrong = f"split '{values['split']}' is none of train, valid, test"
    if wrong:
        raise ReposeError("bad-listing", f"{line}: {wrong}", path=path, mend="correct it")
