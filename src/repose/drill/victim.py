"""A running `repose train` that is to be killed."""

import os
import runpy
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

PROGRAM = "repose.cli"
PATIENCE = 600.0  # s, after which something hangs


class Victim:
    """Start `repose` in a process of its own.

    Most are forked from this process, which has loaded torch already: they run the same program
    from its first line, and start twenty times as fast as a fresh interpreter.

    Args:
        words: The command line, without the program's name.
        log: Where its output is appended.
        fresh: Start a new interpreter.
    """

    def __init__(self, words: Sequence[str], log: Path, *, fresh: bool) -> None:
        self._status: int | None = None
        self.pid = _spawn(words, log) if fresh else _fork(words, log)

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal, or None while it runs."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def wait(self) -> int:
        """Wait for its end.

        Raises:
            TimeoutError: it hangs.
        """
        end = time.monotonic() + PATIENCE
        while (status := self.poll()) is None:
            if time.monotonic() > end:
                raise TimeoutError(f"process {self.pid} did not end in {PATIENCE:.0f} s")
            time.sleep(0.001)
        return status

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def __enter__(self) -> "Victim":
        """Watch over it."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave nothing running behind."""
        self.send(signal.SIGKILL)
        self.wait()


def _spawn(words: Sequence[str], log: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    to_log = [(os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o644), (os.POSIX_SPAWN_DUP2, 1, 2)]
    command = [sys.executable, "-m", PROGRAM, *words]
    return os.posix_spawn(sys.executable, command, os.environ, file_actions=to_log)


def _fork(words: Sequence[str], log: Path) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
        sys.argv = [PROGRAM, *words]
        runpy.run_module(PROGRAM, run_name="__main__")
    except SystemExit as end:  # how the program always ends
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
