"""One cell of a table of a report: found by the words of a user, with where it was read."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from repose.errors import ReposeError, nearest
from repose.files import read_json
from repose.report.spellings import WHY

ENDS = (" low", " high")  # headings of an interval's ends, behind that of the value
_LABELS = 2  # columns before the cells: the group of the row, and its label


@dataclass(frozen=True)
class Found:
    """A cell of a CSV.

    Attributes:
        table: The CSV.
        number: Of the row, from 1; the header does not count.
        group: Heading over the row, or "".
        row: Label of the row.
        column: Heading of the column.
        value: What stands there.
        interval: Its ends, or "".
        origin: As in `repose.report.origins`; "" when the cell names none.
    """

    table: Path
    number: int
    group: str
    row: str
    column: str
    value: str
    interval: tuple[str, str]
    origin: str


@dataclass(frozen=True)
class Sheet:
    """A CSV of a report, and the origins beside it."""

    path: Path
    header: Sequence[str]
    lines: Sequence[Sequence[str]]
    origins: Sequence[dict[str, str]]

    def find(self, row: str, column: str) -> Found:
        """Find a cell by what a user calls it.

        Args:
            row: The label of the row or how it begins, or the number of the row, from 1.
            column: The heading or how it begins; case, arrows and blanks do not count.

        Raises:
            ReposeError: unknown-cell.
        """
        return self.cell(self._row(row), self._column(column))

    def cells(self) -> Iterator[Found]:
        """Go through all cells."""
        for line in range(len(self.lines)):
            for place in range(_LABELS, len(self.header)):
                yield self.cell(line, place)

    def cell(self, line: int, place: int) -> Found:
        """Return a cell by its places in the CSV, both from 0."""
        values, heading = self.lines[line], self._base(self.header[place])
        by_heading = dict(zip(self.header, values, strict=True))
        ends = (by_heading.get(heading + ENDS[0], ""), by_heading.get(heading + ENDS[1], ""))
        origins = self.origins[line] if line < len(self.origins) else {}
        return Found(
            self.path, line + 1, values[0], values[1], self.header[place], values[place], ends,
            origins.get(heading, ""),
        )  # fmt: skip

    def _base(self, heading: str) -> str:
        """Return the heading of the value, also for an end of its interval."""
        for end in ENDS:
            if heading.endswith(end) and heading.removesuffix(end) in self.header:
                return heading.removesuffix(end)
        return heading

    def _row(self, word: str) -> int:
        labels = [line[1] for line in self.lines]
        found = _matches(word, labels)
        if not found and word.isdecimal() and 0 < int(word) <= len(labels):
            return int(word) - 1
        if len(found) == 1:
            return found[0]
        if not found:
            raise self._unknown(f"no row '{word}'", _nearest(word, labels))
        listed = ", ".join(f"{i + 1} ({self.lines[i][0] or labels[i]})" for i in found[:8])
        raise self._unknown(f"{len(found)} rows are called '{word}'", f"give a number: {listed}")

    def _column(self, word: str) -> int:
        headings = list(self.header[_LABELS:])
        found = _matches(word, headings)
        if len(found) > 1:
            values = [i for i in found if self._base(headings[i]) == headings[i]]
            found = values if len(values) == 1 else found
        if len(found) == 1:
            return found[0] + _LABELS
        said = f"{len(found)} columns begin with" if found else "no column"
        known = [headings[i] for i in found] if found else headings
        mend = f"give one of: {', '.join(known)}" if found else _nearest(word, known)
        raise self._unknown(f"{said} '{word}'", mend)

    def _unknown(self, what: str, mend: str) -> ReposeError:
        return ReposeError("unknown-cell", what, path=self.path, mend=mend)


def open_sheet(table: Path) -> Sheet:
    """Read a table of a report.

    Args:
        table: Its CSV; the same name with another ending will do.

    Raises:
        ReposeError: missing-file or bad-listing.
    """
    path = table.with_suffix(".csv")
    if not path.is_file():
        others = sorted(other.name for other in path.parent.glob("*.csv"))
        mend = nearest(path.name, others) if others else ""
        raise ReposeError("missing-file", "no such table", path=path, mend=mend)
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = list(csv.reader(file)) or [[]]
    if len(header) <= _LABELS or any(len(line) != len(header) for line in lines):
        raise ReposeError("bad-listing", "not a table of a report", path=path)
    return Sheet(path, header, lines, _origins(origins_beside(path)))


def origins_beside(table: Path) -> Path:
    """Return the file that says where the cells of a CSV were read."""
    return table.with_suffix(f".{WHY}")


def _origins(path: Path) -> list[dict[str, str]]:
    """Read where cells were read; without it they rest on all that their report is made of."""
    try:
        return [dict(line["origins"]) for line in read_json(path)]
    except (ReposeError, ValueError, TypeError, LookupError):  # the report's manifest says more
        return []


def _matches(word: str, known: Sequence[str]) -> list[int]:
    """Find what is called so, else what begins so."""
    wanted, words = _plain(word), [_plain(name) for name in known]
    exact = [i for i, name in enumerate(known) if name == word]
    if len(exact) != 1:
        exact = [i for i, name in enumerate(words) if name == wanted]
    return exact or [i for i, name in enumerate(words) if wanted and name.startswith(wanted)]


def _nearest(word: str, known: Sequence[str]) -> str:
    return nearest(_plain(word), {_plain(name) for name in known})


def _plain(text: str) -> str:
    return " ".join(text.replace("↑", " ").replace("↓", " ").casefold().split())
