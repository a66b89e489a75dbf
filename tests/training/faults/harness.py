"""Makes the k-th file operation of a training fail, for any k."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class Faults:
    """Trains with faults, in forks of a process that has the shim loaded."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def train(
        self, words: list[str], below: Path, at: int = 0, number: int = 0, *, stays: bool = False
    ) -> dict[str, Any]:
        """Run `repose` with these words; returns status, lines of stderr, count, failed.

        Args:
            words: The command line.
            below: Operations on files below this folder count.
            at: Which of them fails, from 1; 0 for none.
            number: How it fails, an errno.
            stays: All that follow fail, too.
        """
        order = {"words": words, "below": str(below), "at": at, "number": number}
        order |= {"stays": int(stays), "log": f"{below}.stderr"}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))


@contextmanager
def serve(shim: Path) -> Iterator[Faults]:
    """Start the process that is forked."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "server.py"), str(shim)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"LD_PRELOAD": str(shim)},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Faults(process)
    finally:
        process.kill()
        process.wait()


def build(folder: Path) -> Path:
    """Compile the shim.

    Raises:
        FileNotFoundError: there is no C compiler.
    """
    shim = folder / "shim.so"
    source = str(HERE / "shim.c")
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(shim), source, "-ldl"], check=True)
    return shim
