"""A table in a terminal: aligned, and never wider than it where that can be helped."""

import numpy as np
import pytest

from repose.metrics.bootstrap import Estimate
from repose.report.tables import Cell, Row, Table, measured, tick
from repose.report.terminal import COLUMNS, to_text


def table(columns=2):
    def row(label, *estimate):
        return Row(label, [measured(Estimate(*estimate, 8, 4), 3)] * columns)

    rows = [
        Row("Ours", heading=True),
        row("warp3d", 0.5, 0.4, 0.6),
        row("true image, JPEG 90", 0.9, -0.1, 1.2),
        row("alone", 0.3, np.nan, np.nan),
    ]
    return Table("t", "A title", ["", *["SSIM fg ↑"] * columns], rows)


def test_a_narrow_table_has_a_line_per_row():
    lines = to_text(table()).splitlines()
    assert lines[0] == "A title"
    assert [line.split()[0] for line in lines[4:8]] == ["Ours", "warp3d", "true", "alone"]
    assert len({len(line) for line in lines if line.endswith(("]", "↑"))}) == 1
    assert "0.500 [0.400, 0.600]" in lines[5]


def test_a_wide_table_has_its_intervals_below_the_means():
    lines = to_text(table(5)).splitlines()
    assert max(map(len, lines)) <= COLUMNS
    assert lines[0] == "A title (below the means: 95 % intervals)"
    body = lines[lines.index("Ours") + 1 : -1]
    assert body[0].split() == ["warp3d", *["0.500"] * 5]
    assert body[1].split() == [".400–.600"] * 5
    assert body[2].split()[:5] == ["true", "image,", "JPEG", "90", "0.900"]
    assert body[3].split()[:3] == ["−.100", "to", "1.200"]
    assert body[4].split() == ["alone", *["0.300"] * 5]  # no line for what is not there
    assert len(body) == 5
    ends = [line.rstrip() for line in body]
    assert len({len(line) for line in ends}) == 1  # to the right


def test_a_label_goes_on_after_its_comma_where_that_makes_it_fit():
    lines = to_text(table(5), 95).splitlines()
    assert max(map(len, lines)) <= 95
    at = next(i for i, line in enumerate(lines) if line.startswith("true image,"))
    assert lines[at].split()[:3] == ["true", "image,", "0.900"]
    assert lines[at + 1].split()[:5] == ["JPEG", "90", "−.100", "to", "1.200"]


def test_columns_move_closer_where_that_makes_it_fit():
    wide, close = (to_text(table(5), most).splitlines() for most in (95, 88))
    assert max(map(len, wide)) > 88 >= max(map(len, close))
    assert [line.split() for line in wide if "─" not in line] == [
        line.split() for line in close if "─" not in line
    ]


def test_headings_are_broken_where_they_are_wider_than_what_they_stand_over():
    rows = [Row("x" * 60, [Cell("1"), measured(Estimate(0.5, 0.4, 0.6, 8, 4), 3)])]
    lines = to_text(Table("t", "", ["", "seconds per image", "SSIM"], rows), 40).splitlines()
    assert [line.split() for line in lines[2:5]] == [["seconds"], ["per"], ["image", "SSIM"]]


@pytest.mark.parametrize("most", [10, 100])
def test_ticks_and_empty_cells_are_kept_apart(most):
    rows = [Row("a", [tick(True), Cell("")]), Row("b", [tick(None), Cell("2")])]
    lines = to_text(Table("t", "", ["", "3D", "n"], rows), most).splitlines()
    assert lines[-3:-1] == ["a   ✓", "b      2"]
