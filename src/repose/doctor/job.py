"""One small job: submitted, signalled, requeued, watched to its end, and cleaned up after."""

import fcntl
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from repose.doctor import slurm
from repose.doctor.seen import Seen, read_journal
from repose.errors import ReposeError

LOOK_S = 0.5
LIVING = ("PENDING", "CONFIGURING", "REQUEUED", "RUNNING", "COMPLETING", "STOPPED", "SUSPENDED")
WARN_S = 25  # asked for; SLURM looks at the time limits every half minute, and may be early
FOLDER = ".repose-doctor-"
SIGNAL = "SIGUSR1"

# No word of the user's is part of this text. `wait` returns when a signal comes, hence the loop.
SCRIPT = """#!/bin/sh
attempt=${SLURM_RESTART_COUNT:-0}
say() { echo "$(date +%s.%N) $*" >> "batch.$attempt"; }
trap 'say signal SIGTERM' TERM
trap 'say signal SIGUSR1' USR1
say start "$SLURM_JOB_ID" "$SLURMD_NODENAME" "$(hostname)"
srun --nodes=1 --ntasks=1 "$1" -m repose.doctor.node "$attempt" > "srun.$attempt" 2>&1 &
step=$!
while kill -0 $step 2> /dev/null; do wait $step; code=$?; done
say srun $code
[ -e "step.$attempt" ] && exit 1
say direct
"$1" -m repose.doctor.node "$attempt" > "direct.$attempt" 2>&1
"""


class Spoken:
    """Print each step with the seconds since the first."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, step: str) -> None:
        """Print one."""
        print(f"  {time.monotonic() - self._began:5.1f} s  {step}", flush=True)


class WaitedInVainError(Exception):
    """Something did not happen in the time that it was given."""


def try_job(
    folder: Path, options: list[str], patience_s: float, say: Callable[[str], None]
) -> Seen:
    """Send one job through its life, and say each step as it happens.

    Args:
        folder: Below which a folder of its own is made, and removed again.
        options: Of sbatch: partition, account, GPUs, time limit.
        patience_s: How long it may stay in the queue.
        say: Called with each step.
    """
    seen = Seen()
    with _working_folder(folder) as own, _held(own / "lock.here"):
        (own / "job.sh").write_text(SCRIPT, encoding="utf-8")
        name = own.name.removeprefix(".")
        try:
            given = [f"--job-name={name}", *_OPTIONS, *options]
            seen.job = slurm.submit(own, "job.sh", [sys.executable], given)
            _first_life(own, seen, patience_s, say)
            _second_life(own, seen, patience_s, say)
        except WaitedInVainError as given:
            seen.gave_up = str(given)
        finally:
            _read_journals(own, seen)
            _cancel(name, seen.job)
    return seen


_OPTIONS = [
    "--output=job.log",
    "--open-mode=append",
    "--requeue",
    f"--signal={SIGNAL.removeprefix('SIG')}@{WARN_S}",
    "--nodes=1",
    "--ntasks=1",
    "--cpus-per-task=1",
]


def _first_life(own: Path, seen: Seen, patience_s: float, say: Callable[[str], None]) -> None:
    say(f"job {seen.job} submitted")
    began = time.monotonic()
    _wait_to_run(seen.job, patience_s, say)
    seen.waited_s = time.monotonic() - began
    say(f"it runs, after {seen.waited_s:.0f} s in the queue")
    _wait_for(
        lambda: read_journal(own, "batch.0"), 120, "a file of the node is not seen here", seen.job
    )
    first = read_journal(own, "batch.0")[0]
    seen.visible_s = max(0.0, time.time() - first.at)
    say(f"its files are seen here; it is on {first.words[2]}")
    _wait_for(lambda: _has(own, "step.0", "ready"), 120, "python does not start there", seen.job)
    seen.here_lock = _try_lock(own / "lock.node")
    say("python runs there; locks tried from both sides")
    slurm.ask("scancel", f"--signal={SIGNAL.removeprefix('SIG')}", seen.job)
    with suppress(WaitedInVainError):  # that no signal comes is a finding, no end
        _wait_for(lambda: _has(own, "child.0", "signal"), 30, "no signal came", seen.job)
    say(f"{SIGNAL} sent")


def _second_life(own: Path, seen: Seen, patience_s: float, say: Callable[[str], None]) -> None:
    try:
        slurm.ask("scontrol", "requeue", seen.job)
    except ReposeError as error:
        seen.requeue = error.message
        raise WaitedInVainError("SLURM does not requeue the job") from error
    say("requeued; it is being ended")
    _wait_for(lambda: _state(seen.job) == "PENDING", 180, "it is not queued again", seen.job)
    seen.begin_delay_s = max(0.0, _begin(seen.job) - time.time())
    with suppress(ReposeError):  # the wait is known; there is no need to sit it out
        slurm.ask("scontrol", "update", f"JobId={seen.job}", "StartTime=now")
    say(f"queued again (SLURM would hold it back for {seen.begin_delay_s:.0f} s)")
    _wait_to_run(seen.job, patience_s, say)
    _wait_for(lambda: _has(own, "step.1", "ready"), 120, "it does not start again", seen.job)
    seen.came_back = read_journal(own, "batch.1")[0].words[1] == seen.job
    say("it runs again, until its time limit")
    warned = False
    while (state := _state(seen.job)) in ("RUNNING", "COMPLETING"):
        if not warned and (warned := _has(own, "child.1", "signal")):
            say("the warning came; waiting for the end")
        time.sleep(LOOK_S)
    seen.end = state
    say(f"it ended: {state or 'forgotten by SLURM'}")


def _wait_to_run(job: str, patience_s: float, say: Callable[[str], None]) -> None:
    began = spoke = time.monotonic()
    while (state := _state(job)) not in ("RUNNING", "COMPLETING"):
        if state not in LIVING:
            raise WaitedInVainError(
                f"the job ended before it ran: {state or 'forgotten by SLURM'}"
            )
        now = time.monotonic()
        if now - began > patience_s:
            why = slurm.job_fields(job).get("Reason", "?")
            raise WaitedInVainError(
                f"the job did not start within {patience_s:.0f} s (reason: {why})"
            )
        if now - spoke > 15:
            spoke = now
            why = slurm.job_fields(job).get("Reason", "?")
            say(f"in the queue for {now - began:.0f} s (reason: {why}); Ctrl-C gives up")
        time.sleep(LOOK_S)


def _wait_for(what: Callable[[], object], limit_s: float, failure: str, job: str) -> None:
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > limit_s:
            raise WaitedInVainError(f"{failure} within {limit_s:.0f} s")
        if _state(job) not in LIVING:
            raise WaitedInVainError(f"{failure}: the job ended")
        time.sleep(LOOK_S)


def _state(job: str) -> str:
    return slurm.job_fields(job).get("JobState", "")


def _begin(job: str) -> float:
    """Return when SLURM means to start a job, by this machine's clock, or 0."""
    text = slurm.job_fields(job).get("EligibleTime", "")
    try:
        return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return 0.0


