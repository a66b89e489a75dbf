"""A table: rows of cells, each a text and the number behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from repose.metrics.bootstrap import Estimate

NOTHING = "–"
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Cell:
    """What stands in one place.

    Attributes:
        text: As read by people.
        estimate: The number behind it, if there is one.
        span: Its interval as text, or "".
        bold: Whether it is shown to be the best of its kind.
        origin: What it was read from, see `repose.report.origins`; "" for all that the report is
            made of.
    """

    text: str
    estimate: Estimate | None = None
    span: str = ""
    bold: bool = False
    origin: str = ""

    @property
    def full(self) -> str:
        """Text and interval."""
        return f"{self.text} {self.span}".strip()


@dataclass(frozen=True)
class Row:
    """One row; a heading row has no cells."""

    label: str
    cells: Sequence[Cell] = ()
    heading: bool = False


@dataclass(frozen=True)
class Table:
    """A table and what must be said with it.

    Attributes:
        name: File name, without ending.
        title: One line.
        columns: Headings; the first one stands over the row labels.
        rows: Rows in order.
        notes: Sentences that belong under the table.
        numeric: Whether the cells are numbers, set to the right.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str] = field(default_factory=tuple)
    numeric: bool = True

    def __post_init__(self) -> None:
        for row in self.rows:
            if not row.heading and len(row.cells) != len(self.columns) - 1:
                raise ValueError(f"row '{row.label}' of {self.name}: {len(row.cells)} cells")


def number(value: float, digits: int, *, signed: bool = False) -> str:
    """Spell a number with a true minus sign; a dash if there is none."""
    if not np.isfinite(value):
        return NOTHING
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    return text.replace("-", MINUS)


def measured(
    estimate: Estimate, digits: int, *, signed: bool = False, bold: bool = False, origin: str = ""
) -> Cell:
    """Make a cell of a value and its interval."""
    span = ""
    if estimate.has_interval:
        ends = (number(end, digits, signed=signed) for end in (estimate.low, estimate.high))
        span = f"[{', '.join(ends)}]"
    return Cell(number(estimate.value, digits, signed=signed), estimate, span, bold, origin)


def tick(value: bool | None, origin: str = "") -> Cell:
    """Make a cell of yes, no, or not applicable."""
    return Cell("" if value is None else "✓" if value else NOTHING, origin=origin)


def plain(value: float | None, digits: int = 3, origin: str = "") -> Cell:
    """Make a cell of a number that nobody gave an interval; a dash if there is none."""
    if value is None or not np.isfinite(value):
        return Cell(NOTHING, origin=origin)
    return Cell(number(value, digits), Estimate(value, np.nan, np.nan, 0, 0), origin=origin)


def count(value: int | None, origin: str = "") -> Cell:
    """Make a cell of a large whole number: 47.0 M, 142 k, 960."""
    if value is None:
        return Cell(NOTHING, origin=origin)
    if value >= 1e6:
        text = f"{value / 1e6:.{1 if value >= 1e7 else 2}f} M"
    else:
        text = f"{value / 1e3:.0f} k" if value >= 1e3 else str(value)
    return Cell(text, plain(value).estimate, origin=origin)


def whole_number(value: int | None, origin: str = "") -> Cell:
    """Make a cell of a whole number with its thousands set apart."""
    text = NOTHING if value is None else f"{value:,}"
    return Cell(text, plain(value).estimate, origin=origin)
