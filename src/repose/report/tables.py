"""One table, many spellings: CSV, Markdown, LaTeX (booktabs), plain text; the page has its own."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from repose.metrics.bootstrap import Estimate

NOTHING = "–"
MINUS = "\N{MINUS SIGN}"

_NUMBER = re.compile(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?%?").fullmatch


@dataclass(frozen=True)
class Cell:
    """What stands in one place.

    Attributes:
        text: As read by people.
        estimate: The number behind it, if there is one.
        span: Its interval as text, or "".
        bold: Whether it is shown to be the best of its kind.
    """

    text: str
    estimate: Estimate | None = None
    span: str = ""
    bold: bool = False

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


def measured(estimate: Estimate, digits: int, *, signed: bool = False, bold: bool = False) -> Cell:
    """Make a cell of a value and its interval."""
    span = ""
    if estimate.has_interval:
        ends = (number(end, digits, signed=signed) for end in (estimate.low, estimate.high))
        span = f"[{', '.join(ends)}]"
    return Cell(number(estimate.value, digits, signed=signed), estimate, span, bold)


def tick(value: bool | None) -> Cell:
    """Make a cell of yes, no, or not applicable."""
    return Cell("" if value is None else "✓" if value else NOTHING)


def write_all(table: Table, folder: Path) -> None:
    """Write a table in every spelling."""
    spellings = {"csv": to_csv, "md": to_markdown, "tex": to_latex}
    for ending, spell in spellings.items():
        (folder / f"{table.name}.{ending}").write_text(spell(table), encoding="utf-8")


def to_csv(table: Table) -> str:
    """Spell for machines: a column with intervals becomes value, low, high, at full precision."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    ranged = [
        any(row.cells[i].span for row in table.rows if not row.heading)
        for i in range(len(table.columns) - 1)
    ]
    header = ["group", table.columns[0]]
    for name, with_ends in zip(table.columns[1:], ranged, strict=True):
        header += [name, f"{name} low", f"{name} high"] if with_ends else [name]
    writer.writerow(header)
    group = ""
    for row in table.rows:
        if row.heading:
            group = row.label
            continue
        line = [_no_formula(group), _no_formula(row.label)]
        for cell, with_ends in zip(row.cells, ranged, strict=True):
            line += _machine(cell)[: 3 if with_ends else 1]
        writer.writerow(line)
    return file.getvalue()


def _machine(cell: Cell) -> list[str]:
    if cell.estimate is None:
        return ["" if cell.text == NOTHING else _no_formula(cell.text), "", ""]
    ends = (cell.estimate.value, cell.estimate.low, cell.estimate.high)
    return [f"{end:.6g}" if np.isfinite(end) else "" for end in ends]


def _no_formula(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) and not _NUMBER(text) else text


def to_markdown(table: Table) -> str:
    """Spell as a GitHub table, with title and notes."""
    lines = [f"**{table.title}**", "", _pipes(table.columns)]
    lines.append(_pipes(["---", *["---:" if table.numeric else "---"] * (len(table.columns) - 1)]))
    for row in table.rows:
        if row.heading:
            lines.append(_pipes([f"*{row.label}*", *[""] * (len(table.columns) - 1)]))
            continue
        texts = [_plain(cell.text) for cell in row.cells]
        bold = [f"**{t}**" if cell.bold else t for t, cell in zip(texts, row.cells, strict=True)]
        cells = [f"{t} {cell.span}".strip() for t, cell in zip(bold, row.cells, strict=True)]
        lines.append(_pipes([_plain(row.label), *cells]))
    return "\n".join([*lines, "", *(f"{note}  " for note in table.notes)]).rstrip() + "\n"


def _pipes(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _plain(text: str) -> str:
    """Keep Markdown from reading marks or HTML in a name."""
    return re.sub(r"([\\`<>*\[\]])", r"\\\1", text)


def to_latex(table: Table) -> str:
    """Spell for a paper: packages booktabs and amssymb (the tick)."""
    columns = "l" + ("r" if table.numeric else "l") * (len(table.columns) - 1)
    lines = [
        "% needs \\usepackage{booktabs,amssymb}",
        f"% {table.title}",
        *(f"% {note}" for note in table.notes),
        f"\\begin{{tabular}}{{{columns}}}",
        "\\toprule",
        _ampersands(table.columns),
        "\\midrule",
    ]
    for index, row in enumerate(table.rows):
        if row.heading:
            lines += ["\\midrule"] if index else []
            lines.append(
                f"\\multicolumn{{{len(table.columns)}}}{{l}}{{\\emph{{"
                f"{_escape(row.label)}}}}} \\\\"
            )
            continue
        lines.append(_ampersands([row.label, *row.cells]))
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}", ""])


def _ampersands(cells: Sequence[str | Cell]) -> str:
    spelled = []
    for cell in cells:
        if isinstance(cell, str):
            # What stands after a line's end would be read as the height of the line.
            spelled.append(("{}" if cell.startswith(("[", "*")) else "") + _escape(cell))
            continue
        text = _escape(cell.text)
        text = f"\\textbf{{{text}}}" if cell.bold else text
        small = f" {{\\scriptsize {_escape(cell.span)}}}" if cell.span else ""
        spelled.append(text + small)
    return " & ".join(spelled) + " \\\\"


_LATEX = {
    "\\": "\\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": "\\textasciitilde{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
    "|": "\\textbar{}",
    "^": "\\textasciicircum{}",
    "✓": "\\checkmark",
    NOTHING: "--",
    MINUS: "$-$",
    "↑": "$\\uparrow$",
    "↓": "$\\downarrow$",
    "×": "$\\times$",
}


def _escape(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)


def to_text(table: Table) -> str:
    """Spell for a terminal: aligned columns."""
    body = [[row.label, *(cell.full for cell in row.cells)] for row in table.rows]
    full = [list(table.columns), *(line for line in body if len(line) > 1)]
    widths = [max(len(line[i]) for line in full) for i in range(len(table.columns))]
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    lines = [table.title, rule, _aligned(table.columns, widths), rule]
    for index, (row, line) in enumerate(zip(table.rows, body, strict=True)):
        if row.heading:
            lines += ["", row.label] if index else [row.label]
        else:
            lines.append(_aligned(line, widths))
    return "\n".join([*(line.rstrip() for line in lines), rule, ""])


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = [line[0].ljust(widths[0])]
    cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
    return "  ".join(cells)
