"""What is said of a running training: its losses in files, its progress on the terminal."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from repose.progress import Progress
from repose.training.loss_log import LossLog
from repose.training.schedule import Schedule


class Book:
    """Keep the logs of a run directory, and show how far the training is.

    Args:
        folder: The run directory.
        schedule: How many steps, and how many of them are logged.
        first: Steps done so far.
    """

    def __init__(self, folder: Path, schedule: Schedule, first: int) -> None:
        self._schedule = schedule
        self._log = LossLog(folder, first)
        self._progress = Progress("train", schedule.steps, done=first)
        self._open = ExitStack()

    def note(self, done: int, losses: Mapping[str, float], times: Mapping[str, float]) -> None:
        """Note the step that was just done."""
        name = "loss" if "loss" in losses else "discriminator"
        self._progress.advance(note=f"{name} {losses[name]:.4f}")
        if self._schedule.due(done, self._schedule.log_every):
            self._log.write(done, losses, times)

    def sync(self) -> None:
        """Bring the logs to the disk: a checkpoint must not know more steps than they."""
        self._log.sync()

    def __enter__(self) -> "Book":
        """Begin to note."""
        self._open.enter_context(self._log)
        self._open.enter_context(self._progress)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the logs, and leave the terminal as it was."""
        self._open.__exit__(kind, error, trace)
