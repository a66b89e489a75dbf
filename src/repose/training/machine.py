"""The machine a run computes on: device, threads, determinism, and facts about it."""

import os
import platform
from functools import cache
from pathlib import Path
from typing import Any

import torch

import repose
from repose.errors import ReposeError
from repose.software import commit, hash_files

# What decides which weights come out of given data and settings, below the package's folder.
_SOURCES = (
    "data",
    "geometry",
    "losses",
    "models",
    "parts",
    "skeleton.py",
    "stages/train.py",
    "training",
)


def prepare(device: str, threads: int, local: int = 0) -> torch.device:
    """Choose the device and make it repeat its results bit for bit where it can.

    Args:
        device: "cpu", "cuda", or "auto" for cuda where there is one.
        threads: CPU threads; 0 leaves it to OMP_NUM_THREADS.
        local: Number of this process among those of this machine, which take a GPU each.

    Raises:
        ReposeError: no-device.
    """
    # Fresh buffers on huge pages cost a quarter of the page faults; read at the first allocation.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    if threads > 0:
        torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Empty buffers would be filled with NaN first: a debugging aid that costs time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ReposeError(
            "no-device", f"there is no device '{device}' here", mend="set train.device to cpu"
        )
    return _gpu(local) if device == "cuda" else torch.device(device)


def _gpu(local: int) -> torch.device:
    """Give each process of this machine a GPU of its own; a cluster may show it only that one."""
    count = torch.cuda.device_count()
    if count > 1 and local >= count:
        raise ReposeError(
            "no-device",
            f"process {local + 1} of this machine finds {count} GPUs",
            mend="start one process per GPU",
        )
    device = torch.device("cuda", local % count)
    torch.cuda.set_device(device)
    return device


def seed_step(seed: int, step: int, piece: int = 0) -> None:
    """Set torch's random state as a pure function of (seed, step, micro-batch).

    So none is stored, and it does not matter which process learns from which micro-batch.
    """
    # A CPU's generator takes 32 bits; multiples of this spread evenly over them (Knuth 1973, 6.4).
    torch.manual_seed((seed * 1_000_003 + step + 1 + piece * 2_654_435_761) % 2**63)


def software() -> dict[str, str]:
    """Say what the run was computed with."""
    return {
        "repose": repose.__version__,
        "commit": commit(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def hardware(device: torch.device) -> dict[str, Any]:
    """Say what the run was computed on."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor()
    return {
        "device": str(device),
        "device_name": name or platform.machine(),
        "threads": torch.get_num_threads(),
    }


def rounding(device: torch.device) -> dict[str, Any]:
    """Say what decides the last bits of a result: on a GPU the number of CPU threads does not."""
    found = hardware(device) | {"device": device.type}
    return {key: value for key, value in found.items() if key != "threads" or device.type == "cpu"}


def facts(device: torch.device) -> dict[str, Any]:
    """Say what a run is computed on and with."""
    return software() | hardware(device)


@cache
def code() -> str:
    """Return the version and the hash of the sources that training runs, as they are at first."""
    folder = Path(repose.__file__).parent
    return f"{repose.__version__}+{hash_sources(folder)[:16]}"


def hash_sources(folder: Path) -> str:
    """Return one sha256 of names and contents of the sources that decide a training's result."""
    return hash_files(folder, sorted(p for name in _SOURCES for p in _modules(folder / name)))


def _modules(path: Path) -> list[Path]:
    return list(path.rglob("*.py")) if path.is_dir() else [path]
