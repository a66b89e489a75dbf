"""Questions to SLURM's own commands, and how their answers are read."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from repose.errors import ReposeError

PATIENCE_S = 60  # for one answer of a busy controller


@dataclass(frozen=True)
class Partition:
    """One partition.

    Args:
        name: Of the partition.
        default: Jobs that name none go here.
        up: Jobs can start in it.
        limit_s: Longest run time, None for no limit.
        preemption: What becomes of a job that a more urgent one displaces: OFF, REQUEUE, CANCEL,
            SUSPEND, ...
        grace_s: Between the warning and the end of a job that is displaced.
        nodes: How many it has.
        gpus: Of each node, as SLURM spells them ("gpu:2"), or "" for none.
    """

    name: str
    default: bool
    up: bool
    limit_s: int | None
    preemption: str
    grace_s: int
    nodes: int
    gpus: str


@dataclass(frozen=True)
class Cluster:
    """What SLURM says of itself.

    Args:
        version: Such as "22.05.8".
        name: Of the cluster.
        accounting: `sacct` answers.
        needs_account: A job without a known account is refused.
        forgets_s: Seconds after which `squeue` no longer knows of a finished job.
        kill_wait_s: Between SIGTERM and SIGKILL at a job's end.
        partitions: In SLURM's order.
    """

    version: str
    name: str
    accounting: bool
    needs_account: bool
    forgets_s: int
    kill_wait_s: int
    partitions: tuple[Partition, ...]


def ask(program: str, *words: str) -> str:
    """Return what a SLURM command prints.

    Raises:
        ReposeError: no-slurm, when there is no such command; slurm-refuses, with its own words.
    """
    if shutil.which(program) is None:
        raise ReposeError(
            "no-slurm",
            f"there is no SLURM on this machine: no `{program}` in PATH",
            mend="run this on a login node of the cluster, where `sbatch` works",
        )
    try:
        done = subprocess.run(
            [program, *words], capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return _refuse(program, f"no answer within {PATIENCE_S} s")
    if done.returncode != 0:
        return _refuse(program, done.stderr or done.stdout or f"exit status {done.returncode}")
    return done.stdout


def _refuse(program: str, words: str) -> str:
    # SLURM repeats itself on several lines, the last of which says most.
    said = [re.sub(rf"^{program}: (error|fatal): ", "", line) for line in words.split("\n")]
    raise ReposeError("slurm-refuses", f"{program} says '{[s for s in said if s.strip()][-1]}'")


def look() -> Cluster:
    """Ask SLURM about itself.

    Raises:
        ReposeError: no-slurm, also when its controller does not answer.
    """
    version = ask("sbatch", "--version")
    try:
        config = read_config(ask("scontrol", "show", "config"))
        partitions = ask("scontrol", "--oneliner", "show", "partition")
        nodes = ask("sinfo", "--noheader", "--Node", "--format", "%R|%N|%G")
    except ReposeError as error:
        if error.code == "no-slurm":
            raise
        raise ReposeError(
            "no-slurm",
            f"SLURM is installed here, but its controller does not answer: {error.message}",
            mend="run this on a login node of the cluster",
        ) from error
    return Cluster(
        version=version.split()[-1],
        name=config.get("ClusterName", "?"),
        accounting=_accounting_answers(),
        needs_account="associations" in config.get("AccountingStorageEnforce", ""),
        forgets_s=seconds(config.get("MinJobAge", "300 sec")) or 0,
        kill_wait_s=seconds(config.get("KillWait", "30 sec")) or 0,
        partitions=read_partitions(partitions, nodes),
    )


def _accounting_answers() -> bool:
    """Ask `sacct` anything: without accounting it fails whatever it is asked."""
    try:
        ask("sacct", "--allocations", "--noheader", "--parsable2", "--format", "JobID")
    except ReposeError:
        return False
    return True


def read_config(text: str) -> dict[str, str]:
    """Read `scontrol show config`: one `Key = value` per line."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def read_fields(line: str) -> dict[str, str]:
    """Read one line of `scontrol --oneliner show`: words `Key=value`, blanks between them."""
    return dict(re.findall(r"(\S+?)=(.*?)(?=\s+\S+?=|\s*$)", line))


def read_partitions(text: str, nodes: str) -> tuple[Partition, ...]:
    """Read `scontrol --oneliner show partition`, and the GPUs out of `sinfo --Node`.

    Args:
        text: One line per partition.
        nodes: One line `partition|node|gres` per node of a partition.
    """
    gpus: dict[str, set[str]] = {}
    for line in nodes.splitlines():
        partition, _node, gres = line.strip().split("|")
        found = [re.sub(r"\(.*", "", word) for word in gres.split(",") if word[:3] == "gpu"]
        gpus.setdefault(partition, set()).update(found)
    partitions = []
    for line in filter(str.strip, text.splitlines()):
        fields = read_fields(line)
        partitions.append(
            Partition(
                name=fields["PartitionName"],
                default=fields.get("Default") == "YES",
                up=fields.get("State") == "UP",
                limit_s=seconds(fields.get("MaxTime", "UNLIMITED")),
                preemption=fields.get("PreemptMode", "OFF"),
                grace_s=seconds(fields.get("GraceTime", "0")) or 0,
                nodes=int(fields.get("TotalNodes", 0)),
                gpus=", ".join(sorted(gpus.get(fields["PartitionName"], ()))),
            )
        )
    return tuple(partitions)


def seconds(text: str) -> int | None:
    """Read one of SLURM's spans of time.

    Args:
        text: `D-HH:MM:SS` and its shorter forms, `300`, `300 sec`, `10 min`, or a word for none.

    Returns:
        Seconds, or None for `UNLIMITED`, `NONE`, `INFINITE`.
    """
    if counted := re.fullmatch(r"(\d+)\s*(sec|min|hours?|days?)?", text):
        unit = {"min": 60, "hour": 3600, "hours": 3600, "day": 86400, "days": 86400}
        return int(counted[1]) * unit.get(counted[2], 1)
    if span := re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)", text):
        days, hours, minutes, rest = (int(part or 0) for part in span.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + rest
    return None


def job_fields(job: str) -> dict[str, str]:
    """Return what `scontrol show job` says of a job, or {} once it is forgotten."""
    try:
        return read_fields(ask("scontrol", "--oneliner", "show", "job", job).strip())
    except ReposeError as error:
        if error.code == "no-slurm" or "Invalid job id" not in error.message:
            raise
        return {}


def submit(folder: Path, script: str, words: list[str], options: list[str]) -> str:
    """Submit a script that lies in a folder, to run there.

    Args:
        folder: Where the job runs and writes.
        script: Its name.
        words: Its arguments.
        options: Of sbatch.

    Returns:
        The job's id.
    """
    given = ["--parsable", "--chdir", str(folder), *options, str(folder / script), *words]
    return ask("sbatch", *given).strip().split(";")[0]
