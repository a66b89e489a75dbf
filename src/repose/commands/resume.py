"""Go on with the run that was stopped in this folder, whatever stopped it."""

import argparse
import fcntl
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from repose.drivers import (
    is_locked,
    last_run,
    left_behind,
    living,
    slurm_jobs,
)
from repose.errors import ReposeError
from repose.files import remove_leftovers

PATIENCE_S = 60  # that a job has to save its state before it is killed
MINE = Path(".snakemake/resume.lock")
# Of Snakemake: make again what is up to date.
FORCE = re.compile(r"-[fF]+|--force(all)?|(--forcerun=|-R).+")
SNAKEMAKE = [sys.executable, "-m", "snakemake"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags; without them the words of the last run are taken again."""
    parser.add_argument("--configfile", nargs="+", help="start `all` with these overlays instead")
    parser.add_argument("--profile", help="start `all` with this profile instead")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")


def run(options: argparse.Namespace) -> int:
    """Unlock the folder if its driver is dead, then take its place.

    Returns:
        Does not return, but for a dry run; Snakemake's exit status becomes that of this process.

    Raises:
        ReposeError: still-running, or no-run.
    """
    words = _words(options)
    _hold()
    _refuse_if_alive()
    orphans = left_behind()
    if options.dry_run:
        _say(f"{len(orphans)} jobs to stop, {'locked' if is_locked() else 'not locked'}")
        _say(f"would go on with: snakemake {shlex.join(words)}")
        return 0
    if orphans:
        _stop(orphans)
    if is_locked():
        subprocess.run([*SNAKEMAKE, "--unlock", *words], check=True, stdout=subprocess.DEVNULL)
        _say("the run was killed and left its lock; it is taken away")
    if size := remove_leftovers(Path("results")):
        _say(f"removed {size:,} bytes that killed jobs had left half written")
    if "--rerun-incomplete" not in words:
        words = ["--rerun-incomplete", *words]
    _say(f"going on with: snakemake {shlex.join(words)}")
    sys.stdout.flush()
    os.execv(SNAKEMAKE[0], [*SNAKEMAKE, *words])


def _words(options: argparse.Namespace) -> list[str]:
    """Say what Snakemake is told: what the user says now, else what the last run was told."""
    if options.configfile or options.profile:
        overlays = ["--configfile", *options.configfile] if options.configfile else []
        return ["all", *(["--profile", options.profile] if options.profile else []), *overlays]
    run = last_run()
    if run is None:
        raise ReposeError(
            "no-run",
            "no run was started in this folder",
            path=Path.cwd(),
            mend="say which: make resume CONFIG=config/demo.yaml",
        )
    return without_force(run.words)


def without_force(words: Sequence[str]) -> list[str]:
    """Leave out what would have done again what the stopped run has finished."""
    kept: list[str] = []
    named = False
    for word in words:
        named = word in ("-R", "--forcerun") or (named and not word.startswith("-"))
        if not named and not FORCE.fullmatch(word):
            kept.append(word)
    return kept


def _hold() -> None:
    """Keep a second `resume` out, until the Snakemake that this process becomes has ended."""
    MINE.parent.mkdir(exist_ok=True)
    descriptor = os.open(MINE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise _running("another `resume` is at work", "wait for it, or stop it") from error
    os.set_inheritable(descriptor, True)


def _refuse_if_alive() -> None:
    if drivers := living():
        numbers = ", ".join(map(str, drivers))
        raise _running(f"Snakemake is at work: process {numbers}", "wait for it, or stop it")
    if jobs := slurm_jobs():
        mend = f"wait for them, or stop them, which loses nothing: scancel {' '.join(jobs)}"
        raise _running(f"{len(jobs)} SLURM jobs are queued or at work", mend)
    run = last_run()
    if is_locked() and run and not run.here:
        mend = f"resume there; if that machine is gone: snakemake --unlock {shlex.join(run.words)}"
        raise _running(f"the last run was started on {run.host} and left its lock", mend)


def _running(message: str, mend: str) -> ReposeError:
    return ReposeError("still-running", message, path=Path.cwd(), mend=mend)


def _stop(jobs: list[int]) -> None:
    """End what a killed Snakemake left at work here; a training saves its state first."""
    for job in jobs:
        _signal(job, signal.SIGTERM)
    waited = time.monotonic() + PATIENCE_S
    while (left := left_behind()) and time.monotonic() < waited:
        time.sleep(0.1)
    for job in left:
        _signal(job, signal.SIGKILL)
    _say(f"stopped {len(jobs)} processes that the killed run had left at work")


def _signal(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:  # it has ended by itself
        return


def _say(what: str) -> None:
    print(f"repose resume: {what}")
