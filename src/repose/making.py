"""What is being made, and of what: for the manifests that are written meanwhile.

A stage knows its paths, not which of them are its inputs. The command line does, and says so
before it calls the stage.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Making:
    """The inputs of a stage at work, and what it has made.

    Attributes:
        inputs: Digest of each input by its path, "" for folders of the user's own.
        made: The sha256 of each manifest that was written.
    """

    inputs: Mapping[Path, str]
    made: list[str] = field(default_factory=list)

    def inputs_of(self, output: Path) -> dict[str, str]:
        """Return digests of the inputs by their paths as seen from where an output lies."""
        return {_seen_from(output, path): of for path, of in self.inputs.items()}


_making: ContextVar[Making | None] = ContextVar("making", default=None)


@contextmanager
def made_of(inputs: Mapping[Path, str]) -> Iterator[Making]:
    """Have every manifest of a result that is written within name these inputs.

    Args:
        inputs: As in `Making`.
    """
    making = Making(inputs)
    token = _making.set(making)
    try:
        yield making
    finally:
        _making.reset(token)


@contextmanager
def also_of(inputs: Mapping[Path, str]) -> Iterator[None]:
    """Have what is written within name these inputs, too; nothing where none are named."""
    making = current()
    if making is None:
        yield
        return
    token = _making.set(Making({**making.inputs, **inputs}, making.made))
    try:
        yield
    finally:
        _making.reset(token)


def current() -> Making | None:
    """Return what is being made; None where a stage was called by hand."""
    return _making.get()


def _seen_from(output: Path, path: Path) -> str:
    """Spell an input's path so that results may be moved together with it.

    Of what is elsewhere, named by its full path, that path is kept: the way there would differ
    between two places of the same project.
    """
    if path.is_absolute() and not output.is_absolute():
        return path.as_posix()
    return Path(os.path.relpath(path, output.parent)).as_posix()
