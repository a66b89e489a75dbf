"""Files that appear whole or not at all."""

import errno
import glob
import hashlib
import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from repose.errors import ReposeError
from repose.limits import MOST_TEXT_BYTES

_MENDS = {
    errno.ENOSPC: ("disk-full", "free some space and run again"),
    errno.EDQUOT: ("disk-full", "free some space in your quota and run again"),
    errno.EFBIG: ("disk-full", "raise the file size limit (ulimit -f) and run again"),
    errno.EACCES: ("no-permission", "make the folder writable"),
    errno.EPERM: ("no-permission", "make the folder writable"),
    errno.EROFS: ("read-only", "write to a file system that is not read-only"),
}

# What `_beside` makes: the name, the machine and the process.
_LEFT = re.compile(r"\..+\.(?:tmp|old)-(.+)-([0-9]{1,9})")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; it becomes `path` only when the block succeeds.

    The data are synced before the rename, so a crash leaves the old file or the new one.

    Raises:
        ReposeError: disk-full, no-permission or read-only; `path` is as it was before.
    """
    with explain(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        beside = _beside(path, "tmp")
        try:
            yield beside
            _sync(beside)
            beside.replace(path)
            _sync(path.parent)
        finally:
            beside.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside `path`; it becomes `path` only when the block succeeds.

    An existing folder of that name is replaced.

    Raises:
        ReposeError: as in `whole`.
    """
    with explain(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        beside = _beside(path, "tmp")
        beside.mkdir()
        try:
            yield beside
            for file in [*sorted(beside.rglob("*")), beside]:  # folders hold the names
                _sync(file)
            _replace_folder(beside, path)
            _sync(path.parent)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, whole."""
    with whole(path) as beside:
        beside.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        ReposeError: missing-file or bad-json.
    """
    mend = "delete it and run again"
    try:
        if (size := path.stat().st_size) > MOST_TEXT_BYTES:
            said = f"{size:,} bytes, where at most {MOST_TEXT_BYTES:,} are read"
            raise ReposeError("bad-json", said, path=path, mend=mend)
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReposeError("missing-file", "no such file", path=path) from error
    except (ValueError, RecursionError) as error:
        raise ReposeError("bad-json", f"not JSON ({error})", path=path, mend=mend) from error


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f".{path.name}.{kind}-{socket.gethostname()}-{os.getpid()}")


def _sweep(path: Path) -> None:
    """Remove what processes of this machine left beside `path` when they were killed."""
    for kind in ("tmp", "old"):
        mine = f".{path.name}.{kind}-{socket.gethostname()}-"
        for left in path.parent.glob(glob.escape(mine) + "*"):
            number = left.name.removeprefix(mine)
            if number.isdigit() and (int(number) == os.getpid() or not _alive(int(number))):
                shutil.rmtree(left) if left.is_dir() else left.unlink()


def remove_leftovers(root: Path) -> int:
    """Remove what killed processes of any machine left below a folder; nothing may be at work.

    Returns:
        The number of bytes that it held.
    """
    size = 0
    left = [
        p for p in root.rglob(".*") if (m := _LEFT.fullmatch(p.name)) and _is_over(*m.groups())
    ]
    for path in left:
        if not os.path.lexists(path):  # it went with the folder it lay in
            continue
        files = [path, *path.rglob("*")]
        size += sum(file.lstat().st_size for file in files if not file.is_dir())
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return size


def _is_over(host: str, process: str) -> bool:
    return host != socket.gethostname() or not _alive(int(process))


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _replace_folder(new: Path, path: Path) -> None:
    if not path.exists():
        new.rename(path)
        return
    # A folder cannot be renamed over a full one: move the old one aside, then away.
    old = _beside(path, "old")
    path.rename(old)
    new.rename(path)
    shutil.rmtree(old)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def explain(path: Path) -> Iterator[None]:
    """Turn a failure to write at or beside `path` into the one error that a user sees.

    Raises:
        ReposeError: disk-full, no-permission or read-only.
    """
    try:
        yield
    except OSError as error:
        # A file that was only read names itself; a failed write may name nothing.
        # A bare name is that of an entry of a folder of ours that is being removed.
        name = str(error.filename or "")
        elsewhere = os.sep in name and not name.startswith(str(path.parent))
        if error.errno not in _MENDS or elsewhere:
            raise
        code, mend = _MENDS[error.errno]
        raise ReposeError(
            code, f"cannot write ({os.strerror(error.errno)})", path=path, mend=mend
        ) from error
