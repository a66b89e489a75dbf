"""Write the two rows that every table carries: the source copied, the truth as JPEG 90."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from repose.data.images import write_images
from repose.data.packs import decode
from repose.data.samples import Crops
from repose.data.tables import read_table
from repose.files import whole_folder
from repose.manifests import write_manifest
from repose.progress import track


@dataclass(frozen=True)
class Config:
    """How the true image is degraded; units stand in the config."""

    jpeg_quality: int


def run(
    config: Config, *, crops: list[Path], pairs: Path, copy_source: Path, true_jpeg90: Path
) -> None:
    """Write both baselines, laid out as generated images are.

    Args:
        config: How the true image is degraded.
        crops: Folders of crops, one per shard.
        pairs: The pair table.
        copy_source: Folder for the sources.
        true_jpeg90: Folder for the targets as JPEG.
    """
    seen = Crops(crops, cache_mb=0)
    table = read_table(pairs, "pairs")

    def images(end: str, change: Callable[[np.ndarray], np.ndarray]) -> Iterator[np.ndarray]:
        rows = seen.rows(table[f"{end}_clip"], table[f"{end}_frame"])
        for row in track(rows, f"baselines, {end}"):
            yield change(seen.images(row[None])[0])

    methods = {
        copy_source: images("source", lambda image: image),
        true_jpeg90: images("target", lambda image: jpeg(image, config.jpeg_quality)),
    }
    for output, made in methods.items():
        with whole_folder(output) as folder:
            numbered = zip(table["pair"], made, strict=True)
            write_images(folder, numbered, {"method": output.name})
            write_manifest(folder, dataclasses.asdict(config))
    print(f"baselines: {len(table)} pairs, copied and as JPEG {config.jpeg_quality}")


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """Return what is left of an image, (H, W, 3) uint8 RGB, after JPEG with 4:2:0 colour."""
    settings = (
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    )
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _done, data = cv2.imencode(".jpg", bgr, settings)
    return decode(data.tobytes())
