"""The run directory: one folder per run that training owns, with one writer at a time.

Below the directory that a rule names lies one folder per fingerprint, the hash of all that
determines the result: a run with other settings or other code never meets this one's checkpoints.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from repose.errors import ReposeError


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
        ReposeError: run-in-use, when another process trains in it.
    """
    folder = directory / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ReposeError(
                "run-in-use",
                "another process trains in this run directory",
                path=folder,
                mend="wait for it, or stop it",
            ) from error
        yield folder
