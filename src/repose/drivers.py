"""Who drives a graph in this folder: the run that is remembered, and the processes that live.

Snakemake's own locks name neither process nor machine, so a lock alone does not tell a run at
work from one that was killed.
"""

import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from repose.errors import ReposeError
from repose.files import read_json, write_json

RECORD = Path(".snakemake/last-run.json")
LOCKS = Path(".snakemake/locks")
MARK = "REPOSE_RUN"  # in the environment of every job: the folder of its graph
# Snakemake with one of these changes nothing, or is itself the job of another.
HARMLESS = {"-n", "--dry-run", "--dryrun", "--mode", "--mode=subprocess", "--mode=remote"}


@dataclass(frozen=True)
class Run:
    """A run of the graph: its words on the command line, and the process that drives it."""

    words: list[str]
    host: str
    process: int
    started: str  # clock ticks since the machine started: numbers of processes come again
    remote: bool = False  # whether a scheduler runs its jobs, on other machines

    @property
    def here(self) -> bool:
        """Whether it was started on this machine."""
        return self.host == socket.gethostname()

    @property
    def lives(self) -> bool:
        """Whether it is still at work, as far as this machine can see."""
        return self.here and _started(self.process) == self.started


def mark() -> None:
    """Have every process that this one starts carry this folder's name."""
    os.environ[MARK] = str(Path.cwd())


def remember(words: Sequence[str], *, remote: bool = False) -> None:
    """Write down that this process drives the graph in this folder."""
    process = os.getpid()
    run = Run(list(words), socket.gethostname(), process, _started(process), remote)
    write_json(RECORD, asdict(run))


def last_run() -> Run | None:
    """Return the run that was started last in this folder, if one is remembered."""
    try:
        return Run(**read_json(RECORD))
    except (ReposeError, TypeError):
        return None


def is_locked() -> bool:
    """Tell whether Snakemake's lock lies here: a run is at work, or was killed."""
    return LOCKS.is_dir() and any(LOCKS.iterdir())


def living() -> list[int]:
    """List the processes of this machine that drive the graph in this folder."""
    found = {process for process in _processes() if _drives(process)}
    run = last_run()
    if run and run.lives:
        found.add(run.process)
    return sorted(found - {os.getpid()})


def left_behind() -> list[int]:
    """List the jobs of this folder that live on this machine, to be asked when no driver does.

    Not the `tee` of a job: it ends with what it listens to, which may have something to say.
    """
    wanted = f"{MARK}={Path.cwd()}".encode()
    marked = [p for p in _processes() if wanted in _read(p, "environ").split(b"\0")]
    return [process for process in marked if _read(process, "comm").strip() != b"tee"]


def slurm_jobs() -> list[str]:
    """List the SLURM jobs, queued or running, that were sent off from this folder.

    Raises:
        ReposeError: still-running, when the last run had jobs elsewhere and nobody can be asked.
    """
    words = ["squeue", "--me", "--noheader", "--format=%A %Z"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        run = last_run()
        if not run or not run.remote:
            return []
        said = "SLURM does not answer: jobs of the last run may be at work"
        mend = "ask again when squeue works"
        raise ReposeError("still-running", said, path=Path.cwd(), mend=mend) from error
    rows = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    return [row[0] for row in rows if len(row) == 2 and row[1] == str(Path.cwd())]


def _processes() -> Iterator[int]:
    """List the other processes of this machine."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            yield int(entry.name)


def _drives(process: int) -> bool:
    try:
        if Path(f"/proc/{process}/cwd").readlink() != Path.cwd():
            return False
    except OSError:  # gone, or another user's
        return False
    words = _read(process, "cmdline").decode(errors="replace").split("\0")
    named = [Path(word).name for word in words[:2]]
    is_snakemake = "snakemake" in named or words[1:3] == ["-m", "snakemake"]
    return is_snakemake and not HARMLESS & set(words)


def _read(process: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{what}").read_bytes()
    except OSError:
        return b""


def _started(process: int) -> str:
    """Return when a process started; "" when there is none."""
    fields = _read(process, "stat").decode(errors="replace").rpartition(")")[2].split()
    return fields[19] if fields and fields[0] not in "ZX" else ""
