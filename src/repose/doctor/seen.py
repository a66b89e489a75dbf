"""What was seen of the doctor's job: the journals of its processes, and what SLURM said."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Line:
    """One line of a journal: when, by the node's clock, and what."""

    at: float
    words: tuple[str, ...]


@dataclass
class Seen:
    """What was seen of the job.

    Args:
        job: Its id.
        waited_s: In the queue, the first time.
        visible_s: Until a file of the node's was seen here; None if it never was.
        nodes: Where each attempt ran, by SLURM's name.
        hosts: The same by the machine's own name.
        journals: Of each writer (batch, step, child) and attempt.
        here_lock: The node's lock was found "taken" or "free" from here.
        requeue: "", or why SLURM refused.
        begin_delay_s: How long SLURM holds a requeued job back.
        came_back: It started again, under the same id.
        end: Its last state.
        stderr: What srun and python said in the first attempt.
        gave_up: What was waited for in vain, or "".
    """

    job: str = ""
    waited_s: float = 0.0
    visible_s: float | None = None
    nodes: dict[int, str] = field(default_factory=dict)
    hosts: dict[int, str] = field(default_factory=dict)
    journals: dict[str, list[Line]] = field(default_factory=dict)
    here_lock: str = ""
    requeue: str = ""
    begin_delay_s: float = 0.0
    came_back: bool = False
    end: str = ""
    stderr: str = ""
    gave_up: str = ""

    @property
    def srun_worked(self) -> bool:
        """Whether the job's processes were started by srun, and not without it."""
        return bool(self.journals.get("step.0")) and not self.lines("batch", 0, "direct")

    def lines(self, who: str, attempt: int, what: str) -> list[Line]:
        """Return the lines of one kind that one process wrote in one attempt."""
        journal = self.journals.get(f"{who}.{attempt}", [])
        return [line for line in journal if line.words[0] == what]

    def word(self, who: str, what: str) -> str | None:
        """Return the words of the last line of one kind in any attempt, None without one."""
        found = [line for n in (0, 1) for line in self.lines(who, n, what)]
        return " ".join(found[-1].words[1:]) if found else None

    def signals(self, who: str, attempt: int) -> dict[str, float]:
        """Return each signal that came, and when first."""
        came: dict[str, float] = {}
        for line in self.lines(who, attempt, "signal"):
            came.setdefault(line.words[1], line.at)
        return came


def read_journal(folder: Path, name: str) -> list[Line]:
    """Read a journal as far as it is written; a half line at its end is left out."""
    try:
        text = (folder / name).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    rows = (line.split() for line in text.split("\n")[:-1])
    return [Line(float(row[0]), tuple(row[1:])) for row in rows if len(row) > 1]
