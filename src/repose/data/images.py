"""Images that belong to pairs, one each: a pack and its table, as all methods write them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from repose.data.packs import PackWriter, encode
from repose.data.tables import make_table, write_table


def write_images(
    folder: Path,
    images: Iterable[tuple[int, np.ndarray]],
    metadata: Mapping[str, Any],
    name: str = "images",
) -> int:
    """Write `<name>.pack` and `<name>.parquet`, without loss.

    Args:
        folder: Where the two go.
        images: The number of each pair and its image, (H, W, 3) uint8 RGB.
        metadata: Facts about all of them.
        name: `images`, or what else is shown of the pairs.

    Returns:
        The number of images.
    """
    rows = []
    with PackWriter(folder / f"{name}.pack") as pack:
        for pair, image in images:
            offset, length, sha256 = pack.add(encode(image, "png"))
            rows.append({"pair": pair, "offset": offset, "length": length, "sha256": sha256})
    write_table(make_table("images", rows), folder / f"{name}.parquet", "images", metadata)
    return len(rows)
