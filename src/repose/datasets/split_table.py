"""Who is in which split, as `repose datasets split` writes it and `ingest.listing` reads it."""

import csv
from collections.abc import Sequence
from pathlib import Path

from repose.datasets.listing import SPLITS, Clip
from repose.errors import ReposeError
from repose.files import whole

COLUMNS = ("clip", "person", "outfit", "split")


def write_split_table(clips: Sequence[Clip], path: Path) -> None:
    """Write the split of every clip as CSV, in the order of their names."""
    with whole(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for clip in sorted(clips, key=lambda one: one.clip):
            writer.writerow([clip.clip, clip.person, clip.outfit, clip.split])


def read_split_table(path: Path) -> dict[str, str]:
    """Read the split of each outfit.

    Returns:
        By outfit, `person/outfit`.

    Raises:
        ReposeError: missing-file; bad-listing, when a column is missing, a split is none, or an
            outfit is in two.
    """
    splits: dict[str, str] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in (reader := csv.DictReader(file)):
                outfit, split = row.get("outfit") or "", row.get("split")
                if not outfit or split not in SPLITS:
                    raise _bad(path, f"line {reader.line_num}: no outfit, or no such split")
                if splits.setdefault(outfit, split) != split:
                    raise _bad(path, f"line {reader.line_num}: {outfit} is in two splits")
    except FileNotFoundError as error:
        raise ReposeError("missing-file", "no such table of splits", path=path) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise _bad(path, f"not a CSV file in UTF-8 ({error})") from error
    return splits


def _bad(path: Path, message: str) -> ReposeError:
    mend = "make it with `repose datasets split`"
    return ReposeError("bad-listing", message, path=path, mend=mend)
