"""The batch of every step, made while the step before is computed, whatever is learnt from it.

A batch is a pure function of (seed, number); a micro-batch is a slice of it.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor

AHEAD = 4  # batches that wait, ready to travel

Sampler = Callable[[int], np.ndarray]


class Pictures(Protocol):
    """What is learnt from, found by row.

    Attributes:
        table: At least clip and frame of each picture.
    """

    table: pd.DataFrame

    def images(self, rows: np.ndarray) -> Iterable[np.ndarray]:
        """Return the pictures of some rows, (H, W, 3) uint8 each."""
        ...


RawT = TypeVar("RawT")
BatchT = TypeVar("BatchT")


class Supply(ABC, Generic[RawT, BatchT]):
    """Make the batches of a training, whatever is learnt from them.

    A batch has `given`, what the network is given, and `checksum()`, finite only if it all is.

    Args:
        crops: What is sampled from.
        sample: Gives the (B, k) rows of a batch, k pictures to a sample, by its number.
        seed: The run's seed.
        device: Where batches go.
        workers: Threads that read.
        pieces: Micro-batches that a batch is cut into.
    """

    def __init__(
        self,
        crops: Pictures,
        sample: Sampler,
        seed: int,
        device: torch.device,
        workers: int,
        pieces: int = 1,
    ) -> None:
        self.crops = crops
        self.sample = sample
        self.seed = seed
        self.device = device
        self.workers = workers
        self.pieces = pieces

    def run(self, order: Iterable[tuple[int, int]]) -> Generator[BatchT, None, None]:
        """Give micro-batches in order, each by the number of its batch and its place in it."""
        waiting: deque[Future[RawT]] = deque()
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                for number, piece in order:
                    waiting.append(pool.submit(self.read, number, piece))
                    if len(waiting) > AHEAD:
                        yield self.finish(waiting.popleft().result())
                while waiting:
                    yield self.finish(waiting.popleft().result())
            finally:
                pool.shutdown(cancel_futures=True)

    @property
    def size(self) -> int:
        """Samples in a batch."""
        return len(self.sample(0))

    @abstractmethod
    def read(self, number: int, piece: int = 0) -> RawT:
        """Read a micro-batch on the CPU."""

    @abstractmethod
    def finish(self, raw: RawT) -> BatchT:
        """Carry a micro-batch to the device and augment it there."""

    def _carry(self, value: Tensor) -> Tensor:
        return value.to(self.device, non_blocking=True)


class Feed:
    """The micro-batches of one rank, in the order in which it learns from them.

    Args:
        batches: Makes them.
        steps: The steps to come.
        block: Which micro-batches of each batch are this rank's.
        per_step: Batches per step: 2 where the discriminator has one of its own.
    """

    def __init__(
        self, batches: Supply[Any, Any], steps: range, block: range, per_step: int
    ) -> None:
        self.batches = batches
        self.block = block
        self.per_step = per_step
        self._made = batches.run(
            (step * per_step + k, piece)
            for step in steps
            for piece in block
            for k in range(per_step)
        )

    def draw(self) -> tuple[Any, Any]:
        """Return the next micro-batch, and the one that the discriminator learns from."""
        batch = next(self._made)
        return batch, next(self._made) if self.per_step == 2 else batch

    def rows(self, step: int) -> np.ndarray:
        """Return the rows of source and target that all ranks learn from in a step."""
        numbers = range(step * self.per_step, (step + 1) * self.per_step)
        return np.concatenate([self.batches.sample(number) for number in numbers])

    def close(self) -> None:
        """Stop reading."""
        self._made.close()
