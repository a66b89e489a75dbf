"""One table, many spellings: CSV, Markdown, LaTeX (booktabs); terminal and page have their own."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from repose.report.tables import MINUS, NOTHING, Cell, Table

_NUMBER = re.compile(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?%?").fullmatch


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
    return [_digits(end) if np.isfinite(end) else "" for end in ends]


def _digits(value: float) -> str:
    """Spell a count in full, a measure to six digits."""
    return str(int(value)) if float(value).is_integer() else f"{value:.6g}"


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
    "÷": "$\\div$",
}


def _escape(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)
