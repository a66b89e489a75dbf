"""A table as a terminal shows it: aligned columns, on two lines per row where one is too wide."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from textwrap import wrap

from repose.report.tables import Row, Table

COLUMNS = 100  # of a terminal

Lines = list[str]  # of one cell


def to_text(table: Table, most: int = COLUMNS) -> str:
    """Spell a table for a terminal.

    Args:
        table: Any table.
        most: Columns; where one line per row would be wider, intervals go below their means, and
            if need be labels go on below and columns move closer.
    """
    head = [[name] for name in table.columns]
    body, gap = [_on_one_line(row) for row in table.rows], 2
    if _total(_widths([head, *filter(None, body)]), gap) > most:
        if any(cell.span for row in table.rows for cell in row.cells):
            table = replace(table, title=f"{table.title} (below the means: 95 % intervals)")
        for fold, gap in ((False, 2), (True, 2), (True, 1)):
            body = [_on_two_lines(row, fold) for row in table.rows]
            head = _folded_head(table.columns, body)
            if _total(_widths([head, *filter(None, body)]), gap) <= most:
                break
    return _spell(table, head, body, gap, most)


def _on_one_line(row: Row) -> list[Lines]:
    return [] if row.heading else [[row.label], *([cell.full] for cell in row.cells)]


def _on_two_lines(row: Row, fold: bool) -> list[Lines]:
    """Set intervals below means; with `fold` the label goes on after its comma, too."""
    if row.heading:
        return []
    label, comma, rest = row.label.partition(", ")
    folded = [f"{label},", rest] if comma and fold else [row.label]
    return [folded, *([cell.text, _short(cell.span)] for cell in row.cells)]


def _short(span: str) -> str:
    """Spell an interval without what goes without saying: `[0.480, 0.534]` is `.480–.534`."""
    ends = re.sub(r"(?<![0-9])0(?=\.)", "", span.strip("[]")).split(", ")
    signed = any(not end[:1].isdigit() and not end.startswith(".") for end in ends)
    return (" to " if signed else "–").join(ends)


def _folded_head(columns: Sequence[str], body: Sequence[list[Lines]]) -> list[Lines]:
    """Break headings into lines no wider than what stands below, as far as their words allow."""
    empty: list[Lines] = [[""] for _ in columns]
    widths = _widths([empty, *filter(None, body)])
    least = [max([len(word) for word in name.split()], default=1) for name in columns]
    wide = map(max, widths, least)
    return [wrap(name, width) or [""] for name, width in zip(columns, wide, strict=True)]


def _widths(rows: Sequence[Sequence[Lines]]) -> list[int]:
    return [
        max(len(text) for cell in column for text in cell) for column in zip(*rows, strict=True)
    ]


def _total(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * (len(widths) - 1)


def _spell(
    table: Table, head: Sequence[Lines], body: Sequence[list[Lines]], gap: int, most: int
) -> str:
    widths = _widths([head, *filter(None, body)])
    rule = "─" * _total(widths, gap)
    tallest = max(map(len, head))
    standing = [[*[""] * (tallest - len(name)), *name] for name in head]  # on the rule
    lines = [table.title, rule, *_aligned(standing, widths, gap), rule]
    for index, (row, cells) in enumerate(zip(table.rows, body, strict=True)):
        if row.heading:
            lines += [*([""] if index else []), *wrap(row.label, most)]
        else:
            lines += _aligned(cells, widths, gap)
    return "\n".join([*(line.rstrip() for line in lines), rule, ""])


def _aligned(cells: Sequence[Lines], widths: Sequence[int], gap: int) -> list[str]:
    """Set the cells of a row side by side, the first to the left; lines that are empty go."""
    lines = []
    for parts in zip_longest(*cells, fillvalue=""):
        if any(parts):
            first, *others = parts
            rest = (text.rjust(width) for text, width in zip(others, widths[1:], strict=True))
            lines.append((" " * gap).join([first.ljust(widths[0]), *rest]))
    return lines
