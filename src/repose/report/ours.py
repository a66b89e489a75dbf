"""What of a data set's results stands in the papers' tables, and whether it may be compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from repose.metrics.scores import SCORE
from repose.report.blocks import Benchmark, Block
from repose.report.compare import counted
from repose.report.few import COLUMNS, COUNTS, few_means
from repose.report.methods import CEILING, Method
from repose.report.origins import of_run, of_score
from repose.report.paired import PAIRED, Ranking, shown_best
from repose.report.paper_layouts import PAPER_TABLES, Column, PaperTable
from repose.report.phases import PUBLISHED, Phase
from repose.report.results import Results
from repose.report.seed_table import seed_rows
from repose.report.tables import NOTHING, Cell, Row, measured, plain, tick, whole_number

OTHER_PROTOCOL = "†"  # behind a value of ours that was made by another protocol


def blocks_of(
    benchmark: Benchmark, results: Results, ranking: Ranking, phases: Sequence[Phase],
    draws: int, seed: int,
) -> dict[str, Block]:  # fmt: skip
    """Return what stands in each of the papers' tables, by its name; without a model nothing.

    Args:
        benchmark: What the results were measured on.
        results: Of this run.
        ranking: What the comparisons show.
        phases: What each training reached at the end of its phases.
        draws: Bootstrap draws behind intervals that are not in the results yet.
        seed: Of the draws.
    """
    facts = results.summaries[results.leader.name]["splits"][results.main_split]
    people = f"{counted(facts['persons'], results.main_split)}, {facts['pairs']} pairs"
    homeless = not any(benchmark.dataset in paper.sets for paper in PAPER_TABLES)
    held = [p for p in PAPER_TABLES if benchmark.dataset in p.sets or (p.others and homeless)]
    ranking = _with_others(ranking, held, results, draws, seed)
    frames = {method.label for method in results.methods if not method.trained}
    blocks = {}
    for paper in held:
        reason = why_apart(paper, benchmark, int(facts["pairs"]))
        if paper.rows == "few":
            rows = list(_few(paper, results, draws, seed))
        elif paper.rows == "phases":
            rows = [_phase(paper, phase) for phase in phases]
        else:
            rows = list(_rows(paper, results, ranking, reason))
        if any(row.label not in frames for row in rows):
            notes = list(_notes(paper, results, benchmark.name, rows))
            blocks[paper.name] = Block(f"{benchmark.name}, {people}", reason, rows, notes)
    return blocks


def _with_others(
    ranking: Ranking, papers: Sequence[PaperTable], results: Results, draws: int, seed: int
) -> Ranking:
    """Compare the methods by the scores, too, that only the papers' tables show."""
    columns = [column for paper in papers for column in paper.columns.values()]
    names = {_chosen(column, results, results.leader.name) for column in columns}
    others = sorted(name for name in names if name in SCORE and name not in PAIRED)
    best = {**ranking.best, **shown_best(results, draws, seed, others)}
    return replace(ranking, best=best)


def why_apart(paper: PaperTable, benchmark: Benchmark, pairs: int) -> str:
    """Say why results may not be compared with the main rows of a paper's table.

    Args:
        paper: The table.
        benchmark: What the results were measured on.
        pairs: How many pairs were scored.

    Returns:
        "" where size and pairs are the same; each score's protocol is looked at by itself.
    """
    if benchmark.dataset not in paper.sets:
        return "other data"
    if paper.reason or not paper.group:
        return paper.reason or "nothing is known of its pairs"
    if benchmark.size != paper.size:
        return f"images of {benchmark.size} px, not {paper.size}"
    if not benchmark.official:
        return "pairs of our own, not the official ones"
    if paper.layouts and benchmark.layout not in paper.layouts:
        return f"the official pairs of '{benchmark.layout or 'another layout'}'"
    if pairs != paper.pairs:
        return f"{pairs} pairs, not all {paper.pairs}"
    return ""


def _rows(paper: PaperTable, results: Results, ranking: Ranking, reason: str) -> Iterator[Row]:
    shown = [m for m in results.methods if m.name != CEILING]
    if paper.ticks:
        shown = [method for method in shown if method.of_ablation or not method.trained]
    for method in shown:
        asked = {"warp": method.warp_3d, "pose": method.pose_3d} if paper.ticks else {}
        run = method.members[0] if method.members else method
        ticks = [
            tick(is_3d, of_run(run.name, f"model.{key}") if method.trained else "")
            for key, is_3d in asked.items()
        ]
        cells = [_cell(c, results, method, ranking, reason) for c in paper.columns.values()]
        yield Row(method.label, [*ticks, *cells])
        yield from _seeds(paper, results, method, len(ticks))


