"""What the doctor's job does on its node: `python -m repose.doctor.node ATTEMPT`, in its folder.

Everything that happens is one line `time what words` in the file `step.<attempt>`, or
`child.<attempt>` for a child of that process, as this is all that the doctor sees of it.
"""

import fcntl
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2)
BEAT_S = 0.25
GRACE_S = 10.0  # it lives on for this long after SIGTERM, to see whether it may


class Journal:
    """Lines that are on the shared disk as soon as they are written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ends = float("inf")

    def say(self, what: str, *words: object) -> None:
        """Append one line."""
        line = " ".join(str(word) for word in (f"{time.time():.2f}", what, *words))
        with self.path.open("a", encoding="utf-8") as file:
            file.write(" ".join(line.split()) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def watch(self) -> None:
        """Write down every signal from now on."""
        for number in WATCHED:
            signal.signal(number, self._keep)

    def _keep(self, number: int, _frame: FrameType | None) -> None:
        self.say("signal", signal.Signals(number).name)
        if number == signal.SIGTERM:
            self.ends = min(self.ends, time.monotonic() + GRACE_S)

    def live(self) -> None:
        """Wait until some time after SIGTERM, or for ever."""
        while time.monotonic() < self.ends:
            time.sleep(BEAT_S)
            if self.ends < float("inf"):
                self.say("alive")


def main(attempt: str) -> int:
    """Say what is found on the node; then wait for signals."""
    journal = Journal(Path(f"step.{attempt}"))
    journal.watch()
    child = subprocess.Popen([sys.executable, "-m", "repose.doctor.node", attempt, "child"])
    journal.say("python", platform.python_version(), sys.executable)
    journal.say("gpus", os.environ.get("CUDA_VISIBLE_DEVICES", ""))
    with Path("lock.node").open("w") as mine, Path("lock.here").open("w") as other:
        journal.say("lock-node", "free" if _lock(mine.fileno()) else "taken")
        journal.say("lock-here", "free" if _lock(other.fileno()) else "taken")
        journal.say("ready")
        if attempt != "0":
            _try_torch(journal)
        journal.live()
    child.wait()
    return 1  # it never ends by itself, so it never counts as done


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_torch(journal: Journal) -> None:
    """Import torch in a process of its own: a broken installation may crash."""
    began = time.monotonic()
    question = "import torch; print(torch.__version__, torch.cuda.device_count())"
    done = subprocess.run(
        [sys.executable, "-c", question],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_ignore,
    )
    if done.returncode == 0:
        journal.say("torch", *done.stdout.split(), f"{time.monotonic() - began:.1f}")
    else:
        why = done.stderr.strip().split("\n")[-1]
        journal.say("no-torch", why or f"exit status {done.returncode}")


def _ignore() -> None:
    """Let the signals that are watched for pass by."""
    for number in set(WATCHED) - {signal.SIGTERM}:
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    if sys.argv[2:] == ["child"]:
        journal = Journal(Path(f"child.{sys.argv[1]}"))
        journal.watch()
        journal.live()
    else:
        sys.exit(main(sys.argv[1]))
