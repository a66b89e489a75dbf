"""The tables of our own scores: like the paper's Table 1, one row per model, all scores."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from repose.metrics.scores import SCORE, SCORES
from repose.metrics.ssim import PROTOCOLS, column_of
from repose.report.compare import PEOPLE, counted
from repose.report.methods import COPY, TIMES, Method
from repose.report.origins import images_of, of_comparison, of_run, of_table
from repose.report.paired import Ranking
from repose.report.published import ablation_rows
from repose.report.results import Results
from repose.report.seed_table import means, seed_rows
from repose.report.tables import (
    NOTHING,
    Cell,
    Row,
    Table,
    count,
    measured,
    plain,
    tick,
    whole_number,
)

# The columns of the paper's Table 1, then what it lacks.
MAIN = ("ssim", "ssim_fg", "pose_auc", "l1_fg", "lpips")
# Of the table of all models; a score that nobody has is left out.
OF_MODELS = ("ssim", "ssim_fg", "l1_fg", "lpips", "pose_auc")
OVER_COPY = "L1 fg ÷ copy ↓"  # follows the foreground error
MAIN_TABLE, MODELS = "main", "models"  # names of two tables
SPEED = "speed"  # name of the second with times, and that of their page
BOLD = (
    "Bold: a trained model whose paired interval against every other one and against copying the"
    " source excludes zero. The true image as JPEG 90 is a ceiling, not a competitor."
)


def main_table(results: Results, published: pd.DataFrame, ranking: Ranking) -> Table:
    """Lay out our rows like Table 1 of Knoche et al. 2020, under the published ones.

    Where other families are there too, they stand in `models_table`: warp and pose in 2D or 3D is
    no question to them.
    """
    split = results.main_split
    ablation = [method for method in results.methods if method.of_ablation]
    shown = [m for m in results.methods if m.of_ablation or not m.trained or not ablation]
    ticks = ["3D warp", "3D pose"] if ablation else []
    rows = [*(ablation_rows(published, MAIN) if ablation else []), _group(results, split)]
    for method in shown:
        asked = {"warp": method.warp_3d, "pose": method.pose_3d} if ticks else {}
        cells = [tick(is_3d, _of(method, f"model.{key}")) for key, is_3d in asked.items()]
        rows.append(Row(method.label, [*cells, *_scores(results, method, MAIN, ranking)]))
        empty = [Cell("")] * len(ticks)
        rows += [Row(told, [*empty, *cells]) for told, cells in seed_rows(results, method, MAIN)]
    notes = [BOLD, _interval_note(results), *_fewer(results, split)]
    if ablation:
        notes.insert(
            0,
            "Published rows are of other pairs, by another pose estimator, on iPER at 256 px: read"
            " them for the order of their rows, and do not rank them with ours.",
        )
    columns = ["", *ticks, *map(_heading, MAIN)]
    return Table(MAIN_TABLE, f"Scores on {PEOPLE[split]}", columns, rows, notes)


def models_table(
    results: Results, ranking: Ranking, image_seconds: Mapping[str, float] | None = None
) -> Table:
    """Give every method one row: its size, its training, its scores.

    Args:
        results: Of this run.
        ranking: What the comparisons show.
        image_seconds: Seconds per generated image; with them the table tells the time, too, and
            is another one in every run.
    """
    split = results.main_split
    names = [name for name in OF_MODELS if _is_measured(results, name) or name == "pose_auc"]
    rows = [_group(results, split)]
    for method in results.methods:
        rows += _model_rows(results, method, ranking, names, image_seconds)
    columns = ["", "parameters", "steps"]
    for name in names:
        columns += [_heading(name), *([OVER_COPY] if name == "l1_fg" else [])]
    notes = [
        "Parameters: of the generator. L1 fg ÷ copy: foreground error over that of the copied"
        " source; where the interval lies below 1, the model is shown to beat copying.",
        BOLD,
        _interval_note(results),
        *_fewer(results, split),
    ]
    if image_seconds is None:
        return Table(MODELS, f"All models on {PEOPLE[split]}", columns, rows, notes)
    columns += ["s to train", "s per image"]
    notes.append(_clock_note(results))
    return Table(SPEED, f"All models on {PEOPLE[split]}", columns, rows, notes)


def _model_rows(
    results: Results, method: Method, ranking: Ranking, names: Sequence[str],
    image_seconds: Mapping[str, float] | None,
) -> Iterator[Row]:  # fmt: skip
    """Yield the row of a method, then those of its trainings."""
    cells = [
        count(method.parameters, _of(method, "parameters.generator")),
        whole_number(method.steps, _of(method, "steps")),
    ]
    for name in names:
        cells += _scores(results, method, [name], ranking)
        cells += [_over_copy(method, ranking, results.main_split)] if name == "l1_fg" else []
    yield Row(method.label, [*cells, *_times(method, image_seconds)])
    runs = {f"{method.stem}, seed {run.seed}": run for run in method.members}
    for told, own in seed_rows(results, method, names):
        cells = [Cell("")] * 2
        for name, cell in zip(names, own, strict=True):
            cells += [cell, Cell("")] if name == "l1_fg" else [cell]
        yield Row(told, [*cells, *_times(runs.get(told), image_seconds)])


def _times(method: Method | None, image_seconds: Mapping[str, float] | None) -> list[Cell]:
    """Return what training and an image took; nothing where no time is told."""
    if image_seconds is None:
        return []
    if method is None or method.members:
        return [Cell("")] * 2
    origin = of_table(f"{images_of(method.name)}/{TIMES}") if method.trained else ""
    return [_seconds(method), plain_seconds(image_seconds.get(method.name), origin)]


def plain_seconds(value: float | None, origin: str = "") -> Cell:
    """Make a cell of a short time, three digits of it."""
    cell = plain(value, origin=origin)
    return cell if value is None or value >= 100 else replace(cell, text=f"{value:#.3g}")


def _seconds(method: Method) -> Cell:
    seconds = method.times.get("seconds")
    cell = plain(seconds, origin=_of(method, "times.seconds"))
    return cell if seconds is None else replace(cell, text=f"{seconds:,.0f}")


def _over_copy(method: Method, ranking: Ranking, split: str) -> Cell:
    found = ranking.over_copy.get(method.name)
    if found is None:
        return Cell(NOTHING)
    return measured(found.estimate, 2, origin=of_comparison(method.name, COPY, split, "l1_fg"))


def _of(method: Method, key: str) -> str:
    """Name a fact of a training; a baseline has none."""
    run = method.members[0] if method.members else method
    return of_run(run.name, key) if method.trained else ""


def _clock_note(results: Results) -> str:
    machines = (method.times.get("machine", {}) for method in results.runs if method.trained)
    names = dict.fromkeys(str(machine.get("device_name", "?")) for machine in machines)
    return (
        "Seconds are wall clock, measured once: of the whole training, and of one image of the"
        f" test as it was generated, in batches and with all inner views. Trained on:"
        f" {', '.join(names)}."
    )


def all_scores_table(results: Results) -> Table:
    """List every score for unseen and seen people apart."""
    apart = {column_of(protocol) for protocol in PROTOCOLS}  # in `sensitivity`
    listed = [score for score in SCORES if score.name not in apart]
    shown = [score for score in listed if _is_measured(results, score.name)]
    rows = []
    for split in results.splits:
        rows.append(_group(results, split))
        for method in results.methods:
            names = [score.name for score in shown]
            rows.append(Row(method.label, means(results, method.name, split, names)))
    title = "All scores, people kept for the test and people trained on apart"
    columns = ["", *(_heading(score.name) for score in shown)]
    return Table("scores", title, columns, rows, [_interval_note(results)])


def _scores(
    results: Results, method: Method, names: Sequence[str], ranking: Ranking
) -> list[Cell]:
    cells = means(results, method.name, results.main_split, names)
    best = [ranking.best.get(name) == method.name for name in names]
    return [replace(cell, bold=bold) for cell, bold in zip(cells, best, strict=True)]


def _group(results: Results, split: str) -> Row:
    facts = results.summaries[results.leader.name]["splits"][split]
    people = f"{counted(facts['persons'], split)}, {facts['pairs']} pairs"
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
        split["scores"].get(score, {}).get("value") is not None
        for summary in results.summaries.values()
        for split in summary["splits"].values()
    )


def _heading(name: str) -> str:
    score = SCORE[name]
    unit = f", {score.unit}" if score.unit else ""
    return f"{score.label}{unit} {score.arrow}"
