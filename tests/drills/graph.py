"""Kills runs of the graph at random moments, and certifies that the results are as if undisturbed.

    python -m tests.drills.graph --kills 50 --folder FOLDER

The test preset runs once undisturbed. Then it runs again and again, and at random moments the
driver (SIGKILL or SIGTERM), one of its jobs (SIGKILL) or a `make resume` that is starting is
killed; `make resume` goes on. When a run ends well it must hold the same bytes as the undisturbed
one; it is then thrown away, and the next begins.
"""

import argparse
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from repose import drivers
from repose.verification import differences, verify
from tests.workflow.running import ROOT, copy_of_the_project

SNAKEMAKE = [sys.executable, "-m", "snakemake"]
KINDS = ("driver, SIGKILL", "driver, SIGTERM", "job, SIGKILL")
SETTLE_S = 600  # that a run may take to end after its kill


@dataclass
class Drill:
    """What has happened so far.

    Attributes:
        words: What Snakemake is told.
        random: Source of the moments.
        mean_s: Mean time from the start of a run to its kill.
        partial: Whether the words ask for less than the undisturbed run has.
        kills: By kind.
        hit: Stages at work when a kill came.
        starts: Runs started, resumed ones included.
        wrong: Runs that ended as successes and were none: what was wrong with them.
        proven: Finished runs that held the right bytes.
    """

    words: list[str]
    random: random.Random
    mean_s: float
    partial: bool = False
    kills: Counter = field(default_factory=Counter)
    hit: Counter = field(default_factory=Counter)
    starts: int = 0
    wrong: list[str] = field(default_factory=list)
    proven: int = 0

    def expected(self, difference: str) -> bool:
        """Tell whether a difference only says that less was asked for."""
        return self.partial and ": only in " in difference and "only in results" not in difference


def run_drill(drill: Drill, kills: int, reference: Path, folder: Path) -> None:
    """Kill so many times, then let the last run end.

    Args:
        drill: Takes what happens.
        kills: How many.
        reference: Results of the undisturbed run.
        folder: A copy of the project, without results.
    """
    before = Path.cwd()
    os.chdir(folder)  # whose processes `drivers` looks for
    try:
        while drill.kills.total() < kills:
            _round(drill, kills, reference)
    finally:
        os.chdir(before)


def _round(drill: Drill, kills: int, reference: Path) -> None:
    """Bring one run to its end, however often it is killed on the way; then throw it away."""
    for name in ("results", ".snakemake"):
        shutil.rmtree(name, ignore_errors=True)
    status = None
    while status != 0:
        left = kills - drill.kills.total()
        killed, status, said = _attempt(drill, may_kill=left > 0)
        if status == 0 and killed:
            drill.wrong.append(f"success in spite of {killed}")
        if status != 0 and not killed:
            raise RuntimeError(f"a run that nobody killed failed:\n{said}")
        if killed:
            print(f"{drill.kills.total():4d} {killed}", flush=True)
    verdict = verify(Path("results"))
    found = [f"{fault.path}: {fault.what}" for fault in verdict.faults]
    found += [line for line in differences(Path("results"), reference) if not drill.expected(line)]
    drill.wrong += found
    drill.proven += not found
    print(f"     ended; {verdict.outputs} outputs, {len(found)} wrong", flush=True)


