"""From what was seen of a cluster and a job to plain words."""

import socket
from dataclasses import dataclass

from repose.doctor.node import GRACE_S
from repose.doctor.seen import Seen
from repose.doctor.slurm import Cluster, Partition

OK, NOTE, BREAKS = "ok", "note", "BREAKS"
# The plugin asks for the states of its jobs every 5 s at first, every 3 min at last.
LONGEST_LOOK_S = 180


@dataclass(frozen=True)
class Finding:
    """One sentence about the cluster.

    Args:
        grade: OK, NOTE, or BREAKS for what would break a run.
        text: What was found.
        mend: What to do about it, "" for nothing.
    """

    grade: str
    text: str
    mend: str = ""


def findings(
    cluster: Cluster, seen: Seen, partition: Partition | None, gpus: int
) -> list[Finding]:
    """Say what the cluster does, each in one sentence.

    Args:
        cluster: What SLURM says.
        seen: What was seen of the job.
        partition: Where the job ran.
        gpus: How many it asked for.
    """
    found = [_status(cluster)]
    if partition is not None:
        found.append(_preemption(partition))
    if seen.gave_up:
        found.append(Finding(BREAKS, seen.gave_up, _mend(seen)))
    if not seen.hosts:
        return found
    found += [_folder(seen), _locks(seen), _steps(seen)]
    if seen.word("step", "python") is not None:
        found += [*_python(seen, gpus), *_signals(seen, cluster)]
    if seen.came_back:
        found.append(_requeue(seen))
    return found


def _status(cluster: Cluster) -> Finding:
    if cluster.accounting:
        return Finding(OK, "accounting answers: `sacct` says how jobs ended, and why")
    known = (
        f"no accounting: `sacct` fails; `squeue` knows a job for {cluster.forgets_s} s after it"
    )
    if cluster.forgets_s > LONGEST_LOOK_S:
        return Finding(OK, known)
    return Finding(
        BREAKS,
        f"{known}, and Snakemake asks every {LONGEST_LOOK_S} s: it would wait for ever",
        "ask the administrators for accounting, or for MinJobAge=300",
    )


def _preemption(partition: Partition) -> Finding:
    name = f"partition {partition.name}: a job that a more urgent one displaces is"
    grace = f", {partition.grace_s} s after a warning" if partition.grace_s else ""
    match partition.preemption.split(","):
        case ["OFF", *_]:
            return Finding(OK, f"partition {partition.name}: jobs are not displaced by others")
        case [*words] if "REQUEUE" in words:
            return Finding(OK, f"{name} requeued{grace}; a training then goes on by itself")
        case [*words] if "SUSPEND" in words:
            return Finding(OK, f"{name} suspended, and goes on later")
    return Finding(NOTE, f"{name} cancelled{grace}; Snakemake starts it again (`retries`)")


def _mend(seen: Seen) -> str:
    if "did not start" in seen.gave_up:
        return "try --partition with a freer one, or --wait with more seconds"
    if "not seen here" in seen.gave_up:
        return (
            "put the project where this machine and the nodes see it, such as your scratch folder"
        )
    if "python does not start" in seen.gave_up:
        return "put the environment (.venv) where the nodes see it" + _quoted(seen.stderr)
    if seen.requeue:
        return f"{seen.requeue}; set `slurm-no-requeue: true`, and Snakemake starts jobs again"
    return "run the doctor again, and show what it prints to the administrators"


def _quoted(words: str) -> str:
    last = words.strip().split("\n")[-1]
    return f"; the node says '{last}'" if last else ""


def _folder(seen: Seen) -> Finding:
    if seen.visible_s is None:
        return Finding(
            BREAKS,
            "the working folder here is another one than on the node",
            "put the project on a file system that both share",
        )
    return Finding(
        OK,
        f"the working folder is shared: a file of the node was here after {seen.visible_s:.1f} s",
    )


def _locks(seen: Seen) -> Finding:
    there, here = seen.word("step", "lock-here"), seen.here_lock
    if there == here == "taken":
        same = " (both on this one machine, so it says little)" if _same_machine(seen) else ""
        return Finding(OK, f"locks hold between the node and here: one writer at a time{same}")
    if there is None or not here:
        return Finding(NOTE, "locks between the node and here could not be tried")
    side = "the node" if there == "free" else "this machine"
    return Finding(
        BREAKS,
        f"{side} gets a lock that the other side holds: two trainings could write one run",
        "use a file system with flock (NFS 4; Lustre mounted with `-o flock`)",
    )


