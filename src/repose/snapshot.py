"""A finished run that is brought back from elsewhere, and needs no second run.

Snakemake redoes what is older than its input. DVC's checkout, object stores and most copying tools
give files new times in any order, so a whole finished run would be done again. A snapshot is
taken when everything is up to date: it says what each manifest holds, and what the inputs from
outside were. While the results are those of their snapshot nothing in them is older than its
input, whatever the clock says, and they get one time.
"""

import hashlib
import json
import os
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from repose import drivers
from repose.ancestry import digest
from repose.errors import ReposeError
from repose.files import read_json, sha256, write_json
from repose.manifests import NOT_OURS, manifest_path, write_manifest
from repose.verification import LOGS, SCORED, SNAPSHOT, find_outputs

EDGE = 64 << 10  # bytes that are read at each end of a video


def take(root: Path, inputs: Sequence[Path], output: Path) -> None:
    """Write down what the results hold; to be called when all of them are up to date.

    Args:
        root: The folder of a data set's results.
        inputs: The files and folders outside of it that they were made from.
        output: The snapshot.
    """
    write_json(output, _content(root, inputs))
    write_manifest(output, {})
    _give_one_time(root, inputs)


def came_back(root: Path, inputs: Sequence[Path]) -> bool:
    """Recognise results that were brought here since they were made, and give them one time.

    Args:
        root: The folder of a data set's results.
        inputs: What lies outside of it, in the order in which it was given to `take`.

    Returns:
        Whether the results are those of their snapshot, had other times, and nobody is at work
        on them.
    """
    snapshot = root / SNAPSHOT
    try:
        if not snapshot.is_file() or drivers.living():
            return False
        if not _late(root, inputs)[0] or read_json(snapshot) != _content(root, inputs):
            return False
    except (
        ReposeError,
        OSError,
    ):  # what is damaged or gone is found and named by the stage that needs it
        return False
    return _give_one_time(root, inputs)


def forget_records(root: Path, records: Path) -> None:
    """Remove what Snakemake recorded of the outputs that lay below a folder before.

    It would compare their settings with those of now; the manifests know better. Changes of a
    rule's own text are not seen until a job of it has run again.

    Args:
        root: The folder of a data set's results.
        records: Snakemake's folder of records, whose file names are paths of outputs in base 64.
    """
    for path in [path for path in records.rglob("*") if path.is_file()]:
        letters = "".join(part.lstrip("@") for part in path.relative_to(records).parts)
        with suppress(OSError, ValueError):  # who may only read may ask; some are no records
            if urlsafe_b64decode(letters).startswith(f"{root}/".encode()):
                path.unlink()


def _give_one_time(root: Path, inputs: Sequence[Path]) -> bool:
    late, latest = _late(root, inputs)
    for path in late:
        _set_time(path, latest)
    return bool(late)


def _late(root: Path, inputs: Sequence[Path]) -> tuple[list[Path], int]:
    """List what has another time than it is to get, and that time, ns."""
    times = {path: _time(path) for output in _outputs(root) for path in _places(output)}
    latest = max([*times.values(), *map(_time, inputs)])
    late = [path for path, time in times.items() if time != latest]
    # Snakemake touches what a rule has just made, the snapshot too: it may be younger.
    late += [path for path in _places(root / SNAPSHOT) if _time(path) < latest]
    return late, latest


def _content(root: Path, inputs: Sequence[Path]) -> dict[str, Any]:
    outputs = {path.relative_to(root).as_posix(): digest(path) for path in _outputs(root)}
    return {"outputs": outputs, "inputs": [_seen(path) for path in inputs]}


def _outputs(root: Path) -> Iterator[Path]:
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        if folder.name not in (LOGS, SCORED):
            yield from find_outputs(folder)


def _places(output: Path) -> list[Path]:
    """List an output, its manifest, and the mark by which Snakemake knows a folder's time."""
    marks = (output / name for name in NOT_OURS)
    return [output, manifest_path(output), *(mark for mark in marks if mark.exists())]


def _seen(path: Path) -> str:
    """Return the hash of a file, or of the names of all files in a folder and what they hold.

    Folders of videos are too large to be read: of each file but the tables its size and both of
    its ends count. An edit in the middle that leaves these as they were is not seen.
    """
    if path.is_file():
        return sha256(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return _hash([[file.relative_to(path).as_posix(), *_looks(file)] for file in files])


def _looks(path: Path) -> tuple[int, str]:
    """Return the size of a file and the hash of its ends, of a table that of all of it."""
    size = path.stat().st_size
    if path.suffix.lower() == ".csv" or size <= 2 * EDGE:
        return size, sha256(path)
    with path.open("rb") as file:
        head = file.read(EDGE)
        file.seek(-EDGE, os.SEEK_END)
        return size, hashlib.sha256(head + file.read(EDGE)).hexdigest()


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _time(path: Path) -> int:
    """Return the later time of a file and of a link to it, ns."""
    return max(path.stat().st_mtime_ns, path.lstat().st_mtime_ns)


def _set_time(path: Path, time: int) -> None:
    # What a link points to may belong to somebody else: to a cache that several people share. It
    # is older than its link, and the link's own time is what Snakemake takes of an output.
    with suppress(OSError):
        os.utime(path, ns=(time, time))
    if path.is_symlink():
        with suppress(OSError):
            os.utime(path, ns=(time, time), follow_symlinks=False)
