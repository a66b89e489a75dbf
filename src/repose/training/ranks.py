"""Several processes that train as one, and give bit for bit what one gives.

The batch of a step is cut into micro-batches, whatever the number of processes; each process
("rank") learns from a block of them. Sums of floats depend on their order, so gradients are summed
over one fixed binary tree of micro-batches: its lower levels lie inside a rank, its upper ones
between ranks, where partners swap their sums and both add (recursive doubling). As a + b is b + a
to the last bit, all ranks hold the same gradients, and 1, 2 or 4 ranks the same ones.

Rank 0 alone writes. What must stop all is agreed by all. A rank whose process ends breaks its
connections, and the others end at once; one that hangs, or whose node vanishes, ends them after
PATIENCE.
"""

import hashlib
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NoReturn

import torch
from torch import Tensor

from repose.errors import ReposeError
from repose.training.launch import World

PATIENCE = timedelta(minutes=10)  # longer than any rank works without a word to the others


class Ranks:
    """A process that trains alone: there is nobody to ask.

    Attributes:
        rank: Number of this process.
        size: Number of processes.
    """

    rank = 0
    size = 1

    @property
    def writes(self) -> bool:
        """Whether this is the one that writes files, logs and shows progress."""
        return self.rank == 0

    def block(self, count: int) -> range:
        """Return which of `count` micro-batches are this rank's.

        Raises:
            ReposeError: wrong-ranks, when their number does not fit.
        """
        if self.size & (self.size - 1) or count % self.size:
            raise ReposeError(
                "wrong-ranks",
                f"{self.size} ranks cannot share {count} micro-batches",
                mend="start a power of two of them that divides train.micro_batches",
            )
        share = count // self.size
        return range(self.rank * share, (self.rank + 1) * share)

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Sum tensors over all ranks, in place: the upper levels of the tree."""

    def gather(self, rows: Tensor) -> Tensor:
        """Return the (n, k) rows of all ranks, in order."""
        return rows

    def agree(self, name: str) -> str:
        """Return the name of a signal if any rank got one, else ""."""
        return name

    def share(self, data: bytes) -> bytes:
        """Return what rank 0 gave."""
        return data

    def wait(self) -> None:
        """Wait until all are here."""

    def stop(self, error: Callable[..., ReposeError], *about: Any) -> NoReturn:
        """End together, after all have come here: rank 0 with its error, the others silently."""
        raise error(*about)

    def check_same(self, what: str, value: str) -> None:
        """Check that all ranks hold the same value.

        Raises:
            ReposeError: ranks-differ.
        """
        mine = torch.frombuffer(
            bytearray(hashlib.sha256(value.encode()).digest()), dtype=torch.uint8
        )
        differing = (self.gather(mine[None].double()) != mine).any(dim=1).nonzero().flatten()
        if len(differing):
            raise ReposeError(
                "ranks-differ",
                f"rank {self.rank} has other {what} than rank {int(differing[0])}",
                mend="use nodes of one kind, with one environment and a file system they share",
            )


ALONE = Ranks()


class Group(Ranks):
    """One of several processes; they talk through torch.distributed.

    Gradients travel by nccl between GPUs and by gloo between CPUs, all else by gloo.
    """

    def __init__(self, world: World, device: torch.device) -> None:
        """Meet the others.

        Raises:
            ReposeError: lost-rank, when not all come within PATIENCE.
        """
        import torch.distributed

        self.rank, self.size = world.rank, world.size
        self._talk = torch.distributed
        with self._explained():
            self._talk.init_process_group(
                "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo",
                init_method=f"tcp://{world.address}:{world.port}",
                world_size=world.size,
                rank=world.rank,
                timeout=PATIENCE,
                device_id=device if device.type == "cuda" else None,
            )

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Sum tensors over all ranks, in place: the upper levels of the tree."""
        mine = torch.cat([tensor.reshape(-1) for tensor in tensors])
        theirs = torch.empty_like(mine)
        level = 1
        with self._explained():
            while level < self.size:
                partner = self.rank ^ level
                swap = [
                    self._talk.P2POp(self._talk.isend, mine, partner),
                    self._talk.P2POp(self._talk.irecv, theirs, partner),
                ]
                for work in self._talk.batch_isend_irecv(swap):
                    work.wait()
                mine += theirs
                level *= 2
        pieces = mine.split([tensor.numel() for tensor in tensors])
        for tensor, piece in zip(tensors, pieces, strict=True):
            tensor.copy_(piece.view(tensor.shape))

    def gather(self, rows: Tensor) -> Tensor:
        """Return the (n, k) rows of all ranks, in order."""
        all_rows = [torch.empty_like(rows) for _ in range(self.size)]
        with self._explained():
            self._talk.all_gather(all_rows, rows)
        return torch.cat(all_rows)

    def agree(self, name: str) -> str:
        """Return the name of a signal if any rank got one, else ""."""
        mine = torch.tensor([[signal.Signals[name].value if name else 0]])
        number = int(self.gather(mine).max())
        return signal.Signals(number).name if number else ""

    def share(self, data: bytes) -> bytes:
        """Return what rank 0 gave."""
        size = torch.tensor([len(data)])
        with self._explained():
            self._talk.broadcast(size, src=0)
            buffer = torch.empty(int(size), dtype=torch.uint8)
            if self.writes:
                buffer = torch.frombuffer(bytearray(data), dtype=torch.uint8)
            self._talk.broadcast(buffer, src=0)
        return data if self.writes else buffer.numpy().tobytes()

    def wait(self) -> None:
        """Wait until all are here."""
        self.gather(torch.zeros(1, 1))

    def stop(self, error: Callable[..., ReposeError], *about: Any) -> NoReturn:
        """End together, after all have come here: rank 0 with its error, the others silently."""
        found = error(*about) if self.writes else None
        self.wait()  # a launcher ends all ranks as soon as one has ended
        raise found or SystemExit(2)

    def leave(self) -> None:
        """Close the connections; whoever still waits for this rank ends with an error."""
        self._talk.destroy_process_group()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            reason = str(error).partition("\n")[0]
            raise ReposeError(
                "lost-rank",
                f"rank {self.rank} of {self.size} lost another ({reason})",
                mend="look at the message of the rank that ended first; then run again",
            ) from error


@contextmanager
def join(world: World, device: torch.device) -> Iterator[Ranks]:
    """Meet the other ranks, and leave them at the end.

    Raises:
        ReposeError: lost-rank.
    """
    if world.size == 1:
        yield ALONE
        return
    group = Group(world, device)
    try:
        yield group
        group.wait()  # rank 0 is the last to finish; a launcher may not like early leavers
    finally:
        group.leave()
