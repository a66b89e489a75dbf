"""The one training loop: every model, every loss, one step at a time."""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Adam

from repose.errors import ReposeError
from repose.progress import Progress
from repose.training.batches import Batches
from repose.training.checkpoints import Checkpoints
from repose.training.evidence import checked
from repose.training.loss_log import LossLog
from repose.training.machine import seed_step
from repose.training.objective import Objective
from repose.training.signals import StopSignals


@dataclass(frozen=True)
class Schedule:
    """How long, how fast, and how often state is kept.

    Args:
        steps: Optimiser steps of each network.
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

    def due(self, done: int, every: int) -> bool:
        """Say whether something that happens every so many steps, and at the end, does now."""
        return done % every == 0 or done == self.steps


def train(
    networks: Mapping[str, nn.Module],
    objective: Objective,
    batches: Batches,
    schedule: Schedule,
    run: tuple[Path, str],
    watch: Callable[[int], None],
) -> float:
    """Train a generator, and a discriminator where there is one.

    Both gradients of a step are taken before either network moves. On one shared batch that is
    the same as alternating, because the discriminator learns from the images that the generator
    made before its step; and it lets a bad value stop the step before anything has changed.

    Args:
        networks: `generator` and perhaps `discriminator`, on their device.
        objective: What is learnt.
        batches: The batch of every step.
        schedule: Steps, rates, cadences.
        run: The run directory, and the fingerprint of what determines the run.
        watch: Called with the number of steps done, to keep pictures of the progress.

    Returns:
        Seconds of training, over all the processes that took part in it.

    Raises:
        ReposeError: not-finite, before the step is made; stopped, by a signal, the state saved.
    """
    folder, fingerprint = run
    generator, discriminator = networks["generator"], networks.get("discriminator")
    optimisers = {
        name: Adam(network.parameters(), schedule.lr, schedule.betas, fused=True)
        for name, network in networks.items()
    }
    kept = Checkpoints(
        folder / "checkpoints", fingerprint, schedule.keep_checkpoints, networks, optimisers
    )
    state = kept.restore()
    first, before = state["step"], state.get("seconds", 0.0)
    autocast = torch.autocast(batches.device.type, torch.bfloat16, enabled=schedule.bf16)
    per_step = 2 if schedule.separate_batches and discriminator is not None else 1
    feed = batches.run(first * per_step, schedule.steps * per_step)
    began = time.perf_counter()
    with (
        StopSignals() as signals,
        LossLog(folder, first) as log,
        Progress("train", schedule.steps, done=first) as progress,
        closing(feed),
    ):
        for step in range(first, schedule.steps):
            seed_step(batches.seed, step)
            batch = next(feed)
            for optimiser in optimisers.values():
                optimiser.zero_grad(set_to_none=True)
                for group in optimiser.param_groups:
                    group["lr"] = schedule.rate(step)
            with autocast:
                made = generator(*batch.given)["image"]
            found: dict[str, Tensor] = {}
            other, shown, logits = batch, made.detach(), None
            if discriminator is not None:
                if schedule.separate_batches:
                    other = next(feed)
                    with autocast, torch.no_grad():
                        shown = generator(*other.given)["image"]
                discriminator.requires_grad_(True)
                with autocast:
                    real = discriminator(other.source, other.target, other.target_joints)
                    fake = discriminator(other.source, shown, other.target_joints)
                found["discriminator"] = objective.discriminator(real, fake)
                found["discriminator"].backward()
                discriminator.requires_grad_(False)  # the generator's loss asks nothing of it
            with autocast:
                if discriminator is not None:
                    logits = discriminator(batch.source, made, batch.target_joints)
                found |= objective.generator(made, batch, logits)
            found["loss"].backward()
            for name, network in networks.items():
                gradients = [p.grad for p in network.parameters() if p.grad is not None]
                found[f"{name}_gradient"] = get_total_norm(gradients)
            row = checked(found, batch, step, batches.crops, folder)
            for optimiser in optimisers.values():
                optimiser.step()
            done, seconds = step + 1, before + time.perf_counter() - began
            progress.advance(note=f"loss {row['loss']:.4f}")
            if schedule.due(done, schedule.log_every):
                log.write(done, row, {"seconds": seconds, "samples": done * len(batch.rows)})
            if schedule.due(done, schedule.watch_every):
                watch(done)
            if schedule.due(done, schedule.checkpoint_every) or signals.received:
                log.sync()
                kept.save(done, {"seconds": seconds})
            if signals.received and done < schedule.steps:
                raise ReposeError(
                    "stopped",
                    f"training stopped by {signals.received} after step {done}, state saved",
                    path=folder,
                    mend="run the same command to go on",
                )
    return before + time.perf_counter() - began
