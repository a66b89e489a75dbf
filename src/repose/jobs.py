"""What a stage's job was: its command line, the code, the machine, how long it took.

It lies among the logs, results/<data_set>/logs/jobs/<stage>/<name>.json, as no two runs have it
alike, and names the manifests that the job wrote by their sha256.
"""

import os
import platform
import resource
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from repose import drivers, energy, software
from repose.errors import ReposeError
from repose.files import read_json, sha256, write_json
from repose.making import Making

JOBS = Path("logs/jobs")
_RANKS = ("RANK", "SLURM_PROCID")  # of torchrun and of srun


@contextmanager
def recorded(
    stage: str, words: Sequence[str], outputs: Sequence[Path], making: Making
) -> Iterator[None]:
    """Write down what a job was, when it has succeeded and its output lies where a rule puts it.

    Args:
        stage: Its stage.
        words: Of its command line.
        outputs: What it writes, the main one first.
        making: Knows what it has written.
    """
    began = datetime.now(UTC).isoformat(timespec="seconds")
    start, busy, counters = time.monotonic(), _cpu_s(), energy.read()
    yield
    place = _place(stage, outputs[0]) if outputs else None
    if place is None or not making.made or _is_follower():
        return
    root, name = place
    told = {
        "stage": stage,
        "command": shlex.join(["repose", *words]),
        "graph": _graph(),
        "started": began,
        "wall_s": round(time.monotonic() - start, 2),
        "cpu_s": round(_cpu_s() - busy, 2),
        "energy_j": energy.used(counters, energy.read()) or None,
        "log": _log(root, stage, name),
        "manifests": making.made,
    }
    with suppress(ReposeError, ValueError):  # what the job made is worth more than this
        write_json(root / JOBS / stage / f"{name}.json", told | _surroundings())


def read_jobs(root: Path, stage: str) -> dict[str, dict[str, Any]]:
    """Return the records of all jobs of a stage, each by the manifests that it wrote.

    Args:
        root: The data set's own folder of results.
        stage: Whose jobs.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((root / JOBS / stage).glob("*.json")):
        with suppress(ReposeError, LookupError, TypeError):
            told = read_json(path)
            for manifest in told["manifests"]:
                found.setdefault(manifest, told)
    return found


def name_of(output: Path) -> str:
    """Return what a rule calls an output: the wildcard, or the name of the file."""
    return output.name.partition(".")[0]


def _place(stage: str, output: Path) -> tuple[Path, str] | None:
    """Return the data set's folder and the name of the job; None elsewhere."""
    if output.name == stage:
        return output.parent, stage
    if output.parent.name == stage:
        return output.parent.parent, name_of(output)
    return None


def _log(root: Path, stage: str, name: str) -> str:
    found = (Path("logs", stage, f"{name}.log"), Path("logs", f"{stage}.log"))
    return next((path.as_posix() for path in found if (root / path).is_file()), "")


def _graph() -> list[str] | None:
    """Return the words of the Snakemake that runs this job."""
    if os.environ.get(drivers.MARK) != str(Path.cwd()):
        return None
    run = drivers.last_run()
    return run.words if run else None


def _is_follower() -> bool:
    return any(os.environ.get(name, "0") != "0" for name in _RANKS)


def _surroundings() -> dict[str, Any]:
    return {
        "commit": software.commit(),
        "sources": software.sources(),
        "environment": software.environment(),
        "pins": sha256(software.PINS) if software.PINS.is_file() else "",
        "python": platform.python_version(),
        "machine": {"system": platform.system(), "processor": _processor(),
                    "cores": os.cpu_count(), "device": _device()},
        "slurm_job": os.environ.get("SLURM_JOB_ID", ""),
    }  # fmt: skip


def _processor() -> str:
    """Name the kind of processor, not the machine."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _device() -> str:
    """Name the GPU that the job computed on, if it did."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return ""
    return str(torch.cuda.get_device_name())


def _cpu_s() -> float:
    """Return the CPU seconds of this process and of those that it started and that ended."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in spent)
