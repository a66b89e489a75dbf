"""Draws that are even over consecutive people."""

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

import numpy as np

T = TypeVar("T")


class Strata:
    """The draws of one person (or outfit) among many.

    Independent draws leave gaps in a small group: three people out of three in dark shorts. Here
    every aligned block of n consecutive indices takes each of n options exactly once, in an order
    of its own per attribute and block.

    Args:
        index: Which person, 0, 1, ...
        topic: Separates groups whose draws must not depend on each other.
    """

    def __init__(self, index: int, topic: str) -> None:
        self.index = index
        self.topic = topic

    def pick(self, attribute: str, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self._stratum(attribute, len(options))]

    def between(self, attribute: str, low: float, high: float, strata: int = 8) -> float:
        """Return a number in [low, high): one of equal strata, and a random place inside it."""
        place = self.random(attribute).uniform()
        return low + (high - low) * (self._stratum(attribute, strata) + place) / strata

    def random(self, attribute: str) -> np.random.Generator:
        """Return a generator of this attribute and person alone."""
        return np.random.default_rng([crc32(f"{self.topic}/{attribute}".encode()), self.index])

    def _stratum(self, attribute: str, n: int) -> int:
        block, place = divmod(self.index, n)
        key = crc32(f"{self.topic}/{attribute}/order".encode())
        return int(np.random.default_rng([key, block]).permutation(n)[place])
