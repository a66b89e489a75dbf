"""Every table of the program: its columns, their types and what must hold for a row."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandera.pandas as pandera
import pyarrow as pa

from repose.errors import ReposeError, nearest
from repose.skeleton import JOINTS, PARTS

# Raised when a column changes its name, type or meaning: older files are then refused.
VERSION = 2

POINTS = 3 * len(JOINTS)  # (x, y, z) of each joint, joint by joint

_SPLITS = ("train", "valid", "test", "")


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

    def pandera(self) -> pandera.DataFrameSchema:
        """Return the rules that every row must meet."""
        return pandera.DataFrameSchema(
            {name: _rules(column) for name, column in self.columns.items()},
            unique=list(self.key),
            strict=True,
            ordered=True,
        )


def _rules(column: Column) -> pandera.Column:
    checks = []
    if column.least is not None:
        checks.append(pandera.Check.ge(column.least))
    if column.among:
        checks.append(pandera.Check.isin(column.among))
    return pandera.Column(checks=checks, nullable=column.nullable)


def _vector(width: int) -> Column:
    return Column(pa.list_(pa.float32(), width))


_text = Column(pa.string())
_flag = Column(pa.bool_())
_count = Column(pa.int64(), least=0)
_index = Column(pa.int32(), least=0)
_size = Column(pa.int32(), least=1)
_real = Column(pa.float64())
_measure = Column(pa.float64(), nullable=True)
_split = Column(pa.string(), among=_SPLITS)
_bytes = Column(pa.binary())

_frame = {"clip": _text, "frame": _index}
_who = {"person": _text, "outfit": _text, "action": _text, "split": _split}
_stored = {"offset": _count, "length": _size, "sha256": _text}
_pose = {"joints_px": _vector(POINTS), "joints_mm": _vector(POINTS), "score": _vector(len(JOINTS))}

_TABLES = (
    Schema(
        "clips",
        {
            "clip": _text,
            "path": _text,
            "sha256": _text,
            **_who,
            "truth": _text,
            "fps": Column(pa.float64(), least=0),
            "width": _index,
            "height": _index,
            "rotation": _index,
            "declared_frames": Column(pa.int64(), least=-1),
            "error": _text,
            "note": _text,
        },
        key=("clip",),
    ),
    Schema(
        "frames",
        {
            **_frame,
            "source_frame": _index,
            "time_s": _real,
            **_stored,
            "width": _size,
            "height": _size,
        },
        key=("clip", "frame"),
    ),
    Schema(
        "accounting",
        {
            "clip": _text,
            "expected": Column(pa.int64(), least=-1),
            "decoded": _count,
            "dropped": _count,
            "duplicate": _count,
            "sampled": _count,
            "error": _text,
        },
        key=("clip",),
    ),
    Schema(
        "poses",
        {
            **_frame,
            "detected": _flag,
            **_pose,
            "people": Column(pa.int8(), least=-1),
            "estimator": _text,
            "version": _text,
        },
        key=("clip", "frame"),
    ),
    Schema(
        "crops",
        {
            **_frame,
            **_who,
            "usable": _flag,
            **_stored,
            "left": _real,
            "top": _real,
            "side": Column(pa.float64(), least=0),
            **_pose,
        },
        key=("clip", "frame"),
    ),
    # As a data set gives them, by the names of its images.
    Schema("named_poses", {"name": _text, "joints_px": _vector(POINTS)}, key=("name",)),
    Schema("masks", {**_frame, "volume": _bytes, "image": _bytes}, key=("clip", "frame")),
    Schema(
        "pairs",
        {
            "pair": _index,
            "source_clip": _text,
            "source_frame": _index,
            "target_clip": _text,
            "target_frame": _index,
            "person": _text,
            "outfit": _text,
            "split": _split,
            "pose_distance": _measure,
            "view_change_rad": _measure,
            "visible_share": _measure,
        },
        key=("pair",),
    ),
    Schema(
        "transforms",
        {
            "pair": _index,
            "helmert": _vector(16 * len(PARTS)),
            "helmert_residual_px": _vector(len(PARTS)),
            "affine": _vector(9 * len(PARTS)),
            "affine_residual_px": _vector(len(PARTS)),
            "degenerate": Column(pa.uint16()),
        },
        key=("pair",),
    ),
    Schema("images", {"pair": _index, **_stored}, key=("pair",)),
    Schema(
        "scores",
        {
            "pair": _index,
            "person": _text,
            "split": _split,
            **dict.fromkeys(("ssim", "ssim_fg", "ssim_bg", "psnr"), _measure),
            **dict.fromkeys(("l1", "l1_fg", "lpips"), _measure),
            "pose_detected": _flag,
            "pose_loss_mm": _measure,
            "pose_auc": _measure,
        },
        key=("pair",),
    ),
)

SCHEMAS: Mapping[str, Schema] = {schema.name: schema for schema in _TABLES}

# A column of arrays has one width wherever it stands, so an empty one can still be stacked.
WIDTHS: Mapping[str, int] = {
    name: column.width
    for schema in _TABLES
    for name, column in schema.columns.items()
    if column.width
}


def find_schema(name: str) -> Schema:
    """Return the schema of that name.

    Raises:
        ReposeError: unknown-table, with the nearest name there is.
    """
    if name not in SCHEMAS:
        raise ReposeError("unknown-table", f"no table '{name}'", mend=nearest(name, SCHEMAS))
    return SCHEMAS[name]
