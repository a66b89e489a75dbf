"""From what was seen of a cluster and a job to lines for slurm/config.yaml."""

from repose.doctor.seen import Seen
from repose.doctor.slurm import Cluster, Partition


def profile_lines(
    cluster: Cluster, seen: Seen, partition: Partition | None, account: str
) -> list[tuple[str, str]]:
    """Return the lines of slurm/config.yaml that follow, each with its reason."""
    command = "sacct" if cluster.accounting else "squeue"
    why = "accounting answers" if cluster.accounting else "no accounting here"
    lines = [(f"slurm-status-command: {command}", why)]
    if not cluster.accounting:
        # Else the plugin falls back to sacct, which fails.
        first = max(1, min(5, cluster.forgets_s // 3))
        lines.append(
            (f"slurm-init-seconds-before-status-checks: {first}", "at most MinJobAge / 3")
        )
    if seen.came_back:
        lines.append(("slurm-requeue: true", "a displaced job comes back under its id"))
    elif seen.requeue:
        lines.append(("slurm-no-requeue: true", "jobs are not requeued here"))
    if seen.visible_s is not None:
        wait = max(20, round(3 * seen.visible_s))
        lines.append((f"latency-wait: {wait}", "s until files of a node are surely seen here"))
    lines.append(("default-resources:", ""))
    if partition is not None:
        lines.append((f"  slurm_partition: {partition.name}", _limit(partition)))
    if account:
        lines.append((f"  slurm_account: {account}", "it was accepted"))
    return lines


def _limit(partition: Partition) -> str:
    if partition.limit_s is None:
        return "no time limit"
    return f"runtime: {partition.limit_s // 60} min at most"
