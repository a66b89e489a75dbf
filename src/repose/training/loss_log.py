"""The loss log: one JSON line per logged step, equal bit for bit whether a run was stopped or not.

Losses go to `log.jsonl`, with every digit. What cannot repeat, the times, goes to `timing.jsonl`.
Both, as curves, go to TensorBoard.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from repose.files import whole

LOSSES = "log.jsonl"
TIMES = "timing.jsonl"


class LossLog:
    """Append to the logs of a run directory.

    Args:
        folder: The run directory.
        step: Steps done so far; rows of later steps, left by a run that was killed, are cut off.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._files = {}
        for name in (LOSSES, TIMES):
            cut(folder / name, step)
            self._files[name] = (folder / name).open("a", encoding="utf-8")
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def write(self, step: int, losses: Mapping[str, float], times: Mapping[str, float]) -> None:
        """Add a row for the step that was just done."""
        for name, values in ((LOSSES, losses), (TIMES, times)):
            self._files[name].write(json.dumps({"step": step, **values}) + "\n")
            self._files[name].flush()
            for key, value in values.items():
                self._board.add_scalar(f"{Path(name).stem}/{key}", value, step)

    def sync(self) -> None:
        """Bring all rows to the disk: a checkpoint must not know more steps than the log."""
        for file in self._files.values():
            os.fsync(file.fileno())
        self._board.flush()

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
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if _of(line) <= step]
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
