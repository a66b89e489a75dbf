"""Every table of the program: its columns, their types and what must hold for a row."""

from collections.abc import Mapping

import pyarrow as pa

from repose.data.columns import Column, Schema
from repose.errors import ReposeError, nearest
from repose.skeleton import JOINTS, PARTS

# Raised when a column changes its name, type or meaning: older files are then refused.
VERSION = 3

POINTS = 3 * len(JOINTS)  # (x, y, z) of each joint, joint by joint

_SPLITS = ("train", "valid", "test", "")


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
    # What a data set brings along, as `ingest` lists it; empty where it brings none.
    Schema(
        "stills",
        {
            **_frame,
            **dict.fromkeys(("name", "path", "sha256"), _text),
            **dict.fromkeys(("width", "height"), _size),
        },
        key=("clip", "frame"),
    ),
    Schema("given_poses", {**_frame, **_pose}, key=("clip", "frame")),
    Schema(
        "official_pairs",
        {
            "split": _split,
            "source_clip": _text,
            "source_frame": _index,
            "target_clip": _text,
            "target_frame": _index,
            "source_name": _text,
            "target_name": _text,
        },
        key=(),  # in the order of the list, which may name a pair twice
    ),
    # What two splits share: somebody, an outfit, or a picture.
    Schema(
        "leaks",
        {
            "kind": Column(
                pa.string(), among=("identity", "garment", "identical", "near_duplicate")
            ),
            "name": _text,
            "split_a": _split,
            "split_b": _split,
            "clip_a": _text,
            "frame_a": _index,
            "clip_b": _text,
            "frame_b": _index,
            "distance": _measure,  # bits of the hash
            "likeness": _measure,
        },
        key=(),
    ),
    Schema(
        "splits",
        {"clip": _text, "person": _text, "outfit": _text, "split": _split},
        key=("clip",),
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
            "source_name": _text,
            "target_name": _text,
            "pose_distance": _measure,
            "view_change_rad": _measure,
            "visible_share": _measure,
            "scale_change": _measure,
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
            "pckh": _measure,
            "mask_ssim": _measure,
            "vgg_loss": _measure,
            # SSIM under every definition; `ssim` is one of them.
            **dict.fromkeys(("ssim_skimage7", "ssim_gauss1_5", "ssim_gauss1_2"), _measure),
            **dict.fromkeys(("ssim_win51", "ssim_range_per_image"), _measure),
            **dict.fromkeys(("ssim_patn_repad", "ssim_grey"), _measure),
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
