"""One training, killed on its way until it is done, and what is counted meanwhile."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from repose.drill.plan import Blow
from repose.drill.scene import GLANCE, Pace, Scene
from repose.drill.victim import Victim
from repose.verification import differences, output_faults

FRESH_START = 8  # times as long as a forked process needs to its first step


class WrongError(Exception):
    """Something that a training must never do."""


class Trial:
    """Kill a training again and again until it is done.

    Args:
        scene: Its folders.
        words: Its command line.
        pace: Of the undisturbed training.
        tally: What is counted, over all trials.
        chance: Draws which bits are spoiled.
    """

    def __init__(
        self,
        scene: Scene,
        words: Sequence[str],
        pace: Pace,
        tally: Counter[str],
        chance: random.Random,
    ) -> None:
        self.scene = scene
        self.words = words
        self.pace = pace
        self.tally = tally
        self.chance = chance
        self.stops = 0

    def run(self, blows: Iterator[Blow], wanted: int) -> None:
        """Train to the end; as long as fewer than `wanted` kills are counted, go on killing.

        Raises:
            WrongError: naming what went wrong.
        """
        while True:
            blow = next(blows) if self.tally["kills"] < wanted else None
            self.tally["starts"] += 1
            self.tally["fresh"] += bool(blow and blow.fresh)
            with Victim(self.words, self.scene.log, fresh=bool(blow and blow.fresh)) as victim:
                size, half = self.scene.log_size(), self.scene.half()
                if blow and self._reach(blow, victim):
                    victim.send(blow.signal)
                status = victim.wait()
            if status == 0:
                break
            if blow is None:
                raise WrongError(f"a start that nobody disturbed ended with {status}")
            after = self.scene.half()  # without what was left by an earlier kill
            places = [place for place, names in after.items() if names - half[place]]
            if not places:
                places = ["elsewhere" if self.scene.log_size() > size else "before the first step"]
            self._count(blow, status, places[0])
        self.tally["passed over"] += self.scene.lines("going on from")
        if self.tally["passed over"] > self.tally["spoiled"]:
            raise WrongError("a checkpoint that nobody had spoiled was passed over")
        self.tally["trainings"] += 1

    def _reach(self, blow: Blow, victim: Victim) -> bool:
        """Wait for the moment of a blow; False when the process ended before it came."""
        scene, pace = self.scene, self.pace
        size, seen = scene.log_size(), set[str]()

        def saving() -> bool:
            seen.update(scene.half_saved())
            return len(seen) > blow.passes

        moments: dict[str, tuple[Callable[[], object], float]] = {
            "start": (lambda: True, pace.start * (FRESH_START if blow.fresh else 1)),
            "loop": (lambda: scene.log_size() > size, pace.loop / 2),
            "save": (saving, pace.save * 0.8),  # or half of the blows would come too late
            "removal": (scene.half_removed, 0.0),
            "end": (scene.half_output, pace.end * 0.8),
        }
        begun, length = moments[blow.moment]
        while not begun():
            if victim.poll() is not None:
                return False
            time.sleep(GLANCE)
        return _pass(victim, blow.share * length)

    def _count(self, blow: Blow, status: int, place: str) -> None:
        """Check how a process ended that was struck at a place."""
        scene = self.scene
        self.tally["kills"] += 1
        self.tally[blow.signal.name] += 1
        if blow.signal is not signal.SIGKILL:
            self._check_stop(status, place)
        elif status != -signal.SIGKILL:
            raise WrongError(f"a training that nobody else disturbed ended with {status}")
        else:
            self.tally[place] += 1
        self.tally["redone"] += max(0, scene.logged() - scene.saved())
        self.tally["spoiled"] += blow.spoils and scene.spoil(self.chance)

    def _check_stop(self, status: int, place: str) -> None:
        """A process that was asked to stop has saved every step, and left nothing half-done."""
        scene = self.scene
        if place not in ("elsewhere", "before the first step"):
            raise WrongError(f"a training that was asked to stop left {scene.folder} half-written")
        before, self.stops = self.stops, scene.lines("error[stopped]")
        if self.stops > before:
            self.tally["saved and stopped"] += 1
            if status != 2 or scene.logged() != scene.saved():
                raise WrongError(
                    f"stopped with {status} at {scene.logged()}, saved {scene.saved()}"
                )


def compare(output: Path, reference: Path) -> None:
    """Compare all files of two outputs but those that hold times, and prove their bytes.

    Raises:
        WrongError: naming the first that differs.
    """
    found = [f"{fault.path} is {fault.what}" for fault in output_faults(output)]
    found += differences(output, reference)
    if found:
        raise WrongError(f"{output} differs from {reference}: {found[0]}")


def _pass(victim: Victim, seconds: float) -> bool:
    """Let time pass; False when the process ended meanwhile."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if victim.poll() is not None:
            return False
        time.sleep(min(GLANCE, max(0.0, end - time.monotonic())))
    return victim.poll() is None
