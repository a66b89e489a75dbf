"""Trouble on a real cluster: each ends in success after a retry, or in a clear failure.

The scenarios that touch their own jobs alone run side by side; those that take nodes or partitions
away come after them, one by one. Each starts a driver as users do, waits until the training is
under way, does its harm, and compares what comes out with an undisturbed run, by sha256.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.slurm.driven import WEIGHTS, Project, hurry, slurm, until, words

pytestmark = pytest.mark.slow

UNDER_WAY = 15  # steps; checkpoints are kept every 10
FEW = ("--retries", "2", "--preemptible-retries", "2")
LIAR = """#!/bin/sh
# Says of every job what the environment tells it to say.
{squeue} "$@" | sed "s/|[A-Z_]*$/|{state}/"
"""


@dataclass
class Outcome:
    """How a scenario ended: the driver's exit status, and whether its outputs are right."""

    status: int
    equal: bool
    jobs: str
    said: str
    logs: str
    seconds: float

    @property
    def false_success(self):
        return self.status == 0 and not self.equal

    @property
    def word(self):
        if self.false_success:
            return "FALSE SUCCESS"
        return "right outputs" if self.status == 0 else "clear failure"


def cancelled(project):
    project.drive()
    project.trainer(UNDER_WAY)
    slurm("scancel", project.running().id)


def killed(project):
    # What the kernel does to a process that takes too much memory.
    project.drive()
    os.kill(project.trainer(UNDER_WAY), signal.SIGKILL)


def out_of_time(project):
    project.drive()
    project.trainer(UNDER_WAY)
    slurm("scontrol", "update", f"JobId={project.running().id}", "TimeLimit=1")


def hung_past_its_time(project):
    project.drive()
    os.kill(project.trainer(UNDER_WAY), signal.SIGSTOP)
    slurm("scontrol", "update", f"JobId={project.running().id}", "TimeLimit=1")


def driver_killed(project):
    project.drive()
    trainer = project.trainer(UNDER_WAY)
    project.kill_driver()
    os.kill(trainer, signal.SIGSTOP)  # it will still be there when the next driver comes
    refused = project.repose("resume")
    assert refused.returncode != 0
    assert "SLURM jobs are queued or at work" in refused.stderr
    subprocess.run([*words()[:-1], "--unlock"], cwd=project.folder, check=True)
    project.drive(extra=("--rerun-incomplete",))
    until(lambda: "run-in-use" in project.logs(), 300, "the second training meets the first")
    os.kill(trainer, signal.SIGCONT)


def completed_by_lie(project):
    project.drive(extra=FEW, path=liar(project, "COMPLETED"))


def unknown(project):
    project.drive(extra=FEW, path=liar(project, "UNKNOWN"))


def completed_by_lie_over_old_outputs(project):
    project.run_here(WEIGHTS, steps=20, watch_every=20)
    project.drive(extra=FEW, path=liar(project, "COMPLETED"))


def preempted(project):
    project.drive()
    project.trainer(UNDER_WAY)
    job = project.running().id
    urgent(project)
    requeued(project, job)


def preempted_and_sent_again(project):
    # SLURM queues the job again, and the driver, told that it failed, sends another.
    project.drive(path=project.folder / "bin")
    project.trainer(UNDER_WAY)
    job = project.running().id
    liar(project, "FAILED")
    urgent(project)
    until(lambda: len(project.jobs()) > 1, 300, "the driver sends a second job")
    (project.folder / "bin/squeue").unlink()
    requeued(project, job)


def node_down(project):
    project.drive()
    project.trainer(UNDER_WAY)
    job = project.running()
    slurm("scontrol", "update", f"nodename={job.node}", "state=down", "reason=test")
    try:
        requeued(project, job.id, wait_for_the_old=True)
    finally:
        slurm("scontrol", "update", f"nodename={job.node}", "state=resume", check=False)


def node_daemon_killed(project):
    project.drive()
    trainer = project.trainer(UNDER_WAY)
    job = project.running()
    config = slurm("scontrol", "show", "config")
    pattern = next(line for line in config.splitlines() if line.startswith("SlurmdPidFile"))
    process = Path(pattern.split("=")[1].strip().replace("%n", job.node)).read_text()
    os.kill(trainer, signal.SIGSTOP)  # the job itself lives on, unseen by SLURM
    os.kill(int(process), signal.SIGKILL)
    try:
        requeued(project, job.id)
        os.kill(trainer, signal.SIGCONT)
        until(lambda: "run-in-use" in project.logs() or not alive(trainer), 300, "they meet")
    finally:
        # By its own name, as the list of GPUs lies beside it.
        settings = str(Path("/etc/slurm/slurm.conf").resolve())
        subprocess.run(["slurmd", "-N", job.node, "-f", settings], check=True)


def alive(process):
    return Path(f"/proc/{process}").exists()


