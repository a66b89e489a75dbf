"""Scores of the pairs that meet a condition, of the others, and the worst pairs to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from repose.data.schemas import SCHEMAS
from repose.data.tables import read_columns
from repose.errors import ReposeError, nearest
from repose.metrics.bootstrap import mean_estimate
from repose.metrics.scores import SCORE
from repose.report.compare import PEOPLE
from repose.report.conditions import parse_condition
from repose.report.methods import BASELINES, CEILING
from repose.report.tables import Cell, Row, Table, measured

# What a condition may look at: column of the table of pairs, our units per stored one.
COLUMNS = {
    "pose_distance": ("pose_distance", 1.0),
    "view_change": ("view_change_rad", 180 / np.pi),  # degrees
    "visible_share": ("visible_share", 1.0),
    "scale": ("scale_change", 1.0),
    "person": ("person", 1.0),
    "outfit": ("outfit", 1.0),
}


@dataclass(frozen=True)
class Scored:
    """The pairs of one split, under every method that is asked for.

    Attributes:
        root: The data set's folder of results.
        split: Whose pairs.
        pairs: Rows of the table of pairs, by pair number.
        scores: Per method, rows of its scores in the same order.
        people: (N,) who is seen, as numbers.
    """

    root: Path
    split: str
    pairs: pd.DataFrame
    scores: Mapping[str, pd.DataFrame]
    people: NDArray[np.int64]

    def column(self, name: str) -> NDArray[Any]:
        """Return (N,) values of a column, of the first method where none is named."""
        if name in COLUMNS:
            stored, units = COLUMNS[name]
            values = self.pairs[stored].to_numpy()
            return values * units if values.dtype.kind == "f" else values
        method, _, score = name.rpartition(".")
        return self.score(method or next(iter(self.scores)), score)

    def score(self, method: str, score: str) -> NDArray[np.float64]:
        """Return (N,) values of a method's score."""
        return self.scores[method][score].to_numpy(np.float64)

    @property
    def names(self) -> list[str]:
        """All that a condition may look at."""
        own = [name for name, (stored, _) in COLUMNS.items() if stored in self.pairs]
        scored = [f"{method}.{score}" for method in self.scores for score in SCORE]
        return [*own, *SCORE, *scored]


@dataclass(frozen=True)
class Slice:
    """The pairs that meet a condition.

    Attributes:
        text: The condition.
        inside: (N,) whether a pair meets it.
        outside: (N,) whether it does not; neither where that is not known.
    """

    text: str
    inside: NDArray[np.bool_]
    outside: NDArray[np.bool_]


def read_scored(root: Path, methods: Sequence[str], split: str) -> Scored:
    """Read pairs and scores of a data set.

    Args:
        root: Its folder of results.
        methods: Whose scores; () for all that were scored, trained models first.
        split: Whose pairs; "" for those of people not seen in training, if there are any.

    Raises:
        ReposeError: no-scores, unknown-model or wrong-value.
    """
    files = {path.stem: path for path in sorted((root / "evaluate").glob("*.parquet"))}
    if not files:
        mend = "run evaluate, or name another data set"
        raise ReposeError("no-scores", "no pair was scored", path=root / "evaluate", mend=mend)
    for name in methods:
        if name not in files:
            said = f"no scores of '{name}'"
            raise ReposeError("unknown-model", said, path=root, mend=nearest(name, files))
    chosen = methods or sorted(files, key=lambda name: (name in BASELINES, name))
    wanted = ["pair", "split", *(name for name in SCORE if name in SCHEMAS["scores"].columns)]
    tables = {name: read_columns(files[name], "scores", wanted) for name in chosen}
    present = set().union(*(table["split"].unique() for table in tables.values()))
    split = split or next((one for one in PEOPLE if one in present), "")
    if split not in present:
        mend = nearest(split, present) if present else "look at the pairs stage"
        raise ReposeError("wrong-value", f"no pair of split '{split}'", path=root, mend=mend)
    listed = list(SCHEMAS["pairs"].columns)
    pairs = read_columns(root / "pairs" / "pairs.parquet", "pairs", listed).set_index("pair")
    common = pairs.index[pairs["split"] == split]
    for table in tables.values():
        common = common.intersection(pd.Index(table["pair"]))
    scores = {name: table.set_index("pair").loc[common] for name, table in tables.items()}
    own = pairs.loc[common]
    return Scored(root, split, own, scores, pd.factorize(own["person"])[0])


