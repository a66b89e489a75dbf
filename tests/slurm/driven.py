"""A small project on the test cluster: its driver, its jobs, their processes on the nodes."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
# The training state's own book-keeping, and what says how long a training took.
NOT_COMPARED = {"times.json", ".snakemake_timestamp", "manifest.json"}
CONFIG = {
    "methods": ["warp3d"],
    "train": {
        "steps": 120,
        "checkpoint_every": 10,
        "watch_every": 120,
        "weight_perceptual": 0.0,
        "weight_adversarial": 0.0,
    },
}
WEIGHTS = "results/test/train/warp3d"


@dataclass(frozen=True)
class Job:
    """A job as squeue shows it."""

    id: str
    state: str
    rule: str
    node: str


def words(*targets, **train):
    """Return the words of a snakemake command on the small configuration."""
    config = CONFIG | {"train": CONFIG["train"] | train}
    given = [f"{key}={json.dumps(value)}" for key, value in config.items()]
    overlay = ["--configfile", "config/test.yaml", "--config", *given]
    return [sys.executable, "-m", "snakemake", "--cores", "2", *overlay, "--", *targets]


def slurm(program, *given, check=True):
    done = subprocess.run([program, *given], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, f"{program}: {done.stderr}"
    return done.stdout


def until(what, seconds, message):
    """Wait for something to become true, and return it."""
    ends = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < ends, f"in vain for {seconds} s: {message}"
        time.sleep(0.1)
    return found


class Project:
    """A copy of the project with its data made, and whatever drives it."""

    def __init__(self, folder):
        self.folder = folder
        self.printed = folder / "driver.log"
        self.process = None

    @classmethod
    def made_from(cls, source, folder):
        shutil.copytree(source, folder, symlinks=True)
        return cls(folder)

    @classmethod
    def new(cls, folder):
        for name in ("workflow", "rules", "config", "slurm"):
            shutil.copytree(ROOT / name, folder / name)
        return cls(folder)

    def run_here(self, *targets, **train):
        """Run without SLURM, to the end."""
        done = subprocess.run(
            words(*targets, **train), cwd=self.folder, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def repose(self, *given):
        """Run a command of repose in this folder."""
        command = [sys.executable, "-m", "repose.cli", *given]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True)

    def drive(self, *targets, extra=(), path=None):
        """Start snakemake with the SLURM profile, impatient but otherwise as users do."""
        impatient = ["--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "5"]
        command = words(*(targets or (WEIGHTS,)))
        given = [*command[:3], "--profile", "slurm", *impatient, *extra, *command[5:]]
        environment = dict(os.environ, OMP_NUM_THREADS="1")
        if path is not None:
            environment["PATH"] = f"{path}:{environment['PATH']}"
        with self.printed.open("a") as log:
            self.process = subprocess.Popen(
                given, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, env=environment
            )

    def finish(self, seconds=400):
        """Wait for the driver and return its exit status."""
        return self.process.wait(timeout=seconds)

    def kill_driver(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """Leave no driver and no job behind."""
        if self.process is not None and self.process.poll() is None:
            self.kill_driver()
        for job in self.at_work():
            slurm("scancel", "--full", "--signal=KILL", job.id, check=False)
            slurm("scancel", job.id, check=False)
        # Without cgroups SLURM loses sight of processes whose parents have gone.
        for pid in {*self.pids("repose"), *self.pids("--mode", "remote")}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def jobs(self, *states):
        """List this project's jobs, of any state or of some."""
        given = f"--states={','.join(states) or 'all'}"
        listed = slurm("squeue", "--noheader", given, "--format=%i|%T|%k|%N|%Z")
        rows = (line.strip().split("|") for line in listed.splitlines())
        return [Job(*row[:4]) for row in rows if row[4] == str(self.folder)]

    def at_work(self):
        """List the jobs that are not over."""
        return self.jobs("pending", "running", "suspended", "completing")

    def running(self, rule="train", seconds=300):
        """Wait for a job of a rule to run, and return it."""

        def found():
            jobs = [job for job in self.jobs("running") if rule in job.rule]
            return jobs[-1] if jobs else None

        return until(found, seconds, f"no job of {rule} runs\n{self.said()}")

    def pids(self, *wanted):
        """List the processes in this folder that have all these words in their command line."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                inside = (entry / "cwd").readlink() == self.folder
                command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            # The trainer's own process, not the shells and srun that carry its words.
            if inside and all(
                word in {*command, *(Path(w).name for w in command)} for word in wanted
            ):
                found.append(int(entry.name))
        return found

    def trainer(self, step, seconds=300):
        """Wait until a training has done some steps, and return its process."""

        def found():
            pids = self.pids("repose", "train")
            return pids[0] if pids and self.steps() >= step else None

        return until(found, seconds, f"no training came to step {step}\n{self.said()}")

    def steps(self):
        """Return how many steps the books of the training show."""
        books = list(self.folder.glob("results/runs/test/warp3d/*/log.jsonl"))
        return sum(book.read_bytes().count(b"\n") for book in books)

    def said(self):
        return self.printed.read_text(errors="replace") if self.printed.exists() else ""

    def logs(self):
        """Return all that SLURM and the stage wrote."""
        files = sorted(self.folder.glob("results/**/logs/**/*.log"))
        return "\n".join(f"== {f.relative_to(self.folder)}\n{f.read_text()}" for f in files)

    def sums(self, target=WEIGHTS):
        """Return the sha256 of each file that must not depend on what happened on the way."""
        folder = self.folder / target
        files = (f for f in folder.rglob("*") if f.is_file() and f.name not in NOT_COMPARED)
        return {
            f.relative_to(folder).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest()
            for f in sorted(files)
        }


def hurry(job):
    """Let a requeued job start at once; SLURM holds it back for two minutes."""
    slurm("scontrol", "update", f"JobId={job}", "StartTime=now", check=False)
