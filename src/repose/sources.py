"""Paths that a user names in the config: what Snakemake and a command line would take amiss."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from repose.errors import ReposeError

# Snakemake reads {a} in a path as a wildcard and <a> as a variable of its own, and hands the names
# of inputs on to the jobs of a cluster as lines of a file.
_MARKS = frozenset("{}<>\r\n")


def check_sources(config: Mapping[str, Any]) -> None:
    """Check the folders of videos and the listing before anything runs.

    Raises:
        ReposeError: missing-videos, missing-file, wrong-value or bad-file-name.
    """
    for folder in config["videos"]:
        _check(folder)
        if not _is(folder, Path.is_dir):
            mend = "name it in `videos`"
            raise ReposeError("missing-videos", "no such folder", path=folder, mend=mend)
    if listing := config["ingest"]["listing"]:
        _check(listing)
        if not _is(listing, Path.is_file):
            mend = "correct ingest.listing"
            raise ReposeError("missing-file", "no such listing", path=listing, mend=mend)


def as_words(paths: Iterable[str]) -> list[str]:
    """Spell paths so that no command takes one for a flag."""
    return [f"./{path}" if path.startswith("-") else str(path) for path in paths]


def check_forwarded(given: Iterable[str]) -> None:
    """Check what `--config` says before Snakemake hands it on to the jobs of a cluster.

    It does so within a shell script, in quotes that some texts end or look through.

    Args:
        given: As `key=value`.

    Raises:
        ReposeError: wrong-value.
    """
    for text in given:
        if set("$`") & set(text) or not _survives(text):
            raise ReposeError(
                "wrong-value",
                f"--config {text.partition('=')[0]}=... has signs that a cluster's shell reads",
                mend="put it into a file and name that with --configfile",
            )


def _is(path: str, kind: Callable[[Path], bool]) -> bool:
    try:
        return kind(Path(path))
    except OSError:  # longer than any name
        return False


def _check(path: str) -> None:
    if not path:
        raise ReposeError("wrong-value", "a path without a name", mend="correct the config")
    if _MARKS & set(path) or path != path.strip():
        said = "a path that Snakemake cannot carry, with { } < >, line ends, or blanks at its ends"
        raise ReposeError("wrong-value", said, path=path, mend="link it under another name")
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ReposeError(
            "bad-file-name", "not a name in UTF-8", path=path, mend="rename it"
        ) from error


def _survives(text: str) -> bool:
    try:
        return shlex.split(repr(text)) == [text]
    except ValueError:
        return False
