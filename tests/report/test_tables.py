"""Every spelling of a table says the same."""

import csv
import io
import re

import numpy as np
import pytest

from repose.metrics.bootstrap import Estimate
from repose.report.spellings import to_csv, to_latex, to_markdown
from repose.report.tables import (
    Cell,
    Row,
    Table,
    count,
    measured,
    number,
    plain,
    tick,
    whole_number,
)


@pytest.fixture
def table():
    rows = [
        Row("Published", heading=True),
        Row("theirs", [tick(True), Cell("0.872", Estimate(0.872, np.nan, np.nan, 0, 0))]),
        Row("Ours & more", heading=True),
        Row("a_b", [tick(False), measured(Estimate(-0.12345, -0.2, 0.01, 8, 4), 3, signed=True)]),
        Row("best", [tick(None), measured(Estimate(0.5, 0.4, 0.6, 8, 4), 2, bold=True)]),
        Row("open", [tick(None), measured(Estimate(np.nan, np.nan, np.nan, 0, 0), 2)]),
    ]
    return Table("t", "A title, 95 %", ["", "3D", "SSIM ↑"], rows, ["A note."])


def test_csv_keeps_full_precision_and_the_ends(table):
    lines = list(csv.reader(io.StringIO(to_csv(table))))
    assert lines[0] == ["group", "", "3D", "SSIM ↑", "SSIM ↑ low", "SSIM ↑ high"]
    assert lines[1] == ["Published", "theirs", "✓", "0.872", "", ""]
    assert lines[2] == ["Ours & more", "a_b", "", "-0.12345", "-0.2", "0.01"]
    assert lines[4][-3:] == ["", "", ""]


def test_markdown_has_as_many_cells_in_every_line(table):
    lines = [line for line in to_markdown(table).splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines} == {4}
    assert "**0.50** [0.40, 0.60]" in to_markdown(table)
    assert to_markdown(table).endswith("A note.\n")


def test_latex_is_balanced_and_escaped(table):
    text = to_latex(table)
    body = [line for line in text.splitlines() if not line.startswith("%")]
    rows = [line for line in body if line.endswith("\\\\") and "multicolumn" not in line]
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {2}
    assert text.count("{") == text.count("}")
    assert "a\\_b" in text
    assert "Ours \\& more" in text
    assert "\\textbf{0.50} {\\scriptsize [0.40, 0.60]}" in text
    assert "$-$0.123" in text
    assert "\\checkmark" in text
    for word in ("toprule", "midrule", "bottomrule", "begin{tabular}{lrr}", "end{tabular}"):
        assert word in text
    assert text.isascii() or all(line.startswith("%") for line in text.splitlines()
                                 if not line.isascii())  # fmt: skip


def test_numbers_have_true_minus_signs_and_dashes_for_nothing():
    assert number(-1.5, 1) == "\N{MINUS SIGN}1.5"
    assert number(0.25, 2, signed=True) == "+0.25"
    assert number(float("nan"), 2) == number(float("inf"), 2) == "–"


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="2 cells"):
        Table("t", "", ["", "a"], [Row("x", [Cell("1"), Cell("2")])])


def test_a_dash_in_markdown_cannot_break_the_table():
    table = Table("t", "", ["", "a|b"], [Row("x|y", [Cell("1")])])
    lines = to_markdown(table).splitlines()[2:]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {3}


@pytest.mark.parametrize(
    ("value", "spelled"),
    [(960, "960"), (142_300, "142 k"), (1_234_567, "1.23 M"), (47_005_427, "47.0 M"), (None, "–")],
)
def test_counts_are_short_for_people_and_exact_for_machines(value, spelled):
    assert count(value).text == spelled
    table = Table("t", "", ["", "n"], [Row("x", [count(value)])])
    assert to_csv(table).splitlines()[1] == f",x,{value or ''}"


def test_whole_and_plain_numbers():
    assert whole_number(150_000).text == "150,000"
    assert plain(0.05913, 5).text == "0.05913"
    assert plain(None).text == plain(float("nan")).text == "–"
