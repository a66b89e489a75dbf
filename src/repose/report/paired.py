"""Method against method, pair by pair: which differences the intervals carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from repose.report.compare import Comparison, difference, ratio
from repose.report.methods import COPY
from repose.report.origins import of_comparison
from repose.report.results import Results
from repose.report.tables import Cell, Row, Table, measured

PAIRED = ("l1_fg", "ssim_fg", "ssim", "pose_auc", "lpips")


@dataclass(frozen=True)
class Ranking:
    """What comparing the methods showed.

    Attributes:
        comparisons: All of them.
        best: For each score, the trained model shown to be better than all others.
    """

    comparisons: Sequence[Comparison] = ()
    best: Mapping[str, str] = field(default_factory=dict)

    @property
    def over_copy(self) -> dict[str, Comparison]:
        """Each model's foreground error over that of the copied source, by its name."""
        compared = (c for c in self.comparisons if c.other == COPY and c.neutral == 1)
        return {c.method: c for c in compared}


def rank(results: Results, draws: int, seed: int) -> Ranking:
    """Compare all methods.

    Args:
        results: Of this run.
        draws: Bootstrap draws behind each interval.
        seed: Of the draws.
    """
    return Ranking(compare_all(results, draws, seed), shown_best(results, draws, seed))


def compare_all(results: Results, draws: int, seed: int) -> list[Comparison]:
    """Compare each model with copying the source, and the leading one with each other model."""
    scores = results.of(results.main_split)
    models = [method.name for method in results.methods if method.trained]
    comparisons = []
    for name in models if COPY in scores else []:
        comparisons.append(ratio(scores, name, COPY, "l1_fg", draws, seed))
        for score in PAIRED[1:]:
            comparisons.append(difference(scores, name, COPY, score, draws, seed))
    leader = results.leader.name
    for other in (name for name in models if name != leader):
        for score in PAIRED:
            comparisons.append(difference(scores, leader, other, score, draws, seed))
    return [c for c in comparisons if np.isfinite(c.estimate.value)]


def shown_best(
    results: Results, draws: int, seed: int, scores: Sequence[str] = PAIRED
) -> dict[str, str]:
    """Name, per score, the trained model that is better than all others, if the data carry it."""
    tables = results.of(results.main_split)
    models = [method.name for method in results.methods if method.trained]
    rivals = [*models, *([COPY] if COPY in tables else [])]
    best = {}
    for score in scores:
        for name in models:
            against = (
                difference(tables, name, other, score, draws, seed)
                for other in rivals
                if other != name
            )
            if len(rivals) > 1 and all(c.verdict == "better" for c in against):
                best[score] = name
    return best


def comparison_table(
    comparisons: Sequence[Comparison], labels: Mapping[str, str], split: str
) -> Table:
    """List comparisons with their verdicts.

    Args:
        comparisons: All of them.
        labels: The name of each method for people.
        split: On whose pairs they were made.
    """
    rows = []
    heading = ""
    for c in comparisons:
        pair = f"{labels[c.method]} against {labels[c.other]}"
        if pair != heading:
            heading = pair
            rows.append(Row(pair, heading=True))
        is_ratio = c.neutral == 1
        kind = "ratio" if is_ratio else "difference"
        digits = c.score.digits if not is_ratio else 3
        origin = of_comparison(c.method, c.other, split, c.score.name)
        cell = measured(c.estimate, digits, signed=not is_ratio, origin=origin)
        count = Cell(f"{c.estimate.persons} / {c.estimate.pairs}", origin=origin)
        name = f"{c.score.label} {c.score.arrow} {kind}"
        rows.append(Row(name, [cell, Cell(c.verdict, origin=origin), count]))
    columns = ["", "mean and 95 % interval", "what it carries", "people / pairs"]
    notes = [
        "Each pair is scored under both methods, and the difference (for L1 fg against the copied"
        " source, the ratio of the means) is averaged; whole persons are drawn.",
        '"No difference shown": the interval contains zero (for a ratio, one). That is not a proof'
        " of equality.",
    ]
    return Table("paired", "Method against method, pair by pair", columns, rows, notes)
