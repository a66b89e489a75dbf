"""What code runs here: the commit, the hash of the sources, the packages that are installed.

Nothing heavy is imported, so that every stage can write it down.
"""

import hashlib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import repose

UNKNOWN = "unknown"
PINS = Path("requirements/all.txt")
_PACKAGE = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)\.(?:dist|egg)-info")


def commit() -> str:
    """Return the git commit of the source, with `+` when it was changed since, or "unknown"."""
    folder = Path(repose.__file__).parent
    hash_ = _git(folder, "rev-parse", "HEAD")
    if hash_ is None:
        return UNKNOWN
    return hash_ + ("+" if _git(folder, "status", "--porcelain", "--", str(folder)) else "")


@cache
def sources() -> str:
    """Return one sha256 of names and contents of all modules of the package."""
    folder = Path(repose.__file__).parent
    return hash_files(folder, sorted(folder.rglob("*.py")))


def hash_files(folder: Path, paths: list[Path]) -> str:
    """Return one sha256 of what files hold, and of their names below a folder."""
    found = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        found.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def environment() -> str:
    """Return the sha256 of what is installed: sorted lines `name==version`."""
    return hashlib.sha256("\n".join(packages()).encode()).hexdigest()


@cache
def packages() -> list[str]:
    """List what is installed as `name==version`, by the names of folders alone: it is fast.

    What setuptools brings along for itself, and adds to the path when it is used, does not count.
    """
    places = [entry for entry in map(Path, sys.path) if entry.name != "_vendor"]
    folders = (path for entry in places for path in entry.glob("*-info"))
    found = filter(None, (_PACKAGE.fullmatch(path.name) for path in folders))
    # PEP 503: one package has one name, however its folder spells it.
    return sorted({f"{re.sub(r'[-_.]+', '-', m['name']).lower()}=={m['version']}" for m in found})


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