def cut(scored: Scored, text: str) -> Slice:
    """Find the pairs that meet a condition.

    Raises:
        ReposeError: bad-condition, or empty-slice.
    """
    condition = parse_condition(text, scored.names)
    values = {name: scored.column(name) for name in condition.names}
    inside, known = condition.holds(values)
    if not inside.any():
        spans = "; ".join(_span(name, value) for name, value in values.items())
        said = f"none of {len(inside)} pairs meets '{condition.text}'"
        raise ReposeError("empty-slice", said, path=scored.root, mend=spans)
    return Slice(condition.text, inside, known & ~inside)


def _span(name: str, values: NDArray[Any]) -> str:
    if values.dtype.kind != "f":
        return f"{name} is one of {', '.join(sorted(set(map(str, values)))[:5])}, ..."
    known = values[np.isfinite(values)]
    return f"{name} goes from {known.min():.3g} to {known.max():.3g}" if len(known) else (
        f"{name} is not known of any pair")  # fmt: skip


def slice_table(scored: Scored, part: Slice, score: str, draws: int, seed: int) -> Table:
    """Score the slice, what lies outside of it, and methods against each other on both.

    Args:
        scored: All pairs.
        part: The slice.
        score: Which score.
        draws: Bootstrap draws of the intervals.
        seed: Of the draws.
    """
    of, people = SCORE[score], scored.people

    def row(label: str, own: NDArray[np.float64], *bounds: float) -> Row:
        cells = []
        for mask in (part.inside, part.outside):
            found = mean_estimate(
                own[mask], people[mask], draws=draws, seed=seed, bounds=(bounds[0], bounds[1])
            )
            cells.append(measured(found, of.digits, signed=bounds[0] == -np.inf))
            cells.append(Cell(f"{found.pairs} / {found.persons}"))
        return Row(label, cells)

    values = {name: scored.score(name, score) for name in scored.scores}
    labels = {name: BASELINES.get(name, name) for name in values}
    rows = [row(labels[name], own, of.low, of.high) for name, own in values.items()]
    first, *others = [name for name in values if name != CEILING] or list(values)
    rows += [Row("Pair by pair", heading=True)] if others else []
    for name in others:
        label = f"{labels[first]} less {labels[name]}"
        rows.append(row(label, values[first] - values[name], -np.inf, np.inf))
    unknown = int((~part.inside & ~part.outside).sum())
    notes = [f"{unknown} pairs lack a value that the condition looks at."] if unknown else []
    notes.append(f"In brackets: 95 % intervals over persons ({draws} draws).")
    title = f"{of.label} {of.arrow} of {PEOPLE[scored.split]} where {part.text}"
    columns = ["", "in the slice", "pairs / people", "outside", "pairs / people "]
    return Table("slice", title, columns, rows, notes)


def worst(scored: Scored, part: Slice, score: str, count: int) -> list[int]:
    """Return the pairs of the slice that the first method is worst at, the worst first."""
    values = scored.score(next(iter(scored.scores)), score)
    ranked = values if SCORE[score].higher_is_better else -values
    ranked = np.where(part.inside & np.isfinite(ranked), ranked, np.inf)
    order = np.argsort(ranked, kind="stable")[:count]
    return [int(scored.pairs.index[i]) for i in order if np.isfinite(ranked[i])]
