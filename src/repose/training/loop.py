"""The one training loop: every model, every loss, one step at a time."""

import time
from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

from torch import nn

from repose.errors import ReposeError
from repose.training.book import Book
from repose.training.checkpoints import Checkpoints
from repose.training.evidence import means, not_finite
from repose.training.learner import Learner
from repose.training.loss_log import LOSSES
from repose.training.objective import Objective
from repose.training.ranks import ALONE, Ranks
from repose.training.restoring import check_weights, go_on, restore
from repose.training.schedule import Schedule
from repose.training.signals import StopSignals
from repose.training.supply import Feed, Supply


def train(
    networks: Mapping[str, nn.Module],
    objective: Objective,
    batches: Supply[Any, Any],
    schedule: Schedule,
    run: tuple[Path, str],
    watch: Callable[[int], None],
    ranks: Ranks = ALONE,
) -> tuple[float, list[dict[str, Any]]]:
    """Train a generator, and a discriminator where there is one.

    A network of another kind is trained as a generator without one, by its own batches and losses.

    Args:
        networks: `generator` and perhaps `discriminator`, on their device.
        objective: What is learnt.
        batches: The batch of every step.
        schedule: Steps, rates, cadences.
        run: The run directory, and the fingerprint of what determines the run.
        watch: Called with the number of steps done, to keep pictures of the progress; at its
            cadence, and where a phase ends.
        ranks: The processes that train together; the first of them writes, all stop together.

    Returns:
        Seconds of training, since its very first step; and the machines that it ran on.

    Raises:
        ReposeError: not-finite, before the step is made; stopped, by a signal, the state saved.
    """
    folder, fingerprint = run
    learner = Learner(networks, objective, schedule, batches.pieces)
    kept = Checkpoints(
        folder / "checkpoints",
        fingerprint,
        schedule.keep_checkpoints,
        networks,
        learner.optimisers,
        files=[folder / LOSSES],
    )
    state = restore(kept, ranks)
    first, before = state["step"], state.get("seconds", 0.0)
    machines = state.get("machines", [])
    if first < schedule.steps:
        machines = go_on(state, learner.device, ranks)
    per_step = 2 if schedule.separate_batches and "discriminator" in networks else 1
    feed = Feed(batches, range(first, schedule.steps), ranks.block(batches.pieces), per_step)
    size, began = batches.size, time.perf_counter()
    with (
        StopSignals() as signals,
        Book(folder, schedule, first) if ranks.writes else nullcontext() as book,
        closing(feed),
    ):
        for step in range(first, schedule.steps):
            learner.begin(schedule.phase(step))
            values = learner.learn(feed, step, ranks)
            row = means(values)
            if not row:
                ranks.stop(not_finite, values, feed.rows(step), step, batches.crops, folder)
            learner.move(schedule.rate(step))
            done, seconds = step + 1, before + time.perf_counter() - began
            if book:
                book.note(done, row, {"seconds": seconds, "samples": done * size})
            if ranks.writes and schedule.looks(done):
                watch(done)
            asked = ranks.agree(signals.received)
            if schedule.due(done, schedule.checkpoint_every) or asked:
                check_weights(networks, ranks)
                if book:
                    book.sync()
                    kept.save(done, {"seconds": seconds, "machines": machines})
            if asked:
                ranks.stop(_stopped, asked, done, folder)
    return before + time.perf_counter() - began, machines


def _stopped(signal: str, done: int, folder: Path) -> ReposeError:
    return ReposeError(
        "stopped",
        f"training stopped by {signal} after step {done}, state saved",
        path=folder,
        mend="run the same command to go on",
    )
