"""One step: the gradients of both networks from its micro-batches, then the move.

Both gradients are taken before either network moves. On one shared batch that is the same as
alternating, because the discriminator learns from the images that the generator made before its
step; and it lets a bad value stop the step before anything has changed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Adam

from repose.errors import ReposeError
from repose.training.batches import Batch
from repose.training.evidence import Values
from repose.training.judging import judge, judge_generated
from repose.training.machine import seed_step
from repose.training.objective import Objective
from repose.training.phases import Phase, learning
from repose.training.ranks import Ranks
from repose.training.schedule import Schedule
from repose.training.supply import Feed


class Learner:
    """The networks, their optimisers, and what they are taught.

    Args:
        networks: `generator` and perhaps `discriminator`, on their device.
        objective: What is learnt.
        schedule: How fast, and how precisely.
        pieces: Micro-batches per step, over all ranks.

    Raises:
        ReposeError: batch-statistics.
    """

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        objective: Objective,
        schedule: Schedule,
        pieces: int,
    ) -> None:
        self.networks = networks
        self.objective = objective
        self.pieces = pieces
        self.optimisers = {
            name: Adam(network.parameters(), schedule.lr, schedule.betas, fused=True)
            for name, network in networks.items()
        }
        self._phase: Phase | None = None
        self._learning: dict[str, list[nn.Parameter]] = {}
        self._held: tuple[Batch, Batch, Tensor | None] | None = None
        self.device = next(networks["generator"].parameters()).device
        self._autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=schedule.bf16)
        if pieces > 1:
            _refuse_batch_statistics(networks)

    def begin(self, phase: Phase) -> None:
        """Let a phase's networks learn, and no others; nothing happens when it goes on."""
        if phase == self._phase:
            return
        self._phase = phase
        chosen = {name: learning(phase, name, net) for name, net in self.networks.items()}
        self._learning = {name: weights for name, weights in chosen.items() if weights}
        for network in self.networks.values():
            network.requires_grad_(False)
        for weight in self._parameters():
            weight.requires_grad_(True)

    def learn(self, feed: Feed, step: int, ranks: Ranks) -> Values:
        """Take the gradients of a step, summed over all micro-batches of all ranks.

        Args:
            feed: Gives the micro-batches of this rank.
            step: Counted from 0, of the phase that was begun.
            ranks: Who learns together.

        Returns:
            What must be finite: `input`, losses, and norms of gradients.
        """
        rows: list[dict[str, Tensor]] = []

        def learn_piece(piece: int) -> list[Tensor]:
            seed_step(feed.batches.seed, step, piece)
            batch, other = feed.draw()
            for optimiser in self.optimisers.values():
                optimiser.zero_grad(set_to_none=True)
            rows.append(self._losses(batch, other, step))
            return [_gradient(parameter) for parameter in self._parameters()]

        if self.pieces == 1:
            learn_piece(0)  # the gradients stay where they are, and what has none has none
        else:
            total = sum_tree(feed.block, learn_piece)
            ranks.add(total)
            for parameter, gradient in zip(self._parameters(), total, strict=True):
                parameter.grad = gradient
        return self._look(rows, ranks)

    def move(self, rate: float) -> None:
        """Make the step, at a learning rate."""
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()

    def _losses(self, batch: Batch, other: Batch, step: int) -> dict[str, Tensor]:
        """Compute the losses of a micro-batch, and leave their gradients at the parameters."""
        found = {"input": batch.checksum()}
        generates = "generator" in self._learning
        critic = self.networks["discriminator"] if "discriminator" in self._learning else None
        made, logits = {}, None
        if generates or other is batch:
            with self._autocast, torch.set_grad_enabled(generates):
                made = self.networks["generator"](*batch.given)
        if critic is not None:
            if other is batch:
                shown = made["image"].detach()
            else:
                found["input"] = found["input"] + other.checksum()
                with self._autocast, torch.no_grad():
                    shown = self.networks["generator"](*other.given)["image"]
            with self._autocast:
                real, *generated = judge(critic, other, shown, triplet=self.objective.triplet)
            found["discriminator"] = self.objective.discriminator(real, generated)
            (found["discriminator"] / self.pieces).backward()
        if generates:
            with self._autocast:
                if critic is not None:
                    self._freeze(True)  # the generator's loss asks nothing of it
                    logits = judge_generated(
                        critic, batch, made["image"], triplet=self.objective.triplet
                    )
                found |= self.objective.generator(made, batch, logits, step)
            (found["loss"] / self.pieces).backward()
            self._freeze(False)
            # Freed here they would go back to the system, and the next step fault them in anew.
            self._held = (batch, other, made.get("image"))
        return found

    def _freeze(self, frozen: bool) -> None:
        for weight in self._learning.get("discriminator", []):
            weight.requires_grad_(not frozen)

    def _look(self, rows: Sequence[Mapping[str, Tensor]], ranks: Ranks) -> Values:
        """Fetch all values at once, because each look at a value waits for the device."""
        norms = {
            f"{name}_gradient": get_total_norm(
                [p.grad for p in self._learning[name] if p.grad is not None]
            )
            for name in self._learning
        }
        scalars = [value for row in rows for value in row.values()] + list(norms.values())
        fetched = torch.stack([value.detach().float() for value in scalars]).cpu()
        losses = fetched[: -len(norms)].view(len(rows), -1)
        columns = ranks.gather(losses).T.tolist()
        last = [[norm] for norm in fetched[-len(norms) :].tolist()]
        return dict(zip([*rows[0], *norms], columns + last, strict=True))

    def _parameters(self) -> Iterator[nn.Parameter]:
        return (p for weights in self._learning.values() for p in weights)


def sum_tree(block: range, gradients: Callable[[int], list[Tensor]]) -> list[Tensor]:
    """Sum the gradients of micro-batches in an order that goes by their number alone.

    An even number is halved, so the sums of any power of two of ranks are branches of one tree;
    an odd one leaves its last to the end. At most one sum per level is held.

    Args:
        block: The micro-batches.
        gradients: Computes those of one.
    """
    if len(block) == 1:
        return gradients(block[0])
    middle = len(block) // 2 if len(block) % 2 == 0 else len(block) - 1
    total = sum_tree(block[:middle], gradients)
    torch._foreach_add_(total, sum_tree(block[middle:], gradients))
    return total


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _refuse_batch_statistics(networks: Mapping[str, nn.Module]) -> None:
    for name, network in networks.items():
        for layer in network.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                raise ReposeError(
                    "batch-statistics",
                    f"the {name} normalises over the batch, so cutting it up would change it",
                    mend="set train.micro_batches to 1",
                )
