"""Crops, frames and generated images, read by name from their packs."""

from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from repose.data.packs import Pack
from repose.data.tables import read_table
from repose.errors import ReposeError

Image = NDArray[np.uint8]
Place = tuple[Path, int, int]  # pack, offset, length


class Stored:
    """Images that lie in packs, by key; each pack is opened when it is first needed."""

    def __init__(self, places: dict[Hashable, Place], owner: Path) -> None:
        self._places = places
        self._owner = owner
        self._packs: dict[Path, Pack] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    @property
    def keys(self) -> list[Hashable]:
        """All keys, in the order of the table."""
        return list(self._places)

    def __getitem__(self, key: Hashable) -> Image:
        """Read one image, (H, W, 3) RGB.

        Raises:
            ReposeError: missing-image, when the table does not list the key.
        """
        if key not in self._places:
            raise ReposeError(
                "missing-image", f"no image {key}", path=self._owner, mend="run its stage again"
            )
        path, offset, length = self._places[key]
        if path not in self._packs:
            self._packs[path] = Pack(path)
        name = "{}, frame {}".format(*key) if isinstance(key, tuple) else f"pair {key}"
        return np.asarray(self._packs[path].image(offset, length, of=name))


def stored_frames(folders: Sequence[Path], schema_name: str) -> tuple[Stored, pd.DataFrame]:
    """Open the crops (or frames) of all shards, by (clip, frame).

    Args:
        folders: One per shard, each with its table and its pack.
        schema_name: "crops" or "frames", which is also the name of both files.

    Returns:
        The images and the rows of all shards.
    """
    places: dict[Hashable, Place] = {}
    tables = []
    for folder in folders:
        table = read_table(folder / f"{schema_name}.parquet", schema_name)
        tables.append(table)
        pack = folder / f"{schema_name}.pack"
        rows = zip(table["clip"], _columns(table, "frame"), strict=True)
        places |= {(clip, frame): (pack, o, n) for clip, (frame, o, n) in rows}
    return Stored(places, folders[0]), pd.concat(tables, ignore_index=True)


def stored_images(folder: Path, name: str = "images") -> Stored:
    """Open a method's images by pair number."""
    table = read_table(folder / f"{name}.parquet", "images")
    pack = folder / f"{name}.pack"
    return Stored({pair: (pack, o, n) for pair, o, n in _columns(table, "pair")}, folder)


def _columns(table: pd.DataFrame, key: str) -> Iterable[tuple[int, int, int]]:
    columns = (table[name].tolist() for name in (key, "offset", "length"))
    return zip(*columns, strict=True)
