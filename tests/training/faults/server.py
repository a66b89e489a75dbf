"""Runs `repose train` again and again in forks of one process, each with a fault of its own.

Started by `harness.py` with the shim loaded. A line of JSON comes in per run, one goes out.
"""

import ctypes
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHIM = ctypes.CDLL(sys.argv[1])
SHIM.fault_failed.restype = ctypes.c_char_p
SHIM.fault_count.restype = ctypes.c_long
SHIM.fault_arm.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_int]


def run(order: dict[str, Any], main: Callable[[list[str]], int]) -> dict[str, Any]:
    """Run one training in a fork; returns its exit status, output, and what the shim saw."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _child(order, main, writer)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    found = json.loads(said or '{"count": -1, "failed": ""}')
    lines = Path(order["log"]).read_text().splitlines()
    return {"status": os.waitstatus_to_exitcode(status), "lines": lines, **found}


def _child(order: dict[str, Any], main: Callable[[list[str]], int], writer: int) -> None:
    status = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
        SHIM.fault_arm(os.fsencode(order["below"]), order["at"], order["number"], order["stays"])
        status = main(order["words"])
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        SHIM.fault_disarm()
        found = {"count": SHIM.fault_count(), "failed": SHIM.fault_failed().decode()}
        os.write(writer, json.dumps(found).encode())
        os._exit(status)


if __name__ == "__main__":
    import repose.stages.train  # noqa: F401  what takes seconds, once
    from repose.cli import main as repose_main
    from repose.training import machine

    machine.commit = lambda: "one"  # others may commit meanwhile,
    machine.code()  # or change the sources: this remembers those of now

    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line), repose_main)), flush=True)
