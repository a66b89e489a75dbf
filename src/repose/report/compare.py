"""Means, paired differences and ratios over persons, and what they allow to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from repose.metrics.bootstrap import Estimate, mean_estimate, ratio_estimate
from repose.metrics.scores import SCORE, SCORES, Score

Scores = Mapping[str, pd.DataFrame]  # method name to its "scores" rows of one split

# Which people a split shows, in the order in which they are reported.
PEOPLE: dict[str, str] = {
    "test": "people kept for the test",  # an official split may have some of them in training, too
    "valid": "people kept for validation",
    "train": "people seen in training",
}


def counted(persons: int, split: str) -> str:
    """Say how many people of a split were scored, such as `1 person kept for the test`."""
    return (
        f"{persons} {PEOPLE[split] if persons != 1 else PEOPLE[split].replace('people', 'person')}"
    )


INTERVAL = (
    "95 % intervals: persons drawn with replacement ({draws} draws), Student's t with K - 1"
    " degrees of freedom for K persons (their effective number where some have more pairs)"
)


@dataclass(frozen=True)
class Comparison:
    """One method against another on the same pairs.

    Attributes:
        method: The one judged.
        other: The one it is judged against.
        score: What is compared.
        estimate: Mean of method minus other, or ratio of method to other.
        neutral: Value of the estimate if both were alike: 0, or 1 for a ratio.
    """

    method: str
    other: str
    score: Score
    estimate: Estimate
    neutral: float

    @property
    def verdict(self) -> str:
        """What the interval carries: "better", "worse", "no difference shown", "not measured"."""
        if np.isnan(self.estimate.value):
            return "not measured"
        if not self.estimate.excludes(self.neutral):
            return "no difference shown"
        higher = self.estimate.value > self.neutral
        return "better" if higher == self.score.higher_is_better else "worse"


def summarise(scores: pd.DataFrame, draws: int, seed: int) -> dict[str, Any]:
    """Average each score over the pairs of each split, with its interval over persons.

    Args:
        scores: The "scores" table of one method.
        draws: Bootstrap draws.
        seed: Of the draws.

    Returns:
        JSON values: `interval` in words, and per split the numbers of pairs and persons and, per
        score, value, low, high (None where there is none), pairs, persons.
    """
    scored_pose = scores["pose_auc"].notna()
    scores = scores.assign(pose_detected=scores["pose_detected"].where(scored_pose))
    splits: dict[str, Any] = {}
    for split in (split for split in PEOPLE if (scores["split"] == split).any()):
        rows = scores[scores["split"] == split]
        splits[split] = {
            "people": PEOPLE[split],
            "pairs": len(rows),
            "persons": int(rows["person"].nunique()),
            "scores": {score.name: _json(_mean(rows, score, draws, seed)) for score in SCORES},
        }
    return {"interval": INTERVAL.format(draws=draws), "splits": splits}


def read_estimate(value: dict[str, Any]) -> Estimate:
    """Turn an estimate of a summary back into numbers."""
    numbers: dict[str, Any] = {k: np.nan if v is None else v for k, v in value.items()}
    return Estimate(**numbers)


def difference(
    tables: Scores, method: str, other: str, score: str, draws: int, seed: int
) -> Comparison:
    """Compare two methods pair by pair.

    Args:
        tables: The "scores" rows of each method, of one split.
        method: The one judged.
        other: The one it is judged against.
        score: Column to compare.
        draws: Bootstrap draws.
        seed: Of the draws.
    """
    a, b = _matched(tables, method, other, score)
    estimate = mean_estimate(a[score] - b[score], a["person"], draws=draws, seed=seed)
    return Comparison(method, other, SCORE[score], estimate, 0.0)


def ratio(
    tables: Scores, method: str, other: str, score: str, draws: int, seed: int
) -> Comparison:
    """Divide the mean score of one method by that of another; arguments as in `difference`."""
    a, b = _matched(tables, method, other, score)
    estimate = ratio_estimate(a[score], b[score], a["person"], draws=draws, seed=seed)
    return Comparison(method, other, SCORE[score], estimate, 1.0)


def _matched(
    tables: Scores, method: str, other: str, score: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    a, b = (tables[name].set_index("pair") for name in (method, other))
    both = a.index.intersection(b.index)
    a, b = a.loc[both], b.loc[both]
    return a.astype({score: float}), b.astype({score: float})


def _mean(rows: pd.DataFrame, score: Score, draws: int, seed: int) -> Estimate:
    values = rows[score.name].astype(float)
    bounds = (score.low, score.high)
    return mean_estimate(values, rows["person"], draws=draws, seed=seed, bounds=bounds)


def _json(estimate: Estimate) -> dict[str, Any]:
    numbers = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    plain: dict[str, Any] = {k: float(v) if np.isfinite(v) else None for k, v in numbers.items()}
    return plain | {"pairs": estimate.pairs, "persons": estimate.persons}
