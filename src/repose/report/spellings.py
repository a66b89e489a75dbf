"""One table, many spellings: CSV, Markdown, LaTeX (booktabs); terminal and page have their own.

Beside the CSV lies what its cells were read from, for `repose why`.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

import numpy as np

from repose.report.tables import MINUS, NOTHING, Cell, Table

WHY = "why.json"  # ending of the file that says where the cells of the CSV were read
LINE = 60  # letters on one line of a heading in a LaTeX table
_NUMBER = re.compile(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?%?").fullmatch


def write_all(table: Table, folder: Path) -> None:
    """Write a table in every spelling."""
    spellings = {"csv": to_csv, "md": to_markdown, "tex": to_latex, WHY: to_origins}
    for ending, spell in spellings.items():
        (folder / f"{table.name}.{ending}").write_text(spell(table), encoding="utf-8")


def to_csv(table: Table) -> str:
    """Spell for machines: a column with intervals becomes value, low, high, at full precision."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    ranged = _ranged(table)
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


def to_origins(table: Table) -> str:
    """Spell where the cells were read: an object per line of the CSV, heading to origin."""
    lines = []
    for row in (row for row in table.rows if not row.heading):
        named = zip(table.columns[1:], row.cells, strict=True)
        origins = {name: cell.origin for name, cell in named if cell.origin}
        lines.append({"row": row.label, "origins": origins})
    return json.dumps(lines, indent=1, ensure_ascii=False) + "\n"


def _ranged(table: Table) -> list[bool]:
    """Tell which columns have intervals."""
    rows = [row for row in table.rows if not row.heading]
    return [any(row.cells[i].span for row in rows) for i in range(len(table.columns) - 1)]


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
            # Broken into lines, a long one does not make the table wider.
            span = f"\\multicolumn{{{len(table.columns)}}}{{l}}"
            lines += [
                f"{span}{{\\emph{{{_escape(line)}}}}} \\\\" for line in wrap(row.label, LINE)
            ]
            continue
        lines.append(_ampersands([row.label, *row.cells]))
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}", ""])


def _ampersands(cells: Sequence[str | Cell]) -> str:
    spelled = []
    for cell in cells:
        if isinstance(cell, str):
            # What stands after a line's end would be read as the height of the line.
            spelled.append(("{}" if cell.lstrip().startswith(("[", "*")) else "") + _escape(cell))
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
    "±": "$\\pm$",
    "≤": "$\\leq$",
    "≥": "$\\geq$",
    "→": "$\\to$",
    "°": "$^\\circ$",
    "†": "\\dag{}",
}


_OGONEK = "\u0328"  # not in the fonts that LaTeX takes unless told otherwise


def _escape(text: str) -> str:
    return "".join(_LATEX.get(sign) or _known(sign) for sign in text)


def _known(sign: str) -> str:
    """Spell a sign that pdflatex does not have by its number: names of clips may hold any."""
    letter, *accents = list(unicodedata.normalize("NFD", sign))
    accented = sign.isalpha() and sign < "\u0180" and letter.isascii() and _OGONEK not in accents
    return sign if sign.isascii() or accented else f"U+{ord(sign):04X}"
