"""What the seed of a training changes: scores and paired differences, seed by seed."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from repose.metrics.scores import SCORE, Score
from repose.report.compare import PEOPLE
from repose.report.methods import Method
from repose.report.origins import of_comparison, of_score
from repose.report.paired import PAIRED, Ranking
from repose.report.results import Results
from repose.report.seeds import LEAST, Several, of_differences, of_seeds
from repose.report.tables import NOTHING, Cell, Row, Table, measured, number, plain


def seeds_table(results: Results, ranking: Ranking) -> Table | None:
    """List scores and paired differences of every model that was trained several times.

    Args:
        results: Of this run.
        ranking: What the comparisons show.

    Returns:
        None where every model was trained once.
    """
    several = [method for method in results.methods if method.members]
    if not several:
        return None
    seeds = sorted({member.seed for method in several for member in method.members})
    tables = results.of(results.main_split)
    rows: list[Row] = []
    for method in several:
        rows += _score_rows(results, method, tables, seeds)
    rows += _difference_rows(results, ranking, tables, seeds)
    columns = ["", "mean over seeds", "SD over seeds", *(f"seed {seed}" for seed in seeds)]
    notes = [
        "Equal trainings but for train.seed. Each pair's score, or difference of two methods, is"
        " averaged over the seeds; the interval is over persons, given these trainings.",
        f"SD: standard deviation of the trainings' means, shown from {LEAST} trainings on.",
    ]
    title = f"Several trainings of one model, on {PEOPLE[results.main_split]}"
    return Table("seeds", title, columns, rows, notes)


def spread_cells(
    method: Method, tables: Mapping[str, pd.DataFrame], split: str, names: Sequence[str]
) -> list[Cell]:
    """Return the standard deviation of scores over the trainings of a method.

    Args:
        method: One with members.
        tables: Scores of one split.
        split: Its name.
        names: Of the scores.
    """
    return [
        plain(
            of_seeds(method, tables, name).spread,
            SCORE[name].digits + 1,
            of_score(method.name, split, name),
        )
        for name in names
    ]


def seed_rows(
    results: Results, method: Method, names: Sequence[str]
) -> list[tuple[str, list[Cell]]]:
    """Return label and scores of every training that a method stands for, then their spread."""
    if not method.members:
        return []
    split = results.main_split
    rows = [
        (f"{method.stem}, seed {run.seed}", means(results, run.name, split, names))
        for run in method.members
    ]
    if len(method.members) >= LEAST:
        spread = spread_cells(method, results.of(split), split, names)
        rows.append((f"{method.stem}, SD over seeds", spread))
    return rows


def means(results: Results, method: str, split: str, names: Sequence[str]) -> list[Cell]:
    """Return a method's means of scores with their intervals."""
    return [
        measured(
            results.estimate(method, split, name),
            SCORE[name].digits,
            origin=of_score(method, split, name),
        )
        for name in names
    ]


def _score_rows(
    results: Results, method: Method, tables: Mapping[str, pd.DataFrame], seeds: Sequence[int]
) -> list[Row]:
    rows = [Row(method.label, heading=True)]
    by_seed = {member.seed: member.name for member in method.members}
    split = results.main_split
    for name in PAIRED:
        found = of_seeds(method, tables, name)
        if math.isnan(found.mean):
            continue
        score = SCORE[name]
        mean = measured(
            results.estimate(method.name, split, name),
            score.digits,
            origin=of_score(method.name, split, name),
        )
        origins = {seed: of_score(run, split, name) for seed, run in by_seed.items()}
        rows.append(
            Row(
                f"{score.label} {score.arrow}",
                [mean, *_each(found, score, mean.origin, origins, seeds)],
            )
        )
    return rows


def _difference_rows(
    results: Results, ranking: Ranking, tables: Mapping[str, pd.DataFrame], seeds: Sequence[int]
) -> list[Row]:
    rows, heading = [], ""
    methods = {method.name: method for method in results.methods}
    for c in ranking.comparisons:
        found = of_differences(c, methods, tables)
        if found is None:
            continue
        pair = f"{results.labels[c.method]} less {results.labels[c.other]}, pair by pair"
        if pair != heading:
            heading = pair
            rows.append(Row(pair, heading=True))
        origin = of_comparison(c.method, c.other, results.main_split, c.score.name)
        mean = measured(c.estimate, c.score.digits, signed=True, origin=origin)
        cells = _each(found, c.score, origin, dict.fromkeys(seeds, origin), seeds, signed=True)
        rows.append(Row(f"{c.score.label} {c.score.arrow}", [mean, *cells]))
    return rows


def _each(
    found: Several, score: Score, spread_origin: str, origins: Mapping[int, str],
    seeds: Sequence[int], *, signed: bool = False,
) -> list[Cell]:  # fmt: skip
    """Make the cells of the spread and of every seed; a dash where a seed was not used."""
    values = [found.by_seed.get(seed) for seed in seeds]
    cells = [plain(found.spread, score.digits + 1, spread_origin)]
    for seed, value in zip(seeds, values, strict=True):
        cell = plain(value, score.digits, origins.get(seed, ""))
        text = NOTHING if value is None else number(value, score.digits, signed=signed)
        cells.append(Cell(text, cell.estimate, origin=cell.origin))
    return cells
