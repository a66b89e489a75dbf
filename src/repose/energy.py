"""How much energy the machine has used, where it counts that itself.

Processors count theirs in files that often only root may read (RAPL), GPUs in their driver (NVML,
since Volta). What else works on the machine is counted, too: it is an upper bound.
"""

import ctypes
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

RAPL = Path("/sys/class/powercap")
NVML = "libnvidia-ml.so.1"
_PROCESSORS = "intel-rapl:[0-9]*"  # packages, and their parts, which have one more colon


def read() -> dict[str, float]:
    """Return what the counters of this machine show, J: those that can be read.

    The names begin with `cpu` or `gpu`.
    """
    return dict(_processors(RAPL)) | dict(_devices())


def used(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return the energy between two readings of all processors, and of all GPUs, J.

    A counter that went back has run over; it then counts from the largest number it can show.
    """
    sums: dict[str, float] = {}
    for name in before.keys() & after.keys():
        if name.endswith(_RANGE):
            continue
        difference = after[name] - before[name]
        if difference < 0:
            difference += after.get(name + _RANGE, -difference)
        kind = name[:3]
        sums[kind] = sums.get(kind, 0.0) + difference
    return {kind: round(value, 1) for kind, value in sorted(sums.items())}


_RANGE = " at most"


def _processors(root: Path) -> Iterator[tuple[str, float]]:
    for folder in sorted(root.glob(_PROCESSORS)):
        if folder.name.count(":") > 1:
            continue
        for file, ending in (("energy_uj", ""), ("max_energy_range_uj", _RANGE)):
            try:
                value = float((folder / file).read_text())
            except (OSError, ValueError):
                continue
            yield f"cpu {folder.name}{ending}", value / 1e6


def _devices() -> Iterator[tuple[str, float]]:
    try:
        nvml = ctypes.CDLL(NVML)
        if nvml.nvmlInit_v2():
            return
    except (OSError, AttributeError):  # no driver, or one of another age
        return
    try:
        yield from _visible(nvml)
    finally:
        nvml.nvmlShutdown()


def _visible(nvml: ctypes.CDLL) -> Iterator[tuple[str, float]]:
    """Read the GPUs that this process may use."""
    count = ctypes.c_uint()
    nvml.nvmlDeviceGetCount_v2(ctypes.byref(count))
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    for word in map(str, range(count.value)) if named is None else named.split(","):
        handle, millijoules = ctypes.c_void_p(), ctypes.c_ulonglong()
        if word.isdigit():
            failed = nvml.nvmlDeviceGetHandleByIndex_v2(
                ctypes.c_uint(int(word)), ctypes.byref(handle)
            )
        else:
            failed = nvml.nvmlDeviceGetHandleByUUID(word.encode(), ctypes.byref(handle))
        if failed or nvml.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(millijoules)):
            continue
        yield f"gpu {word}", millijoules.value / 1e3
