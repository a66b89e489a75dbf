"""Fair timing on a noisy machine: one process, one thread, contenders in turn.

Each round runs every contender once, so a slow spell of the machine hits them all; what counts is
the median over rounds of the ratio within a round.
"""

import gc
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import torch

Run = Callable[[], object]


class Timing(NamedTuple):
    """Medians over the rounds: CPU and wall time in ms, and how often the first fits into it."""

    cpu_ms: float
    wall_ms: float
    cpu_ratio: float
    wall_ratio: float


def one_thread() -> None:
    """Use one thread, and huge pages for large tensors, from the start of the process."""
    wanted = {"OMP_NUM_THREADS": "1", "THP_MEM_ALLOC_ENABLE": "1"}
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **wanted})
    torch.set_num_threads(1)


def alternate(contenders: dict[str, tuple[Run, int]], rounds: int) -> dict[str, Timing]:
    """Time contenders in turn; the first is the one that the others are compared with.

    Args:
        contenders: What to run, and how many items one run works off; times are per item.
        rounds: How often each runs.
    """
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    for run, _ in contenders.values():
        run()
    gc.collect()
    for _ in range(rounds):
        for name, (run, items) in contenders.items():
            started = time.process_time(), time.perf_counter()
            run()
            ended = time.process_time(), time.perf_counter()
            cpu[name].append(1e3 * (ended[0] - started[0]) / items)
            wall[name].append(1e3 * (ended[1] - started[1]) / items)
    first = next(iter(contenders))
    return {
        name: Timing(
            statistics.median(cpu[name]),
            statistics.median(wall[name]),
            _median_ratio(cpu[first], cpu[name]),
            _median_ratio(wall[first], wall[name]),
        )
        for name in contenders
    }


def _median_ratio(base: Sequence[float], other: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(base, other, strict=True))


def peak_mib(prepare: Callable[..., Run], *arguments: object) -> float:
    """Measure what a run needs beyond its inputs, in a fresh process, MiB.

    Args:
        prepare: A function of a module that makes the inputs and returns what to run.
        arguments: Its arguments.
    """
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_peak, args=(send, prepare, *arguments))
    process.start()
    send.close()  # so that a child that dies is an error here, not a wait for ever
    peak: float = receive.recv()
    process.join()
    return peak


def _peak(send: Connection, prepare: Callable[..., Run], *arguments: object) -> None:
    torch.set_num_threads(1)
    run = prepare(*arguments)
    before = resident_mib("VmRSS")
    run()
    send.send(resident_mib("VmHWM") - before)


def resident_mib(entry: str) -> float:
    """Read what the process holds (VmRSS) or held at most (VmHWM), in MiB.

    Not `getrusage`: its maximum outlives exec, so a child would start with its parent's.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith(f"{entry}:"))
    return int(line.split()[1]) / 1024


def show(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a plain table; numbers get three digits."""
    texts = [list(header)] + [[_text(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in texts) for i in range(len(header))]
    print(f"\n{title}", flush=True)
    for row in texts:
        first = row[0].ljust(widths[0])
        print("  ".join([first, *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]))


def show_timings(title: str, timings: dict[str, Timing], each: str = "run") -> None:
    """Print the timings of one alternation."""
    header = ("", f"CPU ms/{each}", f"wall ms/{each}", "CPU ratio", "wall ratio")
    show(title, header, [(name, *timing) for name, timing in timings.items()])


def _text(cell: object) -> str:
    if not isinstance(cell, float):
        return str(cell)
    return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
