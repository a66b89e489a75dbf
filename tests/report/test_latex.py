"""Tables as LaTeX: every sign is spelled for it, and a paper that holds them all compiles."""

import shutil
import string
import subprocess

import numpy as np
import pytest

from repose.metrics.bootstrap import Estimate
from repose.metrics.scores import SCORES
from repose.report.papers import tables_of
from repose.report.published import read_published
from repose.report.spellings import to_latex
from repose.report.tables import Cell, Row, Table, measured, tick

PAPER = r"""\documentclass{article}
\usepackage[a2paper,landscape,margin=1cm]{geometry}
\usepackage{booktabs,amssymb}
\begin{document}\tiny
%s
\end{document}
"""
SPECIAL = r"a_b & c % d $ e # f {g} h~i j^k l\m <n> |o|"
# Letters with accents as in names; the last ones are not in pdflatex's fonts.
FOREIGN = "".join(chr(code) for code in range(0xC0, 0x180)) + "人 Ω 🙂 « ’"
SIGNS = "↑ ↓ → × ÷ ± ≤ ≥ ° † ✓ – −"


def wild():
    """A table with every sign that stands in ours, and those that LaTeX takes for its own."""
    rows = [
        Row(f"{SPECIAL} {SIGNS}; " + "a long heading goes on and on " * 6, heading=True),
        Row("[not an optional argument]", [Cell(SPECIAL), Cell(SIGNS), tick(True)]),
        Row(" [after a space, too", [Cell(FOREIGN), Cell(""), Cell("")]),
        Row("* no star of a line's end", [Cell("0.671*"), Cell("12†"), tick(False)]),
        Row(string.punctuation, [measured(Estimate(-0.5, -0.7, -0.3, 9, 3), 2, signed=True)] * 3),
        Row("bold", [measured(Estimate(0.5, np.nan, np.nan, 9, 3), 2, bold=True)] * 3),
    ]
    return Table("wild", f"{SPECIAL} 95 %", ["", "SSIM ↑", "L1 ÷ copy ↓", "pose_AUC"], rows,
                 [f"{SPECIAL}"])  # fmt: skip


def test_signs_of_latex_are_spelled_out():
    text = to_latex(wild())
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    assert r"a\_b \& c \% d \$ e \# f \{g\} h\textasciitilde{}i j\textasciicircum{}k" in body
    assert r"l\textbackslash{}m \textless{}n\textgreater{} \textbar{}o\textbar{}" in body
    for sign, spelled in (
        ("↑", r"$\uparrow$"), ("↓", r"$\downarrow$"), ("→", r"$\to$"), ("−", "$-$"),
        ("÷", r"$\div$"), ("†", r"\dag{}"), ("–", "--"), ("✓", r"\checkmark"),
    ):  # fmt: skip
        assert spelled in body
        assert sign not in body
    assert all(sign.isascii() or sign.isalpha() for sign in body)
    assert "U+4EBA U+03A9 U+1F642" in body
    assert r"{}[not an optional" in body
    assert "{} [after" in body


def test_a_long_heading_takes_several_lines():
    lines = [line for line in to_latex(wild()).splitlines() if "multicolumn" in line]
    assert len(lines) > 3
    assert all(line.startswith(r"\multicolumn{4}{l}{\emph{") for line in lines)


@pytest.fixture(scope="module")
def compiler():
    """A LaTeX of this machine, which `apt install texlive-latex-recommended` brings along."""
    for name, words in (
        ("pdflatex", ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]),
        ("tectonic", []),
    ):
        if path := shutil.which(name):
            return [path, *words]
    pytest.skip("no LaTeX here: neither pdflatex nor tectonic is installed")


def compiled(compiler, folder, texts):
    body = "\n\n".join(rf"\noindent {text}" for text in texts)
    (folder / "paper.tex").write_text(PAPER % body, encoding="utf-8")
    words = [*compiler, "paper.tex"]
    done = subprocess.run(words, cwd=folder, capture_output=True, timeout=60, check=False)
    said = done.stdout.decode("utf-8", "replace")
    if "File `booktabs.sty' not found" in said:
        pytest.skip("this LaTeX has no booktabs: install texlive-latex-recommended")
    assert done.returncode == 0, said[-2000:]
    assert (folder / "paper.pdf").read_bytes().startswith(b"%PDF")


def test_every_table_of_a_run_and_of_the_papers_compiles(compiler, families, tmp_path, request):
    published = read_published(request.config.rootpath / "config/published.csv")
    of_papers = [to_latex(table) for table in tables_of(published, [])]
    files = sorted((families["output"] / "tables").glob("*.tex"))
    assert len(files) > 8
    of_run = [path.read_text(encoding="utf-8") for path in files]
    compiled(compiler, tmp_path, [to_latex(wild()), *of_papers, *of_run])


def test_every_score_has_a_heading_that_compiles():
    rows = [Row(f"{score.label}, {score.unit} {score.arrow}", [Cell("1")]) for score in SCORES]
    text = to_latex(Table("t", "", ["", "x"], rows))
    assert text.isascii()
