"""Whether a table is what its schema says: the names of its columns, and every row."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from repose.data.columns import Schema
from repose.errors import ReposeError, brief


def check_names(names: Iterable[str], schema: Schema, path: Path) -> None:
    """Hold the names of columns against those of a schema, in any order.

    Raises:
        ReposeError: bad-table, naming what is missing and what is too much.
    """
    have = list(names)
    missing = [name for name in schema.columns if name not in have]
    extra = [name for name in have if name not in schema.columns]
    if missing or extra:
        parts = [f"without column '{name}'" for name in missing]
        parts += [f"with unknown column '{name}'" for name in extra]
        raise ReposeError("bad-table", f"a {schema.name} table {', '.join(parts)}", path=path)


def check_rows(frame: pd.DataFrame, schema: Schema, path: Path | None, mend: str) -> None:
    """Hold every row against what must be true of it.

    Raises:
        ReposeError: bad-table, naming the first column, row and value that are wrong.
    """
    from pandera.errors import SchemaErrors  # it takes half a second to load

    try:
        schema.pandera().validate(frame, lazy=True)
    except SchemaErrors as errors:
        first = errors.failure_cases.iloc[0]
        at = "" if pd.isna(first["index"]) else f" in row {int(first['index'])}"
        raise ReposeError(
            "bad-table",
            f"column '{first['column']}' of a {schema.name} table fails {first['check']}{at}"
            f" (found {brief(first['failure_case'])})",
            path=path,
            mend=mend,
        ) from errors