GENTLE = [
    hung_past_its_time,
    driver_killed,
    completed_by_lie_over_old_outputs,
    cancelled,
    killed,
    out_of_time,
    completed_by_lie,
    unknown,
]
ROUGH = [preempted, preempted_and_sent_again, node_down, node_daemon_killed]


def liar(project, state):
    """Make a squeue that lies to the driver, and return the folder to put into its PATH."""
    folder = project.folder / "bin"
    folder.mkdir()
    script = folder / "squeue"
    script.write_text(LIAR.format(squeue=shutil.which("squeue"), state=state))
    script.chmod(0o755)
    return folder


def urgent(project):
    """Take all nodes away for a few seconds."""
    nodes = str(len(set(slurm("sinfo", "-h", "-N", "-o", "%N").split())))
    given = ["--partition=urgent", f"--nodes={nodes}", "--exclusive", "--output=/dev/null"]
    given += ["--job-name=urgent", "--wrap=sleep 3"]
    slurm("sbatch", f"--chdir={project.folder.parent}", *given)


def requeued(project, job, wait_for_the_old=False):
    """Wait until SLURM has put a job back into the queue, and let it start at once.

    SLURM would hold it back for two minutes, so that its old processes are gone: where it meets
    them, it finds its number twice, drains the node, and holds the job for good.
    """

    def pending():
        return any(found.id == job and found.state == "PENDING" for found in project.jobs())

    until(pending, 300, f"job {job} is queued again")
    if wait_for_the_old:
        until(lambda: not project.pids("repose", "train"), 60, "the old training ends")
        time.sleep(10)
    hurry(job)


@pytest.fixture(scope="module")
def made(cluster, tmp_path_factory):
    """Return a project with all data made, and the sums of an undisturbed training on them."""
    project = Project.new(tmp_path_factory.mktemp("trouble") / "made")
    project.run_here("results/test/pairs/pairs.parquet", "results/test/crops/00")
    undisturbed = Project.made_from(project.folder, project.folder.parent / "undisturbed")
    undisturbed.run_here(WEIGHTS)
    return project, undisturbed.sums()


def endure(scenario, made):
    """Run a scenario to its end, and wait for jobs that it left behind."""
    source, right = made
    project = Project.made_from(source.folder, source.folder.parent / scenario.__name__)
    began = time.monotonic()
    try:
        scenario(project)
        status = project.finish()
        equal_now = project.sums() == right
        # What the driver took for lost may still be at work, and must not spoil what is there.
        until(lambda: not project.at_work(), 400, "the last job ends")
        equal = equal_now and project.sums() == right
        jobs = ", ".join(f"{job.state.lower()}" for job in reversed(project.jobs()))
        seconds = time.monotonic() - began
        return Outcome(status, equal, jobs, project.said(), project.logs(), seconds)
    finally:
        project.end()


@pytest.fixture(scope="module")
def outcomes(made, request):
    """Run all scenarios that are asked for; the harmful ones one by one, after the others."""
    asked = {
        item.callspec.params["scenario"]
        for item in request.session.items
        if item.module is sys.modules[__name__] and hasattr(item, "callspec")
    }
    with ThreadPoolExecutor(4) as pool:
        futures = {s: pool.submit(endure, s, made) for s in GENTLE if s in asked}
    with ThreadPoolExecutor(1) as pool:
        futures |= {s: pool.submit(endure, s, made) for s in ROUGH if s in asked}
    yield futures
    report(futures, request.config.pluginmanager.get_plugin("terminalreporter"))


def report(futures, terminal):
    """Print a line per scenario, and how many ended in a false success."""
    lies = 0
    terminal.write_line("")
    for scenario, future in futures.items():
        if (error := future.exception()) is not None:
            terminal.write_line(f"{scenario.__name__:<34} broke off: {error}")
            continue
        outcome = future.result()
        lies += outcome.false_success
        line = f"{scenario.__name__:<34} {outcome.word:<14} exit {outcome.status}"
        terminal.write_line(f"{line}, {outcome.seconds:3.0f} s, jobs: {outcome.jobs}")
    terminal.write_line(f"{len(futures)} scenarios, {lies} false successes")


MUST_SUCCEED = {
    cancelled,
    killed,
    out_of_time,
    hung_past_its_time,
    driver_killed,
    preempted,
    preempted_and_sent_again,
    node_down,
    node_daemon_killed,
}


@pytest.mark.parametrize("scenario", [*GENTLE, *ROUGH], ids=lambda scenario: scenario.__name__)
def test_trouble(outcomes, scenario):
    outcome = outcomes[scenario].result()
    print(outcome.said, outcome.logs)
    assert not outcome.false_success
    if scenario in MUST_SUCCEED:
        assert outcome.status == 0
    else:
        assert outcome.status == 0 or "rror" in outcome.said
