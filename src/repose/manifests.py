"""Manifests: what an output is made of, and with which settings; without one it does not count.

A manifest lists size and sha256 of each file, and closes with the sha256 of itself. That of a
folder is its `manifest.json`, written before the folder gets its name; that of the file `a.bin`
is `a.bin.manifest.json` beside it, written after it.

It names the inputs, too, where `making` knows them.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from repose import __version__
from repose.errors import ReposeError
from repose.files import sha256, whole
from repose.making import current

IN_FOLDER = "manifest.json"
BESIDE = ".manifest.json"
HASHED = 16 << 20  # bytes up to which a stage proves each file of its input, not its size alone
# Snakemake puts this into every folder that is an output.
NOT_OURS = (".snakemake_timestamp",)
UNLISTED = "not in the manifest"
INPUTS = "inputs"  # key of a manifest; not there where a stage was called by hand
SELF = "manifest_sha256"


@dataclass(frozen=True)
class Fault:
    """A file that is not as its manifest says.

    Attributes:
        path: The file.
        what: "changed", "missing", "not in the manifest", or what ails the manifest itself.
    """

    path: Path
    what: str


def write_manifest(path: Path, settings: Mapping[str, Any], *, is_result: bool = True) -> None:
    """Write down size and sha256 of a file, or of every file in a folder, with its settings.

    Args:
        path: The file, or the folder, also under the name that it has until it is whole.
        settings: What it was made with.
        is_result: Whether it is an output of a stage, made of the stage's inputs.
    """
    base = _base(path)
    hashes, sizes = {}, {}
    for file in _files(path):
        name = file.relative_to(base).as_posix()
        hashes[name], sizes[name] = sha256(file), file.stat().st_size
    body = {"version": __version__, "settings": settings, "size": sizes, "sha256": hashes}
    making = current() if is_result else None
    if making is not None:
        body[INPUTS] = making.inputs_of(path)
    digest = _digest(body)
    with whole(manifest_path(path)) as beside:
        beside.write_text(_spell(body | {SELF: digest}), encoding="utf-8")
    if making is not None:
        making.made.append(digest)


def is_ours(path: Path) -> bool:
    """Tell whether a file or folder has a manifest, and not a user's file of that name."""
    place = manifest_path(path)
    return place.is_file() and SELF.encode() in place.read_bytes()


def check_manifest(path: Path) -> dict[str, Any]:
    """Compare every byte of a file or folder with its manifest.

    Returns:
        The manifest: version, settings, and size and sha256 of each file.

    Raises:
        ReposeError: no-manifest, or bad-manifest, naming the first file that is missing or
            differs.
    """
    return _check(path, hashed_up_to=None)


def require_manifest(path: Path) -> dict[str, Any]:
    """Check quickly that an output is whole: the size of each file, the bytes of the small ones.

    Returns:
        The manifest.

    Raises:
        ReposeError: as in `check_manifest`.
    """
    return _check(path, hashed_up_to=HASHED)


def require_manifests(paths: Path | Sequence[Path] | None, *, optional: bool = False) -> None:
    """Check quickly that inputs of a stage are whole.

    Args:
        paths: One input, several, or none.
        optional: Whether they may be files of the user's own, which have no manifest.

    Raises:
        ReposeError: as in `check_manifest`.
    """
    for path in [paths] if isinstance(paths, Path) else paths or ():
        if not optional or is_ours(path):
            require_manifest(path)


def read_manifest(path: Path) -> dict[str, Any]:
    """Read the manifest of a file or folder; every byte of it counts.

    Raises:
        ReposeError: no-manifest or bad-manifest.
    """
    place = manifest_path(path)
    try:
        text = place.read_bytes().decode("utf-8")
        manifest: dict[str, Any] = json.loads(text)
        body = {key: value for key, value in manifest.items() if key != SELF}
        sound = manifest[SELF] == _digest(body) and text == _spell(manifest)
    except FileNotFoundError as error:
        mend = "delete it and run again the stage that makes it"
        raise ReposeError("no-manifest", "not whole", path=path, mend=mend) from error
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise _bad(place, "the manifest is damaged")
    return manifest


def faults(path: Path, hashed_up_to: int | None = None) -> Iterator[Fault]:
    """Find everything in a file or folder that is not as its manifest says.

    Args:
        path: A file or folder with a sound manifest.
        hashed_up_to: Of larger files only the size is compared; None compares every byte.
    """
    manifest = read_manifest(path)
    for name, size in manifest["size"].items():
        file = _base(path) / name
        if not file.is_file():
            yield Fault(file, "missing")
        elif file.stat().st_size != size or (
            (hashed_up_to is None or size <= hashed_up_to)
            and sha256(file) != manifest["sha256"][name]
        ):
            yield Fault(file, "changed")


def unlisted(path: Path) -> Iterator[Fault]:
    """Find the files in a folder that its manifest does not know."""
    known = read_manifest(path)["size"]
    for file in _files(path):
        if file.relative_to(_base(path)).as_posix() not in known:
            yield Fault(file, UNLISTED)


def manifest_path(path: Path) -> Path:
    """Say where the manifest of a file or folder lies."""
    return path / IN_FOLDER if path.is_dir() else path.with_name(path.name + BESIDE)


def _check(path: Path, hashed_up_to: int | None) -> dict[str, Any]:
    if not path.exists():
        mend = "run the stage that makes it"
        raise ReposeError("missing-file", "no such file or folder", path=path, mend=mend)
    for fault in chain(faults(path, hashed_up_to), unlisted(path)):
        if fault.what == UNLISTED and fault.path.name.startswith("."):
            continue  # what a file system or a killed process left; nobody reads it
        raise _bad(fault.path, f"not the file that was written ({fault.what})")
    return read_manifest(path)


def _bad(path: Path, message: str) -> ReposeError:
    mend = "restore it, or delete that output and run again"
    return ReposeError("bad-manifest", message, path=path, mend=mend)


def _base(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    known = (manifest_path(path), *(path / name for name in NOT_OURS))
    return sorted(f for f in path.rglob("*") if not f.is_dir() and f not in known)


def _spell(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_spell(body).encode()).hexdigest()
