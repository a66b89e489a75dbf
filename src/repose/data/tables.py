"""Tables on disk: Parquet with a declared schema and page checksums, checked on both ways."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from repose.data import bounds
from repose.data.columns import Column, Schema
from repose.data.conformity import check_names, check_rows
from repose.data.schemas import VERSION, WIDTHS, find_schema
from repose.errors import ReposeError
from repose.files import whole

_METADATA = b"repose"
_MEND = "delete it and run the stage that makes it again"


def write_table(
    frame: pd.DataFrame, path: Path, schema_name: str, metadata: Mapping[str, Any]
) -> None:
    """Write a table, whole, after checking it.

    Args:
        frame: The columns of the schema, in any order, and no others. A column of arrays holds
            one array per row, or a row of an (n, k) array: see `vectors`.
        path: The file to make.
        schema_name: Which of the declared tables it is.
        metadata: Facts about the whole table, such as sizes and settings; JSON values.

    Raises:
        ReposeError: bad-table, naming file, column and what is wrong.
    """
    write_parts([frame], path, schema_name, metadata)


def write_parts(
    parts: Iterable[pd.DataFrame], path: Path, schema_name: str, metadata: Mapping[str, Any]
) -> int:
    """Write a table part by part, whole: no more than one part need be in memory.

    A key that two parts share is found when the whole table is read.

    Args:
        parts: The rows, otherwise as in `write_table`.
        path: The file to make.
        schema_name: Which of the declared tables it is.
        metadata: Facts about the whole table.

    Returns:
        The number of rows.

    Raises:
        ReposeError: bad-table, naming file, column and what is wrong.
    """
    schema = find_schema(schema_name)
    facts = {"schema": schema.name, "version": VERSION, "metadata": dict(metadata)}
    arrow = schema.arrow().with_metadata({_METADATA: json.dumps(facts).encode()})
    settings = {"compression": "zstd", "write_page_checksum": True}
    count = 0
    with whole(path) as beside, pq.ParquetWriter(beside, arrow, **settings) as writer:
        for part in parts:
            check_names(part.columns, schema, path)
            table = _to_arrow(part, schema, path)
            check_rows(table.to_pandas(), schema, path, mend="")
            writer.write_table(table.replace_schema_metadata(arrow.metadata))
            count += len(part)
    return count


def read_table(paths: Path | Sequence[Path], schema_name: str) -> pd.DataFrame:
    """Read a table, or the shards of one, after checking every page and every row.

    Args:
        paths: One file, or several whose rows follow each other; no file gives no row.
        schema_name: Which of the declared tables it must be.

    Returns:
        The rows. Arrays are numpy arrays, one per row: `stack` makes one array of a column.

    Raises:
        ReposeError: missing-file or bad-table.
    """
    schema = find_schema(schema_name)
    files = [paths] if isinstance(paths, Path) else list(paths)
    table = pa.concat_tables([schema.arrow().empty_table(), *(_read(f, schema) for f in files)])
    frame = table.to_pandas()
    check_rows(frame, schema, files[0] if len(files) == 1 else None, mend=_MEND)
    return frame


def read_columns(path: Path, schema_name: str, names: Sequence[str]) -> pd.DataFrame:
    """Read some columns of a table after checking every page of theirs, but no row.

    For a quick look: the rules for rows take longer to load than a table to read.

    Raises:
        ReposeError: missing-file or bad-table.
    """
    with _open_checked(path, find_schema(schema_name)) as file:
        return _checked(partial(file.read, columns=list(names)), path).to_pandas()


def read_parts(path: Path, schema_name: str) -> Iterator[pd.DataFrame]:
    """Read a table part by part, as it was written, after checking every page and every row.

    Raises:
        ReposeError: missing-file or bad-table.
    """
    schema = find_schema(schema_name)
    with _open_checked(path, schema) as file:
        for number in range(file.num_row_groups):
            frame = _checked(partial(file.read_row_group, number), path).to_pandas()
            check_rows(frame, schema, path, mend=_MEND)
            yield frame


def table_metadata(path: Path) -> dict[str, Any]:
    """Return the facts that were written with a table."""
    metadata: dict[str, Any] = _facts(_open(path), path)["metadata"]
    return metadata


def make_table(schema_name: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a table; with no row it still has every column."""
    return pd.DataFrame(list(rows), columns=list(find_schema(schema_name).columns))


