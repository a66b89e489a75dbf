"""How long a training is, how fast it learns, and how often it says and keeps something."""

from dataclasses import dataclass

from repose.training.phases import Phase


@dataclass(frozen=True)
class Schedule:
    """How long, how fast, and how often state is kept.

    Args:
        steps: Optimiser steps in all.
        phases: What learns when; they follow one another and cover all steps.
        lr: Learning rate of Adam.
        lr_decay: Share of the steps, at the end, over which the rate falls to 0 in a line.
        betas: Decay of Adam's first and second moments.
        bf16: Run the networks in bfloat16 where torch's autocast allows it.
        separate_batches: Teach the discriminator on a batch of its own, as Knoche's code does.
        checkpoint_every: Steps.
        keep_checkpoints: At least 2.
        log_every: Steps.
        watch_every: Steps between pictures of the watched pairs.
    """

    steps: int
    phases: tuple[Phase, ...]
    lr: float
    lr_decay: float
    betas: tuple[float, float]
    bf16: bool
    separate_batches: bool
    checkpoint_every: int
    keep_checkpoints: int
    log_every: int
    watch_every: int

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        left = (self.steps - step) / max(self.lr_decay * self.steps, 1e-9)
        return self.lr * min(1.0, left)

    def phase(self, step: int) -> Phase:
        """Return the phase of a step, counted from 0."""
        return next(phase for phase in self.phases if step < phase.end)

    def looks(self, done: int) -> bool:
        """Say whether the progress is looked at now: at its cadence, and where a phase ends."""
        return self.due(done, self.watch_every) or any(done == p.end for p in self.phases)

    def due(self, done: int, every: int) -> bool:
        """Say whether something that happens every so many steps, and at the end, does now."""
        return done % every == 0 or done == self.steps
