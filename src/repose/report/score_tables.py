"""The tables of scores: ours beside the published ones, and method against method."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from repose.metrics.bootstrap import Estimate
from repose.metrics.scores import SCORE, SCORES
from repose.report.compare import PEOPLE, Comparison, difference, ratio
from repose.report.methods import COPY
from repose.report.results import Results
from repose.report.tables import NOTHING, Cell, Row, Table, measured, number, tick

# The columns of the paper's Table 1, then what it lacks.
MAIN = ("ssim", "ssim_fg", "pose_auc", "l1_fg", "lpips")
PAIRED = ("l1_fg", "ssim_fg", "ssim", "pose_auc", "lpips")

# Read by the table of published numbers: scores under the names of published.csv.
_PUBLISHED = {
    "ssim": "SSIM ↑",
    "ssim_fg": "SSIM fg ↑",
    "ssim_bg": "SSIM bg ↑",
    "lpips": "LPIPS ↓",
    "pose_auc": "Pose AUC ↑",
    "pose_loss_m": "Pose loss, m ↓",
}


def main_table(results: Results, published: pd.DataFrame, best: Mapping[str, str]) -> Table:
    """Lay out our rows like Table 1 of Knoche et al. 2020, under the published ones.

    Args:
        results: Of this run.
        published: Rows of `published.csv`.
        best: For each score, the method shown to be best (see `shown_best`).
    """
    split = results.main_split
    columns = ["", "3D warp", "3D pose", *(_heading(name) for name in MAIN)]
    rows = [*_published_ablation(published), _group(results, split)]
    for method in results.methods:
        cells = [tick(method.warp_3d), tick(method.pose_3d)]
        for name in MAIN:
            estimate = results.estimate(method.name, split, name)
            bold = best.get(name) == method.name
            cells.append(measured(estimate, SCORE[name].digits, bold=bold))
        rows.append(Row(method.label, cells))
    notes = [
        "Published rows were measured on another data set, at 256 px, with another pose estimator"
        " and other pairs: read them for the order of their rows, and do not rank them with ours.",
        "Bold: a trained model whose paired interval against every other one and against copying"
        " the source excludes zero. The true image as JPEG 90 is a ceiling, not a competitor.",
        _interval_note(results),
        *_fewer(results, split),
    ]
    return Table("main", f"Scores on {PEOPLE[split]}", columns, rows, notes)


def all_scores_table(results: Results) -> Table:
    """List every score for unseen and seen people apart."""
    shown = [score for score in SCORES if _is_measured(results, score.name)]
    rows = []
    for split in results.splits:
        rows.append(_group(results, split))
        for method in results.methods:
            cells = [
                measured(results.estimate(method.name, split, score.name), score.digits)
                for score in shown
            ]
            rows.append(Row(method.label, cells))
    title = "All scores, people seen and not seen in training apart"
    columns = ["", *(_heading(score.name) for score in shown)]
    return Table("scores", title, columns, rows, [_interval_note(results)])


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


def shown_best(results: Results, draws: int, seed: int) -> dict[str, str]:
    """Name, per score, the trained model that is better than all others, if the data carry it."""
    scores = results.of(results.main_split)
    models = [method.name for method in results.methods if method.trained]
    rivals = [*models, *([COPY] if COPY in scores else [])]
    best = {}
    for score in MAIN:
        for name in models:
            others = [other for other in rivals if other != name]
            against = [difference(scores, name, other, score, draws, seed) for other in others]
            if against and all(c.verdict == "better" for c in against):
                best[score] = name
    return best


def comparison_table(comparisons: Sequence[Comparison], labels: Mapping[str, str]) -> Table:
    """List comparisons with their verdicts."""
    rows = []
    heading = ""
    for c in comparisons:
        pair = f"{labels[c.method]} against {labels[c.other]}"
        if pair != heading:
            heading = pair
            rows.append(Row(pair, heading=True))
        is_ratio = c.neutral == 1
        kind = "ratio" if is_ratio else "difference"
        cell = measured(c.estimate, c.score.digits if not is_ratio else 3, signed=not is_ratio)
        count = Cell(f"{c.estimate.persons} / {c.estimate.pairs}")
        name = f"{c.score.label} {c.score.arrow} {kind}"
        rows.append(Row(name, [cell, Cell(c.verdict), count]))
    columns = ["", "mean and 95 % interval", "what it carries", "people / pairs"]
    notes = [
        "Each pair is scored under both methods, and the difference (for L1 fg against the copied"
        " source, the ratio of the means) is averaged; whole persons are drawn.",
        '"No difference shown": the interval contains zero (for a ratio, one). That is not a proof'
        " of equality.",
    ]
    return Table("paired", "Method against method, pair by pair", columns, rows, notes)


def published_table(published: pd.DataFrame) -> Table:
    """List every published number with its data, protocol and source."""
    rows = []
    for (paper, table), group in published.groupby(["paper", "table"], sort=False):
        rows.append(Row(f"{paper}, {table}", heading=True))
        for (row, data), values in group.groupby(["row", "data"], sort=False):
            by_score = dict(zip(values["score"], values["value"], strict=True))
            shown = [by_score.get(name) for name in _PUBLISHED]
            cells = [Cell(str(data)), *(_plain(value) for value in shown)]
            rows.append(Row(str(row), cells))
    columns = ["", "data", *_PUBLISHED.values()]
    return Table("published", "Published numbers, as printed", columns, rows, _sources(published))


def _sources(published: pd.DataFrame) -> list[str]:
    """Say for every published score by which protocol it was made, and where it is printed."""
    notes = []
    for source, printed in published.groupby("source", sort=False):
        notes.append(f"{printed['paper'].iloc[0]}, {printed['table'].iloc[0]}: {source}.")
        for (data, score), values in printed.groupby(["data", "score"], sort=False):
            for protocol, alike in values.groupby("protocol", sort=False):
                whose = "" if len(alike) == len(values) else f" ({'; '.join(alike['row'])})"
                notes.append(f"{data}, {_PUBLISHED.get(score, score)}{whose}: {protocol}.")
    return notes


def _published_ablation(published: pd.DataFrame) -> list[Row]:
    ablation = published[
        published["warp_3d"].isin(["yes", "no"]) & (published["table"] == "Table 1")
    ]
    if ablation.empty:
        return []
    paper, data = ablation["paper"].iloc[0], ablation["data"].iloc[0]
    rows = [Row(f"Published: {paper}, {data}, 256 px", heading=True)]
    for (row, warp, pose), values in ablation.groupby(["row", "warp_3d", "pose_3d"], sort=False):
        by_score = dict(zip(values["score"], values["value"], strict=True))
        cells = [tick(warp == "yes"), tick(pose == "yes")]
        rows.append(Row(str(row), [*cells, *(_plain(by_score.get(name)) for name in MAIN)]))
    return rows


def _plain(value: float | None) -> Cell:
    if value is None or not np.isfinite(value):
        return Cell(NOTHING)
    return Cell(number(value, 3), Estimate(value, np.nan, np.nan, 0, 0))


def _group(results: Results, split: str) -> Row:
    facts = results.summaries[results.leader.name]["splits"][split]
    people = f"{facts['persons']} {PEOPLE[split]}, {facts['pairs']} pairs"
    return Row(f"This run: {people}", heading=True)


def _interval_note(results: Results) -> str:
    return f"In brackets: {results.summaries[results.leader.name]['interval']}."


def _fewer(results: Results, split: str) -> list[str]:
    """Name the scores that rest on fewer pairs or people than the table's heading says."""
    facts = results.summaries[results.leader.name]["splits"][split]
    notes = []
    for name in MAIN:
        e = results.estimate(results.leader.name, split, name)
        if e.pairs and (e.pairs, e.persons) != (facts["pairs"], facts["persons"]):
            notes.append(f"{SCORE[name].label} rests on {e.pairs} pairs of {e.persons} people.")
    return notes


def _is_measured(results: Results, score: str) -> bool:
    return any(
        split["scores"][score]["value"] is not None
        for summary in results.summaries.values()
        for split in summary["splits"].values()
    )


def _heading(name: str) -> str:
    score = SCORE[name]
    unit = f", {score.unit}" if score.unit else ""
    return f"{score.label}{unit} {score.arrow}"
