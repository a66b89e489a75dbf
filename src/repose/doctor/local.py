"""This machine: what a run needs, and what is there."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

GIB = 2**30


@dataclass(frozen=True)
class Row:
    """One line of the table: what, what is there, and what is wrong with it ("" for nothing)."""

    name: str
    found: str
    wrong: str = ""


def look(folder: Path) -> list[Row]:
    """Look at this machine.

    Args:
        folder: Where results will be written, or the nearest folder above it that is there.
    """
    return [
        Row("python", f"{platform.python_version()}  {sys.executable}"),
        *_torch(),
        Row("cores", _cores()),
        _threads(),
        Row("memory", _memory()),
        _disk("disk", _existing(folder), 10),
        _disk("/dev/shm", Path("/dev/shm"), 1),
        _module("av", "videos cannot be read or written"),
        _module("mediapipe", "poses need another estimator"),
        _module("dvc", "`dvc repro` does not work"),
        Row("ffmpeg", shutil.which("ffmpeg") or "none; not needed"),
    ]


def _torch() -> list[Row]:
    try:
        import torch
    except (ImportError, OSError) as error:
        why = " ".join(str(error).split())
        return [Row("torch", "none", f"cannot be imported ({why}); make setup")]
    cuda = "no GPU: training runs on the CPU"
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
        cuda = f"{torch.version.cuda}, {len(names)} x {names[0]}"
    return [Row("torch", torch.__version__), Row("cuda", cuda)]


def _cores() -> str:
    usable, all_ = len(os.sched_getaffinity(0)), os.cpu_count()
    return f"{usable}" if usable == all_ else f"{usable} of {all_} may be used"


def _threads() -> Row:
    threads = os.environ.get("OMP_NUM_THREADS")
    if threads is None:
        return Row(
            "OMP_NUM_THREADS", "not set: every process takes all cores; 1 suits several jobs"
        )
    return Row("OMP_NUM_THREADS", threads)


def _memory() -> str:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    free = os.sysconf("SC_AVPHYS_PAGES")
    return f"{pages * size / GIB:.0f} GiB, {free * size / GIB:.0f} free"


def _disk(name: str, folder: Path, least_gib: int) -> Row:
    if not folder.exists():
        return Row(name, "none")
    use = shutil.disk_usage(folder)
    found = f"{use.free / GIB:.0f} GiB free of {use.total / GIB:.0f}  {folder}"
    if not os.access(folder, os.W_OK):
        return Row(name, found, "cannot be written to")
    return Row(name, found, f"less than {least_gib} GiB" if use.free < least_gib * GIB else "")


def _existing(folder: Path) -> Path:
    folder = folder.resolve()
    while not folder.exists():
        folder = folder.parent
    return folder


def _module(name: str, without: str) -> Row:
    try:
        return Row(name, version(name))
    except PackageNotFoundError:
        return Row(name, "none", without)