def _has(own: Path, journal: str, what: str) -> bool:
    return any(line.words[0] == what for line in read_journal(own, journal))


def _read_journals(own: Path, seen: Seen) -> None:
    for who in ("batch", "step", "child"):
        for attempt in (0, 1):
            lines = seen.journals[f"{who}.{attempt}"] = read_journal(own, f"{who}.{attempt}")
            if who == "batch" and lines:
                seen.nodes[attempt], seen.hosts[attempt] = lines[0].words[2:4]
    for name in ("srun.0", "direct.0"):
        with suppress(OSError):
            seen.stderr += (own / name).read_text(encoding="utf-8", errors="replace")


@contextmanager
def _working_folder(folder: Path) -> Iterator[Path]:
    own = Path(tempfile.mkdtemp(prefix=FOLDER, dir=folder.resolve()))
    try:
        yield own
    finally:
        _remove(own)


def _remove(folder: Path) -> None:
    """Remove a folder into which a job that is being ended may still write."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(LOOK_S)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _try_lock(path: Path) -> str:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return "taken"
    return "free"


def _cancel(name: str, job: str) -> None:
    """End the job at once, and wait until its processes are gone.

    By its name, because Ctrl-C may come before its id is known.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave it
    try:
        for words in (["--full", "--signal=KILL"], []):
            with suppress(ReposeError):
                slurm.ask("scancel", *words, f"--name={name}")
        began = time.monotonic()
        while job and _state(job) in LIVING and time.monotonic() - began < 60:
            time.sleep(LOOK_S)
    finally:
        signal.signal(signal.SIGINT, before)
