"""Progress of long work: a live bar on a terminal, one plain line every 30 s elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import suppress
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

SECONDS_BETWEEN_LINES = 30.0

T = TypeVar("T")


class Progress:
    """Show how far a piece of work has come, on stderr; work goes on when nobody listens there.

    Args:
        title: What is being done, such as "frames".
        total: Number of steps, or None when unknown.
        done: Steps that were done before, when work is resumed.
    """

    def __init__(self, title: str, total: int | None = None, *, done: int = 0) -> None:
        self.title = title
        self.total = total
        self.done = done
        self._began = self._spoke = time.monotonic()
        self._before = done
        self._bar: Bar | None = None
        console = Console(stderr=True)
        if console.is_terminal:
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[note]}"),
                console=console,
            )
            self._task = self._bar.add_task(title, total=total, completed=done, note="")

    def advance(self, n: int = 1, note: str = "") -> None:
        """Count n more steps; the note stands behind the bar or on the next line."""
        self.done += n
        if self._bar is not None:
            with suppress(OSError, ValueError):  # of a stderr that broke, or was closed
                self._bar.update(self._task, advance=n, note=note)
            return
        now = time.monotonic()
        if now - self._spoke >= SECONDS_BETWEEN_LINES:
            self._spoke = now
            with suppress(OSError, ValueError):
                print(self._line(now, note), file=sys.stderr, flush=True)

    def _line(self, now: float, note: str) -> str:
        of = f"/{self.total}" if self.total is not None else ""
        rate = (self.done - self._before) / max(now - self._began, 1e-9)
        line = f"{self.title}: {self.done}{of}, {rate:.1f}/s"
        if self.total is not None and rate > 0:
            line += f", {(self.total - self.done) / rate:.0f} s to go"
        return f"{line}, {note}" if note else line

    def __enter__(self) -> "Progress":
        """Begin to show."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and leave the terminal as it was."""
        if self._bar is not None:
            with suppress(OSError, ValueError):
                self._bar.stop()


def track(items: Iterable[T], title: str, total: int | None = None) -> Iterator[T]:
    """Pass the items on, and show how far they have come."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    with Progress(title, total) as progress:
        for item in items:
            yield item
            progress.advance()
