"""The run directory: one folder per run that training owns, with one writer at a time.

Below the directory that a rule names lies one folder per fingerprint, the hash of all that
determines the result: a run with other settings or other code never meets this one's checkpoints.

The lock is `flock` on the file `lock`. The kernel gives it back however its holder ends, so a run
that was killed is never locked for good. Between hosts it holds where the file system carries it:
NFS on Linux does (unless mounted `nolock` or `local_lock`), Lustre mounted with `flock` does.
Where it does not reach, the name in the file tells: whoever came last stands in it, and the one
before stops at its next checkpoint.
"""

import errno
import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from repose.errors import ReposeError
from repose.files import explain

LOCK = "lock"

# The lock files that this process holds, by folder, as device and inode.
_held: dict[Path, tuple[int, int]] = {}


def fingerprint(settings: Mapping[str, Any]) -> str:
    """Return the hash of settings, data and code that tells runs apart, 16 hex digits."""
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def open_run(directory: Path, name: str) -> Iterator[Path]:
    """Make the run's folder and hold it alone.

    Args:
        directory: Of all runs of a method.
        name: The run's fingerprint.

    Raises:
        ReposeError: run-in-use, when another process trains in it; no-lock, where files cannot
            be locked; or what a failed write raises.
    """
    folder = directory / name
    with explain(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # Not "w": it would wipe out the name of another holder.
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        _lock(descriptor, folder)
        with explain(folder / LOCK):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(_self()).encode(), 0)
        _held[folder] = _identity(os.fstat(descriptor))
        yield folder
    finally:
        _held.pop(folder, None)
        os.close(descriptor)


def check_held(folder: Path) -> None:
    """Check that no other process has taken the run over: its lock may not have been seen.

    Raises:
        ReposeError: run-in-use; run-removed, when the folder is not the one that was opened.
    """
    if folder in _held and _held[folder] != _found(folder / LOCK):
        raise ReposeError(
            "run-removed",
            "the run directory was removed or replaced while this training used it",
            path=folder,
            mend="run the same command again; leave the folder alone until it ends",
        )
    holder = _holder(folder)
    if holder and (holder.get("host"), holder.get("pid")) != (socket.gethostname(), os.getpid()):
        raise _in_use(folder, holder, "another process has taken this run over")


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _found(path: Path) -> tuple[int, int] | None:
    with suppress(FileNotFoundError), explain(path):
        return _identity(path.stat())
    return None


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            raise _in_use(
                folder, _holder(folder), "another process trains in this run directory"
            ) from error
        raise ReposeError(
            "no-lock",
            f"this file system cannot lock files ({os.strerror(error.errno or 0)})",
            path=folder,
            mend="mount it with locks (Lustre: -o flock), or give a run directory elsewhere",
        ) from error


def _in_use(folder: Path, holder: Mapping[str, Any], what: str) -> ReposeError:
    names = ("host", "pid", "SLURM job", "since")
    who = ", ".join(f"{name} {holder[name]}" for name in names if holder.get(name))
    return ReposeError(
        "run-in-use",
        f"{what} ({who or 'it has not said its name yet'})",
        path=folder,
        mend="wait for it, or stop it",
    )


def _self() -> dict[str, Any]:
    """Name this process, for whoever finds the run locked."""
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "SLURM job": os.environ.get("SLURM_JOB_ID", ""),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _holder(folder: Path) -> dict[str, Any]:
    """Read who holds the run; empty when nobody has written a name."""
    try:
        found = json.loads((folder / LOCK).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
