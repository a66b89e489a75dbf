"""From poses to the masks of the ten body parts."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from repose.data.depth import lay_flat
from repose.data.tables import read_table, stack, table_metadata, vectors, write_parts
from repose.errors import ReposeError
from repose.manifests import write_manifest
from repose.parts import part_masks, project
from repose.progress import track
from repose.skeleton import JOINTS, PARTS


@dataclass(frozen=True)
class Config:
    """The volume's grid, and how the capsules are drawn."""

    depth: int
    height: int
    width: int
    chunk: int
    compat: bool


def run(config: Config, *, crops: Path, output: Path) -> None:
    """Draw the part masks of one shard's usable crops, as packed bits.

    The image masks are the volume masks projected along depth and enlarged without
    interpolation, as in the foreground scores of Knoche et al. 2020. Of joints without a depth
    the parts lie in the plane of the pelvis; a part whose joints are missing has no mask.

    Raises:
        ReposeError: bad-size, when the crops' size is no multiple of the grid's.
    """
    table = crops / "crops.parquet"
    frames = read_table(table, "crops")
    frames = frames[frames["usable"]].sort_values(["clip", "frame"], ignore_index=True)
    size = int(table_metadata(table)["size"])
    if size % config.height or size % config.width:
        raise ReposeError(
            "bad-size",
            f"crops of {size} px on {config.height}x{config.width} voxels",
            path=table,
            mend="set masks.height and masks.width to divisors of crops.size",
        )
    frames["joints_px"], flat = _laid(frames["joints_px"])
    chunks = track(range(0, len(frames), config.chunk), "masks")
    parts = (_draw(config, frames.iloc[start : start + config.chunk], size) for start in chunks)
    grid = [config.depth, config.height, config.width]
    metadata = {
        "volume": [len(PARTS), *grid],
        "image": [len(PARTS), size, size],
        "compat": config.compat,
    }
    write_parts(parts, output, "masks", metadata)  # unpacked, a shard's masks are gigabytes
    write_manifest(output, asdict(config))
    print(f"masks: {len(frames)} crops, {len(PARTS)} parts on {'x'.join(map(str, grid))} voxels")
    if flat:
        print("masks: joints without a depth: these parts lie in one plane, and hide nothing")


def _laid(column: pd.Series) -> tuple[list[np.ndarray], bool]:
    joints, flat = lay_flat(stack(column).reshape(len(column), len(JOINTS), 3))
    return vectors(joints), flat


def _draw(config: Config, frames: pd.DataFrame, size: int) -> pd.DataFrame:
    joints = torch.from_numpy(stack(frames["joints_px"]).reshape(len(frames), -1, 3))
    grid = (config.depth, config.height, config.width)
    volumes = part_masks(joints, size, grid, compat=config.compat)  # (B, P, D, H, W)
    images = project(volumes).repeat_interleave(size // config.height, dim=2)
    images = images.repeat_interleave(size // config.width, dim=3)  # (B, P, S, S)
    return frames[["clip", "frame"]].assign(volume=_pack(volumes), image=_pack(images))


def _pack(masks: Tensor) -> list[bytes]:
    """Pack the bits of each sample's masks, the first voxel in the highest bit."""
    bits = np.packbits(masks.flatten(1).numpy(), axis=1)
    return [row.tobytes() for row in bits]
