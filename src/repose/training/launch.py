"""Who takes part in a training: one process, or the ranks that torchrun or srun started."""

import os
import re
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from repose.errors import ReposeError

ADDRESS = "MASTER_ADDR"
TORCHRUN = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_PORT", ADDRESS)
SRUN = ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "SLURM_STEP_NODELIST")

# Below the ports that systems give to outgoing connections.
PORTS = range(10_000, 30_000)


@dataclass(frozen=True)
class World:
    """The place of this process among all that train together.

    Attributes:
        rank: Its number, from 0.
        size: How many there are.
        local: Its number among those of this node.
        address: Of the node of rank 0.
        port: Where rank 0 is met.
    """

    rank: int = 0
    size: int = 1
    local: int = 0
    address: str = ""
    port: int = 0


def discover(environment: Mapping[str, str] = os.environ) -> World:
    """Find this process's place from the variables of torchrun, or of srun.

    Those of a batch script do not count: it runs once, whatever the number of tasks.

    Raises:
        ReposeError: no-meeting-place.
    """
    if all(name in environment for name in TORCHRUN):
        rank, size, local = (int(environment[name]) for name in TORCHRUN[:3])
        return World(
            rank, size, local, environment["MASTER_ADDR"], int(environment["MASTER_PORT"])
        )
    if all(name in environment for name in SRUN) and int(environment[SRUN[1]]) > 1:
        rank, size, local = (int(environment[name]) for name in SRUN[:3])
        address = _address(first_host(environment["SLURM_STEP_NODELIST"]))
        return World(rank, size, local, address, _port(environment))
    return World()


def first_host(hosts: str) -> str:
    """Return the first of SLURM's list of hosts: "a[03-07,9],b" gives "a03"."""
    # Up to the first comma that stands outside of brackets; then the first of each bracket.
    found = re.match(r"(?:[^,\[]|\[[^\]]*\])*", hosts)
    return re.sub(r"\[([^\],-]*)[^\]]*\]", r"\1", found.group() if found else hosts)


def _address(host: str) -> str:
    """Return a name or number under which a node can be reached."""
    if _resolves(host):
        return host
    # A node's name need not be a host name: SLURM knows the address behind it.
    try:
        done = subprocess.run(
            ["scontrol", "show", "node", host], capture_output=True, text=True, check=True
        )
        found = re.search(r"NodeAddr=(\S+)", done.stdout)
    except (OSError, subprocess.CalledProcessError):
        found = None
    if found is None or not _resolves(found.group(1)):
        raise ReposeError(
            "no-meeting-place",
            f"the address of node '{host}', where rank 0 runs, is not known",
            mend="set MASTER_ADDR, MASTER_PORT, RANK, WORLD_SIZE, LOCAL_RANK, as torchrun does",
        )
    return found.group(1)


def _resolves(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True


def _port(environment: Mapping[str, str]) -> int:
    """Give each step of each job a port of its own; all its ranks find the same."""
    job, step = (int(environment.get(f"SLURM_{name}_ID", "0")) for name in ("JOB", "STEP"))
    return PORTS[(job * 31 + step) % len(PORTS)]