def stack(column: pd.Series) -> np.ndarray:
    """Return a column of arrays as one array.

    Args:
        column: n arrays of k numbers each, under the name that it has in its table.

    Returns:
        (n, k) float32; (0, k) for an empty column.
    """
    if len(column) == 0:
        return np.zeros((0, WIDTHS[str(column.name)]), dtype=np.float32)
    return np.stack(column.to_list()).astype(np.float32, copy=False)


def vectors(array: np.ndarray) -> list[np.ndarray]:
    """Return an array as a column: (n, ...) becomes n float32 arrays of one dimension."""
    return [row.ravel() for row in np.ascontiguousarray(array, dtype=np.float32)]


def _to_arrow(frame: pd.DataFrame, schema: Schema, path: Path) -> pa.Table:
    arrays = []
    for name, column in schema.columns.items():
        try:
            arrays.append(_to_array(frame[name], column))
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise ReposeError(
                "bad-table",
                f"column '{name}' of a {schema.name} table is not {column.type} ({error})",
                path=path,
            ) from error
    return pa.Table.from_arrays(arrays, schema=schema.arrow())


def _to_array(values: pd.Series, column: Column) -> pa.Array:
    if not column.width:
        return pa.Array.from_pandas(values, type=column.type)
    # By way of one numpy array: NaN stays NaN (a missing joint) and is not turned into null.
    array = stack(values)
    if array.shape[1:] != (column.width,):
        raise ValueError(f"{array.shape[1:]} numbers per row")
    return pa.FixedSizeListArray.from_arrays(pa.array(array.ravel()), type=column.type)


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, page_checksum_verification=True)
    except FileNotFoundError as error:
        raise ReposeError(
            "missing-file", "no such table", path=path, mend="run the stage that makes it"
        ) from error
    except (pa.ArrowException, OSError) as error:
        raise ReposeError(
            "bad-table", f"not a Parquet file ({error})", path=path, mend=_MEND
        ) from error


def _facts(file: pq.ParquetFile, path: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads((file.schema_arrow.metadata or {})[_METADATA])
        if not {"schema", "version", "metadata"} <= set(facts):
            raise KeyError(_METADATA)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise ReposeError("bad-table", "not a table of repose", path=path, mend=_MEND) from error
    return facts


def _read(path: Path, schema: Schema) -> pa.Table:
    with _open_checked(path, schema) as file:
        return _checked(file.read, path)


def _open_checked(path: Path, schema: Schema) -> pq.ParquetFile:
    """Open a table to be read: of the right kind, with each text once until its size is known."""
    with _open(path) as file:
        _check_stored(file, schema, path)
        if excess := bounds.declared_excess(file, path.stat().st_size):
            raise ReposeError("bad-table", excess, path=path, mend=_MEND)
    texts = [name for name, column in schema.columns.items() if column.type == pa.string()]
    return pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=texts)


def _checked(read: Callable[[], pa.Table], path: Path) -> pa.Table:
    try:
        table, excess = bounds.unfold(read().replace_schema_metadata(None), path.stat().st_size)
    except (pa.ArrowException, OSError) as error:
        raise ReposeError("bad-table", f"damaged ({error})", path=path, mend=_MEND) from error
    if excess:
        raise ReposeError("bad-table", excess, path=path, mend=_MEND)
    return table


def _check_stored(file: pq.ParquetFile, schema: Schema, path: Path) -> None:
    facts = _facts(file, path)
    found, wanted = (facts["schema"], facts["version"]), (schema.name, VERSION)
    if found != wanted:
        message = f"a table '{found[0]}' of version {found[1]}, not '{wanted[0]}' {wanted[1]}"
        raise ReposeError("bad-table", message, path=path, mend=_MEND)
    check_names(file.schema_arrow.names, schema, path)
    for field in file.schema_arrow:
        if field.type != schema.columns[field.name].type:
            message = f"column '{field.name}' is {field.type}"
            mend = f"it must be {schema.columns[field.name].type}: {_MEND}"
            raise ReposeError("bad-table", message, path=path, mend=mend)
