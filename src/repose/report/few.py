"""One result and a hundred: the scores of the IIT Kanpur report, and ours on as many pairs."""

from collections.abc import Iterator

import pandas as pd

from repose.metrics.bootstrap import Estimate, mean_estimate
from repose.metrics.scores import SCORE
from repose.report.origins import of_line, of_score
from repose.report.published import printed_cells, sources
from repose.report.results import Results
from repose.report.tables import Cell, Row, Table, measured

COUNTS = (1, 100)  # pairs, as there
# Score of published.csv: heading, our score, our units per published one, digits.
COLUMNS = {
    "pose_loss_m": ("Pose loss, m ↓", "pose_loss_mm", 1000.0, 5),
    "ssim": ("SSIM ↑", "ssim", 1.0, 4),
    "ssim_bg": ("SSIM bg ↑", "ssim_bg", 1.0, 4),
    "ssim_fg": ("SSIM fg ↑", "ssim_fg", 1.0, 4),
}
PEOPLE = {"test": "test", "valid": "validation", "train": "training"}


def few_table(results: Results, published: pd.DataFrame, draws: int, seed: int) -> Table:
    """Score every trained model on the first pair and on the first hundred, under the published.

    Args:
        results: Of this run.
        published: Rows of `published.csv`.
        draws: Bootstrap draws of the intervals.
        seed: Of the draws.
    """
    theirs = published[published["paper"].isin(_papers(published))]
    rows = [*_published_rows(theirs)]
    have = max(len(table) for table in results.of(results.main_split).values())
    for wanted in dict.fromkeys(min(wanted, have) for wanted in COUNTS):
        kind = PEOPLE[results.main_split]
        pairs = f"{kind} pair" if wanted == 1 else f"{wanted} {kind} pairs"
        rows.append(Row(f"This run: the first {pairs}", heading=True))
        for method in results.methods:
            if method.trained:
                cells = list(few_means(results, method.name, wanted, draws, seed))
                rows.append(Row(method.label, cells))
    notes = [
        "First: by the number of the pair; one pair says nothing about another, and has no"
        f" interval. There are {have} such pairs here.",
        "Pose loss here: mean distance of 18 joints, pelvis-aligned, as in the other tables, in"
        " m. Theirs is, by the code they follow, the mean difference per coordinate: half of such"
        " a distance where errors have no preferred direction.",
        *sources(theirs),
    ]
    columns = ["", "pairs", *(heading for heading, *_ in COLUMNS.values())]
    notes[1:1] = _fewer_poses(results, have)
    return Table("few", "One result and a hundred", columns, rows, notes)


def _fewer_poses(results: Results, have: int) -> list[str]:
    """Say on how many of the pairs a pose loss rests, where not on all."""
    table = results.of(results.main_split)[results.leader.name].sort_values("pair")
    wanted = min(COUNTS[-1], have)
    scored = int(table["pose_loss_mm"].head(wanted).notna().sum())
    if scored in (0, wanted):
        return []
    return [f"Of the first {wanted} pairs {scored} have a pose loss."]


def _papers(published: pd.DataFrame) -> list[str]:
    """Name the papers that print a pose loss."""
    return list(published["paper"][published["score"] == "pose_loss_m"].unique())


def _published_rows(theirs: pd.DataFrame) -> Iterator[Row]:
    for paper, printed in theirs.groupby("paper", sort=False):
        yield Row(f"Published: {paper}, {printed['table'].iloc[0]}", heading=True)
        for row, values in printed.groupby("row", sort=False):
            pairs = Cell("", origin=of_line(int(values.index[0])))
            yield Row(str(row), [pairs, *printed_cells(values, list(COLUMNS))])


def few_means(results: Results, method: str, wanted: int, draws: int, seed: int) -> Iterator[Cell]:
    """Yield the number of pairs, then the means of the columns over the first pairs.

    Args:
        results: Of this run.
        method: Whose.
        wanted: How many pairs.
        draws: Bootstrap draws of the intervals.
        seed: Of the draws.
    """
    rows = results.of(results.main_split)[method].sort_values("pair").head(wanted)
    split = results.main_split
    yield Cell(str(len(rows)), origin=of_score(method, split, "pose_loss_mm"))
    for _, name, units, digits in COLUMNS.values():
        bounds = (SCORE[name].low / units, SCORE[name].high / units)
        values = rows[name].astype(float) / units
        estimate: Estimate = mean_estimate(
            values, rows["person"], draws=draws, seed=seed, bounds=bounds
        )
        yield measured(estimate, digits, origin=of_score(method, split, name))
