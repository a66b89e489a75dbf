"""What a Parquet file unfolds to in memory: a small one may hold the same text a billion times."""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

FREE_BYTES = 1 << 30  # up to this any table may unfold
MOST_RATIO = 1000  # beyond it, times the size of the file
NUMBER_BYTES = 8  # at most, per value that is no text


def declared_excess(file: pq.ParquetFile, file_bytes: int) -> str:
    """Say how a file's own account goes beyond all bounds, or "" where it does not."""
    most = max(FREE_BYTES, MOST_RATIO * file_bytes)
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    columns = [group.column(i) for group in groups for i in range(group.num_columns)]
    values = sum(column.num_values for column in columns)
    stored = sum(column.total_uncompressed_size for column in columns)
    needed = max(values * NUMBER_BYTES, file.metadata.num_rows * NUMBER_BYTES, stored)
    return _said(needed, most)


def unfold(table: pa.Table, file_bytes: int) -> tuple[pa.Table, str]:
    """Turn dictionaries back into texts, unless they unfold beyond all bounds.

    Returns:
        The table, and how it goes beyond or "".
    """
    most = max(FREE_BYTES, MOST_RATIO * file_bytes)
    needed = sum(
        pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0
        for column in table.itercolumns()
        if pa.types.is_dictionary(column.type)
        for chunk in column.chunks
    )
    if said := _said(needed, most):
        return table, said
    fields = [
        pa.field(f.name, pa.string(), nullable=f.nullable) if pa.types.is_dictionary(f.type) else f
        for f in table.schema
    ]
    return table.cast(pa.schema(fields)), ""


def _said(needed: int, most: int) -> str:
    return f"unfolds to {needed:,} bytes, where at most {most:,} are read" if needed > most else ""
