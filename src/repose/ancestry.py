"""What an output was made of: the inputs that its manifest names, and a digest of each.

The digest leaves out what took how long, so that a repeated run has the same manifests, and what
an input was made of itself: a change is found at the one place where it lies.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from repose.files import sha256
from repose.manifests import INPUTS, is_ours, read_manifest

# What tells how long something took; all else is the same in two runs of the same settings.
TIMES, SPEED = "times.json", "speed"


def is_timed(name: str) -> bool:
    """Tell whether a file says how long something took, so that no two runs have it alike."""
    return Path(name).name == TIMES or Path(name).stem == SPEED


def digest(path: Path) -> str:
    """Return the sha256 of what a manifest says of its output, but for what was measured.

    Raises:
        ReposeError: no-manifest or bad-manifest.
    """
    said = read_manifest(path)
    hashes = {name: value for name, value in said["sha256"].items() if not is_timed(name)}
    text = json.dumps([said["settings"], hashes], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(path: Path) -> str:
    """Return the digest of an output, the sha256 of a user's file, "" for a user's folder.

    Raises:
        ReposeError: bad-manifest.
    """
    if is_ours(path):
        return digest(path)
    return sha256(path) if path.is_file() else ""


def named_files(settings: Iterable[Any]) -> list[Path]:
    """List the files, and the outputs of stages, that settings name: weights, tables of clips.

    Args:
        settings: The values of a stage's block.
    """
    words = [w for value in settings for w in (value if isinstance(value, list) else [value])]
    named = [Path(w) for w in words if isinstance(w, str) and ("/" in w or "." in w)]
    return [path for path in named if _is_input(path)]


def _is_input(path: Path) -> bool:
    try:
        return path.is_file() or is_ours(path)
    except OSError:  # no name of a file
        return False


def read_inputs(path: Path) -> dict[Path, str] | None:
    """Return the inputs that an output's manifest names, with their digests of then.

    Returns:
        None where it names none, being of a stage that was called by hand or of a time before.

    Raises:
        ReposeError: no-manifest or bad-manifest.
    """
    found = read_manifest(path).get(INPUTS)
    if not isinstance(found, dict):
        return None
    return {Path(os.path.normpath(path.parent / name)): str(of) for name, of in found.items()}
