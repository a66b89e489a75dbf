"""What the methods reached: their scores, pair by pair and summarised."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from repose.data.tables import read_table
from repose.errors import ReposeError
from repose.files import read_json
from repose.metrics.bootstrap import Estimate
from repose.report.compare import PEOPLE, read_estimate
from repose.report.methods import Method, lead, read_methods
from repose.report.seeds import pooled, together

NOT_SCORED = Estimate(float("nan"), float("nan"), float("nan"), 0, 0)


@dataclass(frozen=True)
class Results:
    """All methods of a run.

    Attributes:
        methods: In the order of the tables; one that was trained several times is one of them.
        scores: Per method, and per training of one with several, its "scores" table.
        summaries: Of the same, the summary.
    """

    methods: Sequence[Method]
    scores: dict[str, pd.DataFrame]
    summaries: dict[str, Any]

    @property
    def runs(self) -> list[Method]:
        """All that have images of their own: every single training, and the baselines."""
        return [run for method in self.methods for run in (method.members or (method,))]

    @property
    def splits(self) -> list[str]:
        """The splits that were scored, the one that counts most first."""
        present = {split for table in self.scores.values() for split in table["split"].unique()}
        return [split for split in PEOPLE if split in present]

    @property
    def main_split(self) -> str:
        """The split of the main table: unseen people if there are any."""
        return self.splits[0]

    @property
    def leader(self) -> Method:
        """The method that the report is about."""
        return lead(self.methods)

    @property
    def has_other_families(self) -> bool:
        """Whether a model is there that has no place in the paper's Table 1."""
        return any(method.trained and not method.of_ablation for method in self.methods)

    @property
    def labels(self) -> dict[str, str]:
        """The name of each method for people."""
        return {method.name: method.label for method in (*self.runs, *self.methods)}

    @property
    def notes(self) -> list[str]:
        """What was not scored and why, each said once."""
        said = (note for summary in self.summaries.values() for note in summary["notes"])
        return list(dict.fromkeys(said))

    @property
    def persons(self) -> int:
        """People scored in the main split."""
        return int(self.summaries[self.leader.name]["splits"][self.main_split]["persons"])

    def of(self, split: str) -> dict[str, pd.DataFrame]:
        """Return each method's scores of one split."""
        return {name: table[table["split"] == split] for name, table in self.scores.items()}

    def estimate(self, method: str, split: str, score: str) -> Estimate:
        """Return a method's mean of a score with its interval; NaN where it was not scored."""
        scores = self.summaries[method]["splits"][split]["scores"]
        return read_estimate(scores[score]) if score in scores else NOT_SCORED


def read_results(
    train: Sequence[Path],
    scores: Sequence[Path],
    summaries: Sequence[Path],
    draws: int,
    seed: int,
) -> Results:
    """Read what training and evaluation left, and take together what differs in its seed alone.

    Args:
        train: Folders of the trained models.
        scores: One table per method, named after it.
        summaries: One summary per method, named after it.
        draws: Bootstrap draws behind the intervals of models that were trained several times.
        seed: Of the draws.

    Raises:
        ReposeError: no-scores, when no pair was scored.
    """
    tables = {path.stem: read_table(path, "scores") for path in scores}
    if not any(len(table) for table in tables.values()):
        mend = "look at the pairs stage: it listed none"
        raise ReposeError("no-scores", "no pair was scored", path=scores[0], mend=mend)
    methods = together(read_methods(train, list(tables)))
    told = {path.stem: read_json(path) for path in summaries}
    for method in (method for method in methods if method.members):
        tables[method.name], told[method.name] = pooled(method, tables, told, draws, seed)
    return Results(methods, tables, told)