def _same_machine(seen: Seen) -> bool:
    return socket.gethostname() in seen.hosts.values()


def _steps(seen: Seen) -> Finding:
    if seen.srun_worked:
        return Finding(OK, "srun works inside a job, as the plugin starts every job through it")
    return Finding(
        BREAKS,
        "srun does not work inside a job, and the plugin starts every job through it",
        "ask the administrators" + _quoted(seen.stderr),
    )


def _python(seen: Seen, gpus: int) -> list[Finding]:
    python = (seen.word("step", "python") or "").split()
    why = seen.word("step", "no-torch")
    if why is not None:
        mend = "install the environment again, on a node"
        return [Finding(BREAKS, f"torch cannot be imported on the node: {why}", mend)]
    torch = (seen.word("step", "torch") or "").split()
    if not torch:
        return [Finding(NOTE, f"python {python[0]} runs on the node; torch was not tried")]
    version, devices, took = torch
    text = f"python {python[0]} with torch {version} on the node, imported in {took} s"
    found = [Finding(OK, text)]
    if gpus and int(devices) < gpus:
        given = seen.word("step", "gpus") or "none"
        found.append(
            Finding(
                BREAKS,
                f"{gpus} GPU asked for, CUDA_VISIBLE_DEVICES is {given}, torch sees {devices}"
                " of them: a training with `device: auto` would run on the CPU",
                "see that the nodes have a driver, and that torch is built for CUDA",
            )
        )
    elif gpus:
        found.append(Finding(OK, f"torch sees {devices} GPU, as asked for"))
    return found


def _signals(seen: Seen, cluster: Cluster) -> list[Finding]:
    found = []
    if "SIGUSR1" in seen.signals("child", 0):
        batch = "and" if "SIGUSR1" in seen.signals("batch", 0) else "not"
        whom = f"every process that the job started by srun, {batch} the batch script"
        found.append(Finding(OK, f"`scancel --signal=USR1` reaches {whom}"))
    elif seen.signals("step", 0):
        mend = "a training that is asked to stop loses the steps since its last checkpoint"
        found.append(Finding(NOTE, "`scancel --signal` reaches only the first process", mend))
    if (ended := seen.signals("child", 0).get("SIGTERM")) is not None:
        found.append(_grace(seen, ended, cluster))
    if seen.end:
        found.append(_warning(seen))
    return found


def _grace(seen: Seen, ended: float, cluster: Cluster) -> Finding:
    alive = [line.at for line in seen.lines("child", 0, "alive")]
    lived = max([0.0, *(at - ended for at in alive)])
    had = f"at least {GRACE_S:.0f} s" if lived > GRACE_S - 2 else f"{lived:.0f} s"
    text = f"a job that is requeued gets SIGTERM, then has {had} to save"
    return Finding(OK if lived >= 5 else NOTE, f"{text} (KillWait: {cluster.kill_wait_s} s)")


def _warning(seen: Seen) -> Finding:
    came, limit = seen.signals("child", 1), seen.signals("child", 1).get("SIGTERM")
    warned = came.get("SIGUSR1")
    if warned is not None and limit is not None:
        early = f"{limit - warned:.0f} s before the time limit"
        return Finding(
            OK, f"`--signal=USR1@25` came {early}: SLURM may be up to 60 s earlier than asked"
        )
    if warned is not None:
        return Finding(NOTE, "`--signal=USR1@25` came; the job then ended without SIGTERM")
    if limit is not None:
        return Finding(NOTE, "no warning came before the time limit, only SIGTERM at it")
    return Finding(
        BREAKS,
        "a job at its time limit is ended without any signal",
        "a training loses what it did since its last checkpoint: lower `train.checkpoint_every`",
    )


def _requeue(seen: Seen) -> Finding:
    count = "SLURM_RESTART_COUNT=1"
    held = f", held back for {seen.begin_delay_s:.0f} s" if seen.begin_delay_s > 5 else ""
    return Finding(OK, f"a requeued job comes back under its id {seen.job}, with {count}{held}")
