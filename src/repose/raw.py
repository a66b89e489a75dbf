"""Files from outside that an output lists one by one: videos, stills, somebody's images."""

import csv
import os
from contextlib import suppress
from pathlib import Path

from repose.ancestry import read_inputs
from repose.errors import ReposeError

TABLES = ("clips", "stills")  # of the ingest stage, that know the sha256 of files
FILES = "files.csv"  # of a method that was scored: those of its images


def raw_files(table: Path) -> dict[Path, str]:
    """Read where the files that no stage made lie, and the sha256 of each.

    Args:
        table: An output of the ingest stage, or the folder of a method that was scored.
    """
    if (table / FILES).is_file():
        return _scored(table)
    if table.name.partition(".")[0] not in TABLES:
        return {}
    from repose.data.tables import read_table  # heavy

    try:
        rows = read_table(table, table.name.partition(".")[0])
    except ReposeError:  # its own faults say so
        return {}
    return {
        _from_project(Path(path), table): str(recorded)
        for path, recorded in zip(rows["path"], rows["sha256"], strict=True)
        if not Path(path).is_dir()  # a clip of stills, which are in a table of their own
    }


def _scored(folder: Path) -> dict[Path, str]:
    """Read which files of somebody's were scored: they lie in a folder without a manifest."""
    with suppress(ReposeError, OSError, ValueError, LookupError, csv.Error):  # faults say so
        roots = [path for path, of in (read_inputs(folder) or {}).items() if not of]
        with (folder / FILES).open(encoding="utf-8", newline="") as file:
            rows = [(row["file"], row["sha256"]) for row in csv.DictReader(file)]
        return {root / name: recorded for root in roots[:1] for name, recorded in rows}
    return {}


def _from_project(path: Path, table: Path) -> Path:
    """Find a file as seen from the project that holds results/<data_set>/ingest/<table>."""
    there = Path(os.path.normpath(table.parent / "../../..")) / path
    return path if path.exists() and not there.exists() else there
