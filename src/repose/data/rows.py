"""Tables made of single rows, as many as there are."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from repose.data.tables import make_table, write_parts

PART = 8192  # rows held in memory at a time

Row = dict[str, Any]


def write_rows(
    rows: Iterable[Row], path: Path, schema_name: str, metadata: Mapping[str, Any]
) -> int:
    """Write a table, whole, of rows that need not be in memory together.

    Returns:
        The number of rows.

    Raises:
        ReposeError: as `write_table`.
    """
    return write_parts(_parts(iter(rows), schema_name), path, schema_name, metadata)


def _parts(rows: Iterator[Row], schema_name: str) -> Iterator[pd.DataFrame]:
    yield make_table(schema_name, islice(rows, PART))  # an empty table has one part, too
    while part := list(islice(rows, PART)):
        yield make_table(schema_name, part)
