"""The loss log: one JSON line per logged step, equal bit for bit whether a run was stopped or not.

Losses go to `log.jsonl`, with every digit. What cannot repeat, the times, goes to `timing.jsonl`.
Both, as curves, go to TensorBoard.
"""

import json
import os
import socket
import time
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from repose.files import explain, whole

LOSSES = "log.jsonl"
TIMES = "timing.jsonl"


class LossLog:
    """Append to the logs of a run directory.

    Args:
        folder: The run directory.
        step: Steps done so far; rows of later steps, left by a run that was killed, are cut off.

    Raises:
        ReposeError: what a failed write raises, here and in all methods.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._files = {}
        for name in (LOSSES, TIMES):
            cut(folder / name, step)
            self._files[name] = _Appended(folder / name)
        self._board = _Board(folder / "tensorboard", step)

    def write(self, step: int, losses: Mapping[str, float], times: Mapping[str, float]) -> None:
        """Add a row for the step that was just done."""
        for name, values in ((LOSSES, losses), (TIMES, times)):
            self._files[name].write((json.dumps({"step": step, **values}) + "\n").encode())
            self._board.write(step, {f"{Path(name).stem}/{k}": v for k, v in values.items()})

    def sync(self) -> None:
        """Bring all rows to the disk: a checkpoint must not know more steps than the log."""
        for file in self._files.values():
            file.sync()

    def __enter__(self) -> "LossLog":
        """Begin to log."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._board.close()


def cut(path: Path, step: int) -> None:
    """Cut a log back to the rows of the first `step` steps; a half-written last row goes too."""
    if not path.exists():
        return
    # Whatever a crash left of the last rows need not be text; such a row is cut off.
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    kept = [line for line in lines if _of(line) <= step]
    with whole(path) as beside:
        beside.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a log."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _of(line: str) -> float:
    """Return a row's step; a row that cannot be read is later than any."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")


class _Appended:
    """A file that only grows. Nothing waits in a buffer, so a write that fails fails here."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with explain(path):
            self._file = FileIO(path, "a")

    def write(self, data: bytes) -> None:
        left = memoryview(data)
        with explain(self.path):
            while left:  # a disk that is nearly full takes a part
                left = left[self._file.write(left) :]

    def sync(self) -> None:
        with explain(self.path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        with explain(self.path):
            self._file.close()


class _Board:
    """Curves for TensorBoard, one file per process; torch's writer loses errors in a thread."""

    def __init__(self, folder: Path, step: int) -> None:
        with explain(folder):
            folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns()}.{socket.gethostname()}.{os.getpid()}"
        self._file = _Appended(folder / name)
        self._records = RecordWriter(self._file)
        self._add(Event(file_version="brain.Event:2"))
        # What an earlier process showed of later steps is void.
        self._add(Event(step=step + 1, session_log=SessionLog(status=SessionLog.START)))

    def write(self, step: int, values: Mapping[str, float]) -> None:
        shown = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        self._add(Event(step=step, summary=Summary(value=shown)))

    def close(self) -> None:
        self._file.close()

    def _add(self, event: Event) -> None:
        event.wall_time = time.time()
        self._records.write(event.SerializeToString())
