"""Paths that a user names in the config: what Snakemake and a command line would take amiss."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from repose.errors import ReposeError

# Snakemake reads {a} in a path as a wildcard and <a> as a variable of its own, and hands the names
# of inputs on to the jobs of a cluster as lines of a file.
_MARKS = frozenset("{}<>\r\n")

_CARRIED = frozenset(" @+=:,./_-")  # signs that no shell and no pattern of SLURM's log names reads


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


def check_targets(targets: Iterable[str], data_set: str, source: str) -> None:
    """Check that no snapshot of another data set is asked for than the one that the config names.

    Args:
        targets: The words that Snakemake was given, among them the files that it is asked for.
        data_set: The folder in results/ that the config fills.
        source: Where the config stands.

    Raises:
        ReposeError: wrong-value.
    """
    for target in targets:
        match Path(target).parts:
            case ("results", asked, "snapshot.json") if asked != data_set:
                raise ReposeError(
                    "wrong-value",
                    f"'data_set' is '{data_set}', but {target} is asked for",
                    path=source,
                    mend=f"write `data_set: {asked}`, or ask for results/{data_set}",
                )


def as_words(paths: Iterable[str]) -> list[str]:
    """Spell paths so that no command takes one for a flag."""
    return [f"./{path}" if path.startswith("-") else str(path) for path in paths]


def check_forwarded(given: Iterable[str], project: Path) -> None:
    """Check what Snakemake is about to hand on to the jobs of a cluster.

    It does so within a shell script, in quotes that some texts end or look through.

    Args:
        given: What `--config` says, as `key=value`.
        project: The folder in which Snakemake runs.

    Raises:
        ReposeError: wrong-value.
    """
    if odd := {sign for sign in str(project) if not sign.isalnum()} - _CARRIED:
        said = f"on a cluster the project's path cannot have {' '.join(sorted(odd))}"
        raise ReposeError("wrong-value", said, path=project, mend="move the project")
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
