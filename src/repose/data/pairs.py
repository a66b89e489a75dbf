"""Which two frames make a pair: sampling for training, and fixed lists.

Both frames of a pair show one person in one outfit, in any of its clips.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from repose.errors import ReposeError

Rows = NDArray[np.int64]

# Keep the draws of training, those of the lists and all others of the same seed apart.
SAMPLE_STREAM = 0xBA125
LIST_STREAM = 0x11575


@dataclass(frozen=True)
class OutfitIndex:
    """The rows of a table, outfit by outfit; outfits with a single frame are left out.

    Args:
        rows: (N,) row numbers, those of one outfit side by side.
        starts: (O,) where each outfit begins in `rows`.
        counts: (O,) how many frames it has, at least 2.
    """

    rows: Rows
    starts: Rows
    counts: Rows

    @staticmethod
    def of(table: pd.DataFrame, splits: Sequence[str]) -> "OutfitIndex":
        """Index the rows of some splits, of a table with columns person, outfit and split.

        Raises:
            ReposeError: no-pairs, when no outfit has two frames.
        """
        chosen = table["split"].isin(list(splits)).to_numpy()
        numbered = table[["person", "outfit"]].reset_index(drop=True)[chosen]
        groups = [group.index.to_numpy() for _, group in numbered.groupby(["person", "outfit"])]
        groups = [rows for rows in groups if len(rows) >= 2]
        if not groups:
            raise ReposeError(
                "no-pairs",
                f"no outfit has two of the {len(numbered)} usable frames in {', '.join(splits)}",
                mend="give more videos or frames, or put other people into these splits",
            )
        counts = np.array([len(rows) for rows in groups])
        return OutfitIndex(np.concatenate(groups), np.cumsum(counts) - counts, counts)


def sample_pairs(seed: int, step: int, index: OutfitIndex, batch: int) -> Rows:
    """Draw the training pairs of one step, a pure function of (seed, step).

    An outfit uniformly, then two distinct frames of it (Knoche et al. 2020, released code). A
    larger batch begins with the pairs of a smaller one.

    Returns:
        (batch, 2) row numbers of source and target.
    """
    draws = _random(seed, step, SAMPLE_STREAM).random((batch, 3))
    outfit = (draws[:, 0] * len(index.counts)).astype(np.int64)
    return _distinct(index, outfit, draws[:, 1:])


class PairSampler:
    """Gives the training pairs of any step: `sampler(step)`.

    Args:
        table: One row per frame, with columns person, outfit, split.
        splits: Those that are trained on.
        seed: The run's seed.
        batch: Pairs per step.
        itself: Pair each frame with itself: a model then learns to draw what it is shown.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        splits: Sequence[str],
        seed: int,
        batch: int,
        *,
        itself: bool = False,
    ) -> None:
        self.index = OutfitIndex.of(table, splits)
        self.seed = seed
        self.batch = batch
        self.itself = itself

    def __call__(self, step: int) -> Rows:
        """Return the (batch, 2) rows of source and target of a step."""
        pairs = sample_pairs(self.seed, step, self.index, self.batch)
        return pairs[:, [1, 1]] if self.itself else pairs


def list_pairs(seed: int, index: OutfitIndex, count: int) -> Rows:
    """Draw a fixed list: outfits in turn, no pair twice.

    Returns:
        (n, 2) row numbers of source and target; n is less than `count` when there are no more.
    """
    kinds = len(index.counts)
    possible = index.counts * (index.counts - 1)
    chosen = []
    for outfit in range(kinds):
        wanted = min(len(range(outfit, count, kinds)), int(possible[outfit]))
        random = _random(seed, outfit, LIST_STREAM)
        picks = random.choice(int(possible[outfit]), wanted, replace=False)
        source, target = np.divmod(picks, index.counts[outfit] - 1)
        rows = index.rows[index.starts[outfit] :]
        chosen.append(np.stack([rows[source], rows[target + (target >= source)]], axis=1))
    turns = np.concatenate([np.arange(len(rows)) for rows in chosen])
    return np.concatenate(chosen)[np.argsort(turns, kind="stable")]


def leaks(table: pd.DataFrame) -> list[str]:
    """Name the persons and outfits that stand in more than one split.

    Args:
        table: Columns person, outfit, split.
    """
    return [
        f"{column} {name} ({', '.join(sorted(splits))})"
        for column in ("person", "outfit")
        for name, splits in table.groupby(column)["split"].unique().items()
        if len(splits) > 1
    ]


def _random(seed: int, step: int, stream: int) -> np.random.Generator:
    # Philox turns key and counter into numbers directly: nothing to wind forward to a step.
    key = np.array([seed, step], np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, stream]))


def _distinct(index: OutfitIndex, outfit: Rows, draws: NDArray[np.float64]) -> Rows:
    counts = index.counts[outfit]
    source = (draws[:, 0] * counts).astype(np.int64)
    target = (draws[:, 1] * (counts - 1)).astype(np.int64)
    target += target >= source  # the others, without the source
    return index.rows[index.starts[outfit][:, None] + np.stack([source, target], axis=1)]
