"""What a table is made of: typed columns, and what must hold for a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import pandera.pandas as pandera


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        type: How it is stored.
        least: No value is smaller.
        among: The only values allowed, or () for any.
        nullable: NaN is allowed: it means "not measured".
    """

    type: pa.DataType
    least: float | None = None
    among: tuple[str, ...] = ()
    nullable: bool = False

    @property
    def width(self) -> int:
        """Numbers per row in a column of arrays, else 0."""
        return int(self.type.list_size) if pa.types.is_fixed_size_list(self.type) else 0


@dataclass(frozen=True)
class Schema:
    """One table: its columns in order, and the columns that name a row."""

    name: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]

    def arrow(self) -> pa.Schema:
        """Return the schema as it is stored, without metadata."""
        return pa.schema(
            [pa.field(n, c.type, nullable=c.nullable) for n, c in self.columns.items()]
        )

    def pandera(self) -> "pandera.DataFrameSchema":
        """Return the rules that every row must meet."""
        import pandera.pandas as pandera  # it takes half a second to load

        return pandera.DataFrameSchema(
            {name: _rules(column) for name, column in self.columns.items()},
            unique=list(self.key) or None,
            strict=True,
            ordered=True,
        )


def _rules(column: Column) -> "pandera.Column":
    import pandera.pandas as pandera

    checks = []
    if column.least is not None:
        checks.append(pandera.Check.ge(column.least))
    if column.among:
        checks.append(pandera.Check.isin(column.among))
    return pandera.Column(checks=checks, nullable=column.nullable)
