"""The crops that a model is trained and tested on: uint8 images and joints, found by row."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from repose.data.depth import lay_flat
from repose.data.packs import Pack
from repose.data.tables import read_table, stack
from repose.errors import ReposeError

TABLE = "crops.parquet"
PACK = "crops.pack"


class Crops:
    """All usable crops of a data set, in one order that does not depend on its shards.

    Attributes:
        table: clip, frame, person, outfit, action, split of each crop.
        joints: (N, 19, 3) float32, crop px, z = 0 at the pelvis; NaN where a joint is missing.
        has_depth: Whether all joints that are known have a z; where one has none, z is 0 here.
        size: Side of the square images, px.

    Args:
        folders: One per shard, each with its table and its pack.
        cache_mb: Keep all images decoded in memory if they need no more than this.

    Raises:
        ReposeError: no-crops, bad-size, bad-joints, or what reading tables and packs raises.
    """

    def __init__(self, folders: Sequence[Path], cache_mb: float) -> None:
        tables = [
            read_table(folder / TABLE, "crops").assign(folder=i)
            for i, folder in enumerate(folders)
        ]
        rows = pd.concat(tables, ignore_index=True)
        rows = rows[rows.usable].sort_values(["clip", "frame"], ignore_index=True)
        if rows.empty:
            raise ReposeError(
                "no-crops",
                "no usable crop",
                path=folders[0] if folders else None,
                mend="were people detected in the videos?",
            )
        self.table = rows[["clip", "frame", "person", "outfit", "action", "split"]]
        self.joints = stack(rows.joints_px).reshape(len(rows), -1, 3)
        if np.isinf(self.joints).any():  # NaN is a missing joint
            raise ReposeError("bad-joints", "infinite joints", path=folders[0] / TABLE)
        self.joints, flat = lay_flat(self.joints)
        self.has_depth = not flat
        self._keys = list(zip(rows["clip"], rows.frame, strict=True))
        self._row = {key: i for i, key in enumerate(self._keys)}
        self._packs = [Pack(folder / PACK) for folder in folders]
        self._where = list(zip(rows.folder, rows.offset, rows.length, rows.sha256, strict=True))
        self._cache: np.ndarray | None = None
        first = self._decode(0)
        self.size = first.shape[0]
        if len(self) * first.nbytes <= cache_mb * 2**20:
            self._cache = np.stack([self._decode(row) for row in range(len(self))])

    def __len__(self) -> int:
        """Return the number of crops."""
        return len(self.table)

    def rows(self, clips: Sequence[str], frames: Sequence[int]) -> np.ndarray:
        """Return the row of each (clip, frame).

        Raises:
            ReposeError: missing-crop.
        """
        try:
            return np.array(
                [self._row[key] for key in zip(clips, frames, strict=True)], dtype=np.int64
            )
        except KeyError as error:
            clip, frame = error.args[0]
            raise ReposeError(
                "missing-crop",
                f"no usable crop of clip {clip}, frame {frame}",
                mend="run the pairs stage again",
            ) from error

    def fingerprint(self) -> str:
        """Return a hash of all images and joints, the same however they are sharded."""
        digest = hashlib.sha256(self.joints.tobytes())
        for clip, (_folder, _offset, _length, sha256) in zip(
            self.table["clip"], self._where, strict=True
        ):
            digest.update(f"{clip} {sha256}\n".encode())
        return digest.hexdigest()

    def images(self, rows: np.ndarray) -> np.ndarray:
        """Return the images of some rows, (n, S, S, 3) uint8, RGB."""
        if self._cache is not None:
            return self._cache[rows]
        return np.stack([self._decode(int(row)) for row in rows])

    def _decode(self, row: int) -> np.ndarray:
        folder, offset, length, sha256 = self._where[row]
        pack = self._packs[folder]
        image = pack.image(offset, length, sha256, self._name(row))
        size = getattr(self, "size", image.shape[0])
        if image.shape[:2] != (size, size):
            raise ReposeError(
                "bad-size",
                f"{self._name(row)} has {image.shape[1]}x{image.shape[0]} px, others {size}",
                path=pack.path,
                mend="run the crops stage again",
            )
        return image

    def _name(self, row: int) -> str:
        return "{}, frame {}".format(*self._keys[row])


def as_tensor(images: np.ndarray) -> Tensor:
    """Turn (n, S, S, 3) uint8 images into (n, 3, S, S) float in [-1, 1]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1


def as_images(tensor: Tensor) -> np.ndarray:
    """Turn (n, 3, S, S) float in [-1, 1] into (n, S, S, 3) uint8 images, rounded and clipped."""
    scaled = ((tensor.float() + 1) * 127.5).round().clamp(0, 255)
    return scaled.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
