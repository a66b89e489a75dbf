"""One table per table of a paper: its rows as printed, and ours below them.

Rows of one group were made by one protocol and may be ranked. Whatever may not is set apart under
a line that says why.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from repose.report.blocks import Block
from repose.report.origins import of_line
from repose.report.paper_layouts import PAPER_TABLES, PaperTable
from repose.report.published import MARK, disagreements, marks, printed_cells, sources
from repose.report.tables import Row, Table, tick

APART = "Not comparable"


def paper_table(paper: PaperTable, published: pd.DataFrame, blocks: Sequence[Block]) -> Table:
    """Lay out a paper's table.

    Args:
        paper: Which.
        published: Lines of `read_published`.
        blocks: Ours, of every data set that has a place in it.
    """
    printed = rows_of(paper, published)
    main = printed[printed["group"] == paper.group] if paper.group else printed.iloc[:0]
    rows = [*_section(paper, main)]
    for block in (block for block in blocks if not block.reason):
        rows += [Row(f"Ours, comparable: {block.heading}", heading=True), *block.rows]
    rows += _apart(paper, printed, main)
    for block in (block for block in blocks if block.reason):
        heading = f"{APART}: {block.reason}. Ours: {block.heading}"
        rows += [Row(heading, heading=True), *block.rows]
    notes = [
        *dict.fromkeys(note for block in blocks for note in block.notes),
        *disagreements(printed),
        *marks(printed),
        *sources(printed),
    ]
    ticks = ["3D warp", "3D pose"] if paper.ticks else []
    columns = ["", *ticks, *(column.heading for column in paper.columns.values())]
    return Table(paper.name, paper.title, columns, rows, notes)


def tables_of(
    published: pd.DataFrame, blocks: Sequence[Mapping[str, Block]], dataset: str = ""
) -> list[Table]:
    """Lay out all tables of the papers, or those of one data set.

    Args:
        published: Lines of `read_published`.
        blocks: Ours, by the name of the table, of every data set.
        dataset: A module of `repose.datasets`; "" for all tables.
    """
    return [
        paper_table(paper, published, [own[paper.name] for own in blocks if paper.name in own])
        for paper in PAPER_TABLES
        if not dataset or dataset in paper.sets
    ]


def rows_of(paper: PaperTable, published: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of `published.csv` that a paper's table holds."""
    held = (published["data"] == paper.data) & published["score"].isin([*paper.columns])
    if paper.tables:
        place = zip(published["paper"], published["table"], strict=True)
        held &= pd.Series(
            [paper.tables.get(whose) == table for whose, table in place], index=published.index
        )
    return published[held]


def _section(paper: PaperTable, printed: pd.DataFrame) -> Iterator[Row]:
    for (whose, table), own in printed.groupby(["paper", "table"], sort=False):
        yield Row(f"Published: {whose}, {table}", heading=True)
        yield from _printed(paper, own)


def _apart(paper: PaperTable, printed: pd.DataFrame, main: pd.DataFrame) -> Iterator[Row]:
    """Set all published rows but the main ones apart, those of one group and note together."""
    others, several = printed.drop(main.index), printed["paper"].nunique() > 1
    notes = others["note"].map(_reason)
    for number, ((group, note), own) in enumerate(others.groupby(["group", notes], sort=False)):
        whom = ["with those above"] if number or len(main) else []
        whom += ["with each other"] if not group and own["row"].nunique() > 1 else []
        yield Row(f"{APART} {' or '.join(whom)}: {note}".replace(" :", ":"), heading=True)
        for whose, rows in own.groupby("paper", sort=False):
            for row in _printed(paper, rows):
                named = f"{row.label} [{whose}]"
                yield replace(row, label=named) if several and whose not in row.label else row


def _printed(paper: PaperTable, printed: pd.DataFrame) -> Iterator[Row]:
    for (row, warp, pose), values in printed.groupby(["row", "warp_3d", "pose_3d"], sort=False):
        first = of_line(int(values.index[0]))
        asked = (warp, pose) if paper.ticks else ()
        ticks = [tick({"yes": True, "no": False}.get(is_3d), first) for is_3d in asked]
        yield Row(str(row), [*ticks, *printed_cells(values, list(paper.columns))])


def _reason(note: str) -> str:
    """Return why a row stands apart: a note without what its mark says of the value."""
    return note.partition(";")[2].strip() if note.startswith(MARK) else note
