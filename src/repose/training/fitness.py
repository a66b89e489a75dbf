"""Whether a model can learn from the crops at hand, and what it must see before it does."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import torch
from torch import nn

from repose.data.samples import Crops
from repose.errors import ReposeError
from repose.training.batches import Batches

FIRST_BATCHES = 4  # that a data-dependent initialisation sees, as in Esser et al.'s code


def check_depth(generator: nn.Module, crops: Crops, path: Path) -> None:
    """Refuse crops whose joints have no depth, for a generator that needs it.

    Raises:
        ReposeError: no-depth.
    """
    if generator.needs_depth and not crops.has_depth:
        raise ReposeError(
            "no-depth",
            "these crops have joints in the image only, and this model reads their depth",
            path=path,
            mend="choose a model with 2D poses, or an estimator that gives depth",
        )


@torch.no_grad()
def initialise(generator: nn.Module, batches: Batches) -> None:
    """Show a generator the first batches, where it sets its weights by what it sees."""
    show = getattr(generator, "initialise", None)
    if show is None:
        return
    numbers = range(FIRST_BATCHES)
    seen = [batches.finish(batches.read(n, p)) for n in numbers for p in range(batches.pieces)]
    given = [torch.cat(values) for values in zip(*(b.given[:3] for b in seen), strict=True)]
    cast(Callable[..., None], show)(*given)
