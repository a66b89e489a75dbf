"""What a SLURM job costs over its own work, and what grouping saves.

Jobs that do nothing, four in a row per shard, in the project's own graph and profile: once each
as a SLURM job of its own, once each shard as one.

python -m benchmarks.slurm
"""

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.timing import show

ROOT = Path(__file__).parent.parent
SHARDS, STEPS = 4, 4
AT_ONCE = 2  # jobs: more would share the cores of a small machine

RULE = """
rule empty{step}:
    input:
        {input}
    output:
        touch("results/empty/{{shard}}.{step}"),
    shell:
        "true"
"""


class Cost(NamedTuple):
    """Wall seconds of the run, and of each SLURM job on its node."""

    wall: float
    jobs: list[float]


def make_project(folder: Path) -> Path:
    """Copy the graph and append the empty rules."""
    for part in ("workflow", "rules", "config", "slurm"):
        shutil.copytree(ROOT / part, folder / part)
    with (folder / "workflow/Snakefile").open("a") as snakefile:
        for step in range(STEPS):
            before = f'"results/empty/{{shard}}.{step - 1}",' if step else "[],"
            snakefile.write(RULE.format(step=step, input=before))
    return folder


def seconds_on_node(job: str) -> float:
    told = subprocess.run(
        ["scontrol", "show", "job", job], capture_output=True, text=True, check=True
    ).stdout
    start, end = (
        datetime.fromisoformat(found)
        for found in re.search(r"StartTime=(\S+) EndTime=(\S+)", told).groups()  # type: ignore[union-attr]
    )
    return (end - start).total_seconds()


def run(grouped: bool) -> Cost:
    targets = [f"results/empty/{shard:02d}.{STEPS - 1}" for shard in range(SHARDS)]
    groups = [f"empty{step}=shard" for step in range(STEPS)] if grouped else ["poses=shard"]
    options = ["--profile", "slurm", "--jobs", str(AT_ONCE), "--groups", *groups]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", *options, "--", *targets],
            cwd=make_project(Path(folder)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        wall = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(done.stdout)
    jobs = re.findall(r"with SLURM jobid (\d+)", done.stdout)
    return Cost(wall, [seconds_on_node(job) for job in jobs])


def main() -> None:
    if not shutil.which("sbatch") or subprocess.call(
        ["scontrol", "ping"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ):
        print("slurm: no cluster here; tests/slurm/cluster.sh up starts one")
        return
    rows = []
    for grouped in (False, True):
        cost = run(grouped)
        empty = SHARDS * STEPS
        rows.append(
            (
                "a shard's jobs as one" if grouped else "each job by itself",
                empty,
                len(cost.jobs),
                f"{statistics.median(cost.jobs):.0f}",
                f"{sum(cost.jobs) / empty:.1f}",
                f"{cost.wall:.0f}",
            )
        )
    heads = ("", "jobs", "sbatch calls", "s per SLURM job", "s per job", "wall s")
    show(f"Jobs that do nothing, {AT_ONCE} SLURM jobs at a time", heads, rows)


if __name__ == "__main__":
    main()
