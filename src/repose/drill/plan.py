"""When a training is killed, and by what: drawn at random, a stated share inside a save."""

import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass

# Shares of the kills. "save" waits for a checkpoint that is being written, "removal" for an old
# one that is being removed, "end" for the final outputs; "loop" strikes at any time after the
# first step, "start" before it.
MOMENTS = {"save": 0.5, "removal": 0.05, "loop": 0.2, "start": 0.1, "end": 0.15}
SIGNALS = {
    signal.SIGKILL: 0.8,
    signal.SIGTERM: 0.08,
    signal.SIGUSR1: 0.08,
    signal.SIGINT: 0.04,
}
FRESH = 0.05  # of the starts, in an interpreter of their own
SPOILED = 0.2  # after so many kills one bit of the newest checkpoint is flipped, too


@dataclass(frozen=True)
class Blow:
    """One kill.

    Attributes:
        moment: What it waits for, one of MOMENTS.
        share: How far into that moment it strikes, 0..1 of its usual length.
        passes: Saves that are let pass before.
        signal: What is sent.
        fresh: Whether the process that it strikes is a new interpreter.
        spoils: Whether a bit of the newest checkpoint is flipped afterwards.
    """

    moment: str
    share: float
    passes: int
    signal: signal.Signals
    fresh: bool
    spoils: bool


def draw(chance: random.Random) -> Iterator[Blow]:
    """Draw blows without end."""
    while True:
        yield Blow(
            moment=chance.choices(list(MOMENTS), list(MOMENTS.values()))[0],
            share=chance.random(),
            passes=chance.choice((0, 0, 1)),
            signal=chance.choices(list(SIGNALS), list(SIGNALS.values()))[0],
            fresh=chance.random() < FRESH,
            spoils=chance.random() < SPOILED,
        )
