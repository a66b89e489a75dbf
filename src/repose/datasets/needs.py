"""What of a data set is missing on this disk."""

from collections.abc import Sequence
from pathlib import Path


def missing(folder: Path, needs: Sequence[str]) -> list[str]:
    """Return the patterns for which there is nothing in a folder or in the folders inside it."""
    return [pattern for pattern in needs if next(folder.rglob(pattern), None) is None]
