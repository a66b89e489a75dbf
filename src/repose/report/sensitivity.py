"""How much the definition of SSIM decides: every protocol on one set of images.

The first table has the means, the second says how many pairs of methods change places from one
protocol to another: which of two methods is ahead is then no property of the methods alone.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from repose.metrics.scores import SCORE
from repose.metrics.ssim import PROTOCOLS, column_of
from repose.report.compare import counted
from repose.report.origins import of_score
from repose.report.results import Results
from repose.report.tables import NOTHING, Cell, Row, Table, measured, plain

MEANS, PLACES = "protocols_ssim", "protocols_places"  # names of the two tables
Means = Mapping[str, Mapping[str, float]]  # protocol to method to mean


def sensitivity_tables(results: Results) -> list[Table]:
    """Lay out the means of each method under each protocol, and the changes of places.

    None of the two where fewer than two protocols were scored.
    """
    split = results.main_split
    names = [name for name in PROTOCOLS if _has(results, split, name)]
    if len(names) < 2:
        return []
    rows = []
    for method in results.methods:
        cells = [
            measured(
                results.estimate(method.name, split, column_of(name)),
                SCORE[column_of(name)].digits,
                origin=of_score(method.name, split, column_of(name)),
            )
            for name in names
        ]
        rows.append(Row(method.label, cells))
    means = {
        name: {
            method.name: results.estimate(method.name, split, column_of(name)).value
            for method in results.methods
        }
        for name in names
    }
    people = counted(results.persons, split)
    title = f"One set of images under every SSIM: {people}"
    notes = [_spread_note(means), *(f"{name}: {PROTOCOLS[name].described}." for name in names)]
    table = Table(MEANS, title, ["SSIM ↑", *names], rows, notes)
    return [table, _places_table(means, results.labels)]


def changes(means: Means, one: str, other: str) -> tuple[list[tuple[str, str]], int]:
    """Find which pairs of methods change places between two protocols.

    A pair counts as compared where both methods have both means; one that ties under either
    protocol has no place to change.

    Args:
        means: Of each protocol and method.
        one: A protocol.
        other: Another.

    Returns:
        The pairs that change places, and how many were compared.
    """
    a, b = means[one], means[other]
    known = [name for name in a if np.isfinite(a[name]) and np.isfinite(b.get(name, np.nan))]
    pairs = list(combinations(known, 2))
    swapped = [(x, y) for x, y in pairs if (a[x] - a[y]) * (b[x] - b[y]) < 0]
    return swapped, len(pairs)


def _places_table(means: Means, labels: Mapping[str, str]) -> Table:
    names = list(means)
    swapped = {frozenset(two): changes(means, *two) for two in combinations(names, 2)}
    rows = []
    for name in names:
        found = [swapped.get(frozenset((name, other))) for other in names]
        rows.append(Row(name, [_count(one) for one in found]))
    changed = {pair for pairs, _ in swapped.values() for pair in pairs}
    compared = max(count for _, count in swapped.values())
    notes = [
        "Pairs of methods whose means stand in another order under the protocol of the column than"
        " under that of the row, of those compared; whether a difference is shown at all is said"
        " elsewhere.",
        f"{len(changed)} of {compared} pairs change places somewhere{_named(changed, labels)}.",
    ]
    title = "How many pairs of methods change places from one SSIM to another"
    return Table(PLACES, title, ["", *names], rows, notes)


def _count(found: tuple[Sequence[tuple[str, str]], int] | None) -> Cell:
    if found is None:
        return Cell(NOTHING)
    pairs, compared = found
    cell = plain(len(pairs), 0)
    return Cell(f"{len(pairs)} of {compared}", cell.estimate)


def _named(pairs: set[tuple[str, str]], labels: Mapping[str, str]) -> str:
    told = sorted(f"{labels[a]} and {labels[b]}" for a, b in pairs)
    return f": {'; '.join(told)}" if told else ""


def _spread_note(means: Means) -> str:
    spans = {}
    for method in next(iter(means.values())):
        values = [of[method] for of in means.values() if np.isfinite(of[method])]
        if values:
            spans[method] = max(values) - min(values)
    least, most = min(spans.values()), max(spans.values())
    return (
        f"The protocol alone moves the SSIM of one method by {least:.3f} to {most:.3f}: no two"
        " columns may be compared."
    )


def _has(results: Results, split: str, protocol: str) -> bool:
    column = column_of(protocol)
    return any(
        np.isfinite(results.estimate(method.name, split, column).value)
        for method in results.methods
    )
