"""A cell is found by what a user calls it, or the user is told what there is."""

import numpy as np
import pytest

from repose.cells import open_sheet
from repose.errors import ReposeError
from repose.metrics.bootstrap import Estimate
from repose.report.spellings import write_all
from repose.report.tables import Cell, Row, Table, measured


def estimate(value, low=np.nan, high=np.nan):
    return Estimate(value, low, high, 4, 2)


@pytest.fixture
def sheet(tmp_path):
    def cells(value, name):
        ranged = estimate(value, value - 0.5, value + 0.5)
        return [
            measured(ranged, 3, origin=f"score:{name}:test:ssim"),
            measured(estimate(value), 3, origin=f"score:{name}:test:ssim_fg"),
            Cell("-1 step"),
        ]

    rows = [
        Row("unseen", heading=True),
        Row("warp3d", cells(1.5, "warp3d")),
        Row("warp2d", cells(2.5, "warp2d")),
        Row("seen", heading=True),
        Row("warp3d", cells(3.5, "warp3d")),
        Row("=copied", cells(4.5, "copy_source")),
    ]
    columns = ["", "SSIM ↑", "SSIM fg, mm ↑", "steps"]
    write_all(Table("main", "A table", columns, rows), tmp_path)
    return open_sheet(tmp_path / "main.csv")


@pytest.mark.parametrize(
    ("row", "column", "number", "value", "origin"),
    [
        ("warp2d", "SSIM ↑", 2, "2.5", "score:warp2d:test:ssim"),
        ("warp2d", "ssim", 2, "2.5", "score:warp2d:test:ssim"),
        ("WARP2", "ssim f", 2, "2.5", "score:warp2d:test:ssim_fg"),
        ("3", "SSIM ↑ low", 3, "3", "score:warp3d:test:ssim"),
        ("1", "st", 1, "'-1 step", ""),
        ("'=copied", "ssim fg, mm", 4, "4.5", "score:copy_source:test:ssim_fg"),
    ],
)
def test_row_and_column_are_found(sheet, row, column, number, value, origin):
    found = sheet.find(row, column)
    assert (found.number, found.value, found.origin) == (number, value, origin)


def test_a_cell_knows_its_group_and_its_interval(sheet):
    found = sheet.find("3", "ssim")
    assert (found.group, found.row, found.interval) == ("seen", "warp3d", ("3", "4"))
    assert sheet.find("3", "steps").interval == ("", "")


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("warp4d", "ssim", "no row 'warp4d'.*did you mean 'warp[23]d'"),
        ("warp3d", "ssim", r"2 rows are called 'warp3d'.*1 \(unseen\), 3 \(seen\)"),
        ("warp2d", "sim", "no column 'sim'.*did you mean 'ssim'"),
        ("warp2d", "s", "columns begin with 's'"),
        ("5", "ssim", "no row '5'"),
        ("0", "ssim", "no row '0'"),
        ("", "ssim", "no row ''"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(sheet, row, column, said):
    with pytest.raises(ReposeError, match=f"unknown-cell.*{said}"):
        sheet.find(row, column)


def test_every_spelling_of_a_table_leads_to_it(sheet):
    assert open_sheet(sheet.path.with_suffix(".md")).lines == sheet.lines


def test_all_cells_have_their_places(sheet):
    cells = list(sheet.cells())
    assert len(cells) == 4 * 5
    assert all(cell.origin for cell in cells if cell.column != "steps")


def test_a_table_that_is_not_there_and_one_of_somebody_else_are_refused(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ReposeError, match=r"missing-file.*did you mean 'other\.csv'"):
        open_sheet(tmp_path / "others.csv")
    with pytest.raises(ReposeError, match="bad-listing"):
        open_sheet(tmp_path / "other.csv")
    (tmp_path / "old.csv").write_text("group,,SSIM\n,a,1\n")
    assert open_sheet(tmp_path / "old.csv").find("a", "ssim").origin == ""