def _attempt(drill: Drill, may_kill: bool) -> tuple[str, int, str]:
    """Start or resume the run and perhaps kill it.

    Returns:
        What was killed ("" for nothing), the exit status, and what was said.
    """
    drill.starts += 1
    words = [*SNAKEMAKE, *drill.words]
    if drivers.last_run() or drivers.is_locked():
        words = ["make", "-o", ".venv/ready", "resume", f"BIN={Path(sys.executable).parent}"]
    if drivers.is_locked() and not drivers.last_run():  # killed before it wrote itself down
        words.append("CONFIG=config/test.yaml")
    log = Path("drill.log")
    with log.open("w") as file:
        process = subprocess.Popen(
            words, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        wait = drill.random.expovariate(1 / drill.mean_s) if may_kill else SETTLE_S
        killed = ""
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            if not may_kill:
                raise
            killed = _kill(drill, process)
        status = process.wait(SETTLE_S)
    return killed, status, log.read_text()


def _kill(drill: Drill, process: subprocess.Popen) -> str:
    """Kill something of the run."""
    jobs = {job: stage for job in drivers.left_behind() if (stage := _stage(job))}
    kind = drill.random.choice(KINDS)
    if not drivers.living():  # `make resume` has not come so far yet
        kind = "resume, SIGKILL"
        os.killpg(process.pid, signal.SIGKILL)
    elif kind.startswith("driver") or not jobs:
        kind = kind if kind.startswith("driver") else KINDS[0]
        number = signal.SIGKILL if "SIGKILL" in kind else signal.SIGTERM
        for driver in drivers.living():
            os.kill(driver, number)
    else:
        chosen = drill.random.choice(sorted(jobs))
        jobs = {chosen: jobs[chosen]}
        os.kill(chosen, signal.SIGKILL)
    drill.kills[kind] += 1
    drill.hit.update(jobs.values())
    return f"{kind}; at work: {', '.join(sorted(jobs.values())) or 'no job'}"


def _stage(process: int) -> str:
    """Return which stage a process works at; "" when it is a shell."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return ""
    return words[2] if len(words) > 2 and Path(words[1]).name == "repose" else ""


def certificate(drill: Drill, seed: int, reference: Path, seconds: float) -> str:
    """Say what was done, and what came of it."""
    outputs = verify(reference)
    lines = [
        "CERTIFICATE: the graph under kills",
        f"  commit         {_commit()}",
        f"  machine        {platform.machine()}, Python {platform.python_version()}",
        f"  command        snakemake {' '.join(drill.words)}; seed {seed}",
        f"  kills          {drill.kills.total()}",
        *(f"    {kind:<20} {count}" for kind, count in sorted(drill.kills.items())),
        f"  stages hit     {', '.join(f'{k} {v}' for k, v in sorted(drill.hit.items()))}",
        f"  runs           {drill.starts} started or resumed, {drill.proven} brought to their end",
        f"  outputs        {outputs.outputs} of {outputs.files} files, sha256-equal to those of"
        " an undisturbed run, times apart",
        f"  false success  {len(drill.wrong)}",
        f"  it took        {seconds / 60:.0f} min",
    ]
    return "\n".join([*lines, *drill.wrong, ""])


def _commit() -> str:
    words = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _undisturbed(folder: Path, words: list[str]) -> Path:
    calm = copy_of_the_project(folder)
    subprocess.run([*SNAKEMAKE, *words], cwd=calm, check=True, stdout=subprocess.DEVNULL)
    return calm / "results"


def main() -> int:
    """Run the drill; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--folder", type=Path, required=True, help="a new folder to work in")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cores", default="2")
    parser.add_argument("--every", type=float, help="mean time to a kill, s; else from that run")
    parser.add_argument("--reference", type=Path, help="results of an undisturbed run, if any")
    options = parser.parse_args()
    words = ["all", "--cores", options.cores, "--configfile", "config/test.yaml"]
    start = time.monotonic()
    reference = options.reference or _undisturbed(options.folder / "undisturbed", words)
    mean_s = options.every or (time.monotonic() - start) / 8
    print(f"a kill after {mean_s:.0f} s on average", flush=True)
    drill = Drill(words, random.Random(options.seed), mean_s)
    killed = copy_of_the_project(options.folder / "killed")
    run_drill(drill, options.kills, reference.resolve(), killed)
    said = certificate(drill, options.seed, reference, time.monotonic() - start)
    (options.folder / "certificate.txt").write_text(said)
    print(said)
    return int(bool(drill.wrong) or not drill.proven)


if __name__ == "__main__":
    sys.exit(main())
