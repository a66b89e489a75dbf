"""Look at this machine, or with `slurm` at a cluster: what would break a run, and how to mend it.

`repose doctor slurm` sends one job of a minute through sbatch, signals it, lets it requeue, and
says in plain words what this cluster does. Exit status: 0 when all is well, 1 when something would
break a run, 2 where there is no SLURM.
"""

import argparse
import math
import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from repose.errors import ReposeError, nearest

if TYPE_CHECKING:
    from repose.doctor.findings import Finding
    from repose.doctor.slurm import Cluster, Partition


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument("what", nargs="?", choices=["slurm"], help="the cluster, not this machine")
    parser.add_argument("--partition", default="", help="for the job; else SLURM's default one")
    parser.add_argument("--account", default="", help="for the job, where SLURM asks for one")
    parser.add_argument("--gpu", type=int, default=0, help="GPUs that the job asks for")
    parser.add_argument("--seconds", type=int, default=60, help="time limit, in whole minutes up")
    parser.add_argument("--wait", type=float, default=900, help="s in the queue at most")
    parser.add_argument("--folder", type=Path, default=Path(), help="shared folder; else this one")


def run(options: argparse.Namespace) -> int:
    """Look, and print what is found.

    Raises:
        ReposeError: no-slurm; missing-folder; unknown-partition; slurm-refuses the job.
    """
    return _cluster(options) if options.what == "slurm" else _machine(options.folder)


def _machine(folder: Path) -> int:
    from repose.doctor.local import look

    rows = look(folder / "results")
    width = max(len(row.name) for row in rows)
    for row in rows:
        print(f"{row.name:<{width}}  {row.found}" + (f"  <- {row.wrong}" if row.wrong else ""))
    if shutil.which("sbatch"):
        print("\nThere is SLURM here: `repose doctor slurm` looks at the cluster.")
    return int(any(row.wrong for row in rows))


def _cluster(options: argparse.Namespace) -> int:
    from repose.doctor import findings, job, profile, slurm

    if not options.folder.is_dir():
        raise ReposeError("missing-folder", "no such folder", path=options.folder)
    cluster = slurm.look()
    partition = _partition(cluster, options.partition)
    _print_cluster(cluster)
    limit_s = 60 * math.ceil(max(options.seconds, 1) / 60)
    print(f"\nOne job of {limit_s} s (Ctrl-C cancels it and leaves nothing behind)", flush=True)
    given = [f"--time={limit_s // 60}"]
    given += [f"--partition={options.partition}"] if options.partition else []
    given += [f"--account={options.account}"] if options.account else []
    given += [f"--gres=gpu:{options.gpu}"] if options.gpu else []
    seen = job.try_job(options.folder, given, options.wait, job.Spoken())
    found = findings.findings(cluster, seen, partition, options.gpu)
    _print_findings(found)
    print("\nFor slurm/config.yaml")
    lines = profile.profile_lines(cluster, seen, partition, options.account)
    width = max(len(line) for line, _why in lines)
    for line, why in lines:
        print(f"  {line:<{width}}  # {why}" if why else f"  {line}")
    broken = sum(finding.grade == findings.BREAKS for finding in found)
    print(
        f"\n{broken} would break a run." if broken else "\nNothing found that would break a run."
    )
    return int(broken > 0)


def _partition(cluster: "Cluster", name: str) -> "Partition | None":
    """Return the partition of that name, or the default one where there is one."""
    known = {partition.name: partition for partition in cluster.partitions}
    if name and name not in known:
        raise ReposeError(
            "unknown-partition", f"there is no partition '{name}'", mend=nearest(name, known)
        )
    defaults = [partition for partition in cluster.partitions if partition.default]
    return known[name] if name else next(iter(defaults), None)


def _print_cluster(cluster: "Cluster") -> None:
    print(f"SLURM {cluster.version}, cluster {cluster.name}")
    rows = [("partition", "nodes", "GPUs per node", "time limit", "preemption")]
    for partition in cluster.partitions:
        rows.append(
            (
                partition.name + (" (default)" if partition.default else ""),
                str(partition.nodes) + ("" if partition.up else ", down"),
                partition.gpus.replace("gpu:", "") or "none",
                _span(partition.limit_s),
                _DISPLACED.get(partition.preemption, partition.preemption.lower()),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        print("  " + "  ".join(cells).rstrip())


_DISPLACED = {
    "OFF": "none",
    "REQUEUE": "jobs are requeued",
    "CANCEL": "jobs are cancelled",
    "SUSPEND": "jobs are suspended",
}


def _span(seconds: int | None) -> str:
    if seconds is None:
        return "none"
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}".replace("1 days", "1 day")
    return f"{seconds} s"


def _print_findings(found: "list[Finding]") -> None:
    print("\nWhat this cluster does")
    wrap = textwrap.TextWrapper(width=99, subsequent_indent=" " * 10, break_on_hyphens=False)
    for finding in found:
        text = finding.text + (f". Mend: {finding.mend}" if finding.mend else "")
        print(wrap.fill(f"  {finding.grade:<6}  {text}"))
