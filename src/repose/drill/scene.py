"""What the folders of a training show from outside: how far it is, what is half-done."""

import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

from repose.drill.victim import Victim
from repose.training.loss_log import LOSSES

GLANCE = 0.0003  # s between two looks


@dataclass(frozen=True)
class Pace:
    """How long the moments of an undisturbed training last, s."""

    start: float
    loop: float
    save: float
    end: float


class Scene:
    """The run directory and the output of one training.

    Args:
        folder: Holds both.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log.txt"
        self.runs = folder / "runs"
        self.output = folder / "weights"

    def half_saved(self) -> set[str]:
        """Name the checkpoints that are being written."""
        return {path.name for path in self.runs.glob("*/checkpoints/.step-*.tmp-*")}

    def half_removed(self) -> set[str]:
        """Name the old checkpoints that are being removed."""
        return {path.name for path in self.runs.glob("*/checkpoints/.step-*.gone")}

    def half_output(self) -> set[str]:
        """Name the final outputs that are being written."""
        return {path.name for path in self.folder.glob(".weights.tmp-*")}

    def half(self) -> dict[str, set[str]]:
        """Name all that is half-done, or was when a process died, by where that is."""
        return {
            "inside a save": self.half_saved(),
            "while an old checkpoint was removed": self.half_removed(),
            "inside the final outputs": self.half_output(),
        }

    def logged(self) -> int:
        """Return the last step in the loss log, 0 for none."""
        for path in self.runs.glob(f"*/{LOSSES}"):
            for line in reversed(path.read_bytes().splitlines()):
                try:
                    return int(json.loads(line)["step"])
                except (ValueError, KeyError):  # half-written
                    continue
        return 0

    def log_size(self) -> int:
        """Return the size of the loss log in bytes, a cheap sign of progress."""
        return sum(path.stat().st_size for path in self.runs.glob(f"*/{LOSSES}"))

    def checkpoints(self) -> list[Path]:
        """Return the whole checkpoints, the newest last."""
        return sorted(self.runs.glob("*/checkpoints/step-*"))

    def saved(self) -> int:
        """Return the step of the newest checkpoint, 0 for none."""
        return max((int(path.name[5:]) for path in self.checkpoints()), default=0)

    def lines(self, words: str) -> int:
        """Count the lines of output with these words."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return sum(words in line for line in text.splitlines())

    def spoil(self, chance: random.Random) -> bool:
        """Flip a bit of the newest checkpoint, if the one before is there to fall back to."""
        found = self.checkpoints()
        if len(found) < 2:
            return False
        file = chance.choice(sorted(found[-1].iterdir()))
        content = bytearray(file.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        file.write_bytes(content)
        return True

    def measure(self, victim: Victim) -> Pace:
        """Watch an undisturbed training to its end, and time its moments."""
        began = now = time.monotonic()
        first = 0.0
        saving = ending = 0.0
        saves: set[str] = set()
        while victim.poll() is None:
            time.sleep(GLANCE)
            passed, now = time.monotonic() - now, time.monotonic()
            if not first and self.log_size():
                first = now - began
            names = self.half_saved()
            saves |= names
            saving += passed if names else 0
            ending += passed if self.half_output() else 0
        each = saving / max(len(saves), 1)
        return Pace(first, now - began - first - ending, each, ending)