def _seeds(paper: PaperTable, results: Results, method: Method, ticks: int) -> Iterator[Row]:
    """Yield a row per training of a method, and their spread."""
    chosen = [_chosen(column, results, method.name) for column in paper.columns.values()]
    names = [name for name in chosen if name in SCORE]
    rows = seed_rows(results, method, names)
    for number, (label, cells) in enumerate(rows):
        by_name = dict(zip(names, cells, strict=True))
        own = [
            by_name[name] if name in by_name else _of_seed(column, results, method, name, number)
            for name, column in zip(chosen, paper.columns.values(), strict=True)
        ]
        yield Row(label, [*[Cell("")] * ticks, *own])


def _of_seed(column: Column, results: Results, method: Method, name: str, number: int) -> Cell:
    """Return a score of all images together of one training; of their spread after the last."""
    if not name:
        return Cell(NOTHING)
    values = [_of_set(results, member.name, name).get("value") for member in method.members]
    digits, split = column.digits or 3, results.main_split
    if number < len(values):
        whose = method.members[number].name
        return plain(values[number], digits, of_score(whose, split, name))
    known = [value for value in values if value is not None]
    spread = float(np.std(known, ddof=1)) if len(known) == len(values) else None
    return plain(spread, digits, of_score(method.name, split, name))


def _chosen(column: Column, results: Results, method: str) -> str:
    """Return which of our scores stands in a column: the first one that was measured."""
    for name in column.ours:
        value: float | None = _of_set(results, method, name).get("value")
        if name in SCORE:
            value = results.estimate(method, results.main_split, name).value
        if value is not None and np.isfinite(value):
            return name
    return ""


def _of_set(results: Results, method: str, name: str) -> Mapping[str, Any]:
    """Return a score of all images together, such as FID; {} where it was not measured."""
    sets = results.summaries[method].get("sets", {})
    return next((one for one in sets.values() if one.get("name") == name), {})


def _cell(column: Column, results: Results, method: Method, ranking: Ranking, reason: str) -> Cell:
    name, split = _chosen(column, results, method.name), results.main_split
    if not name:
        return Cell(NOTHING)
    origin = of_score(method.name, split, name)
    if name in SCORE:
        digits = SCORE[name].digits if column.digits is None else column.digits
        bold = ranking.best.get(name) == method.name
        estimate = results.estimate(method.name, split, name)
        cell = measured(estimate, digits, bold=bold, origin=origin)
    else:
        cell = plain(_of_set(results, method.name, name)["value"], column.digits or 3, origin)
    if not reason and not _is_published(column, _protocol(name, results, method.name)):
        cell = replace(cell, text=f"{cell.text}{OTHER_PROTOCOL}")
    return cell


def _is_published(column: Column, protocol: str) -> bool:
    """Tell whether a protocol of ours is the one of the published column."""
    begins = protocol.startswith(column.protocol[:1] or "")
    return begins and all(said in protocol for said in column.protocol[1:])


def _protocol(name: str, results: Results, method: str) -> str:
    summary = results.summaries[method]
    said = summary["protocols"].get(name) or _of_set(results, method, name).get("protocol", "")
    return str(said)


def _few(paper: PaperTable, results: Results, draws: int, seed: int) -> Iterator[Row]:
    """Yield the scores of the first pair and of the first hundred."""
    have = max(len(table) for table in results.of(results.main_split).values())
    for wanted in dict.fromkeys(min(count, have) for count in COUNTS):
        for method in (method for method in results.methods if method.trained):
            _, *means = few_means(results, method.name, wanted, draws, seed)
            by_score = dict(zip(COLUMNS, means, strict=True))
            label = f"{method.label}, {'one pair' if wanted == 1 else f'{wanted} pairs'}"
            yield Row(label, [by_score[score] for score in paper.columns])


def _phase(paper: PaperTable, phase: Phase) -> Row:
    names = {score: place for place, score in PUBLISHED.items()}
    cells = [
        whole_number(phase.steps, phase.origin)
        if score == "steps"
        else plain(phase.losses.get(names[score]), 4, phase.origin)
        for score in paper.columns
    ]
    return Row(phase.label, cells)


def _notes(
    paper: PaperTable, results: Results, benchmark: str, rows: Sequence[Row]
) -> Iterator[str]:
    """Say by which protocol ours were made."""
    leader = results.leader.name
    for column in paper.columns.values():
        name = _chosen(column, results, leader) if paper.rows != "phases" else ""
        if name:
            yield f"Ours on {benchmark}, {column.heading}: {_protocol(name, results, leader)}."
    if any(cell.text.endswith(OTHER_PROTOCOL) for row in rows for cell in row.cells):
        yield f"{OTHER_PROTOCOL}: ours; the published protocol or pairs are others, or not stated."
    yield (
        f"Ours on {benchmark}, in brackets: {results.summaries[leader]['interval']}. Bold: better"
        " than every other model and than the copied source, by paired intervals without zero."
    )
