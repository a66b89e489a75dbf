"""What the tables of a large data set cost: seconds and memory per row of what reads them all.

Rows without pictures: every crop is one small image of one pack, and nothing is kept decoded.

python -m benchmarks.rows
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.data import STANDING
from benchmarks.timing import one_thread, peak_mib, show
from repose.data.packs import PackWriter, encode
from repose.data.samples import Crops
from repose.data.tables import make_table, read_table, vectors, write_table
from repose.report.stored import stored_frames
from repose.skeleton import JOINTS
from repose.stages import pairs, transforms

SIZE = 64  # px
FRAMES = 100  # per clip
SHARDS = 16
ROWS = (10_000, 100_000)


def make_tables(folder: Path, rows: int) -> list[Path]:
    """Write the crops of so many frames, two clips per person and outfit."""
    random = np.random.default_rng(0)
    with PackWriter(folder / "one.pack") as pack:
        offset, length, sha256 = pack.add(encode(np.zeros((SIZE, SIZE, 3), np.uint8), "jpeg"))
    folders = []
    for shard in range(SHARDS):
        clips = np.arange(shard, rows // FRAMES, SHARDS).repeat(FRAMES)
        joints = vectors(STANDING * SIZE / 1000 + random.normal(size=(len(clips), 19, 3)))
        people = [f"p{clip // 2:05d}" for clip in clips]
        table = pd.DataFrame({"clip": [f"clip{clip:05d}" for clip in clips], "person": people})
        table["frame"] = np.tile(np.arange(FRAMES), len(clips) // FRAMES)
        table = table.assign(outfit=table["person"], action="", usable=True)
        table["split"] = np.where(clips % 10 < 2, "test", "train")
        table = table.assign(offset=offset, length=length, sha256=sha256)
        table = table.assign(left=0.0, top=0.0, side=float(SIZE))
        table["joints_px"] = table["joints_mm"] = joints
        table["score"] = vectors(np.ones((len(clips), len(JOINTS))))
        folders.append(folder / f"{shard:02d}")
        write_table(table, folders[-1] / "crops.parquet", "crops", {"size": SIZE})
        stored = table[["clip", "frame", "offset", "length", "sha256"]]
        stored = stored.assign(source_frame=table["frame"], time_s=0.0, width=SIZE, height=SIZE)
        write_table(stored, folders[-1] / "frames.parquet", "frames", {})
        (folders[-1] / "crops.pack").hardlink_to(folder / "one.pack")
    for name in ("stills", "official_pairs"):
        write_table(make_table(name, []), folder / f"{name}.parquet", name, {})
    return folders


def reading(folders: list[Path]) -> Callable[[], object]:
    return lambda: read_table([folder / "crops.parquet" for folder in folders], "crops")


def opening(folders: list[Path]) -> Callable[[], object]:
    return lambda: Crops(folders, cache_mb=0)


def storing(folders: list[Path]) -> Callable[[], object]:
    return lambda: stored_frames(folders, "crops")


def pairing(folders: list[Path]) -> Callable[[], object]:
    config = pairs.Config(2048, 256, seed=0, official_split=False, official_pairs="none")
    folder = folders[0].parent
    listed = {"stills": folder / "stills.parquet", "official": folder / "official_pairs.parquet"}
    output = folder / "pairs.parquet"
    return lambda: pairs.run(config, frames=folders, crops=folders, **listed, output=output)


def fitting(folders: list[Path]) -> Callable[[], object]:
    config = transforms.Config(chunk=256, compat_reflections=False)
    listed, output = (folders[0].parent / f"{name}.parquet" for name in ("pairs", "transforms"))
    return lambda: transforms.run(config, pairs=listed, crops=folders, output=output)


READERS = {
    "the table of all crops": reading,
    "crops of a training": opening,
    "crops of a report": storing,
    "pairs: 2,304 listed": pairing,
    "transforms of these": fitting,
}


def main() -> None:
    one_thread()
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        for count in ROWS:
            folder = Path(name) / str(count)
            folder.mkdir()
            folders = make_tables(folder, count)
            for title, prepare in READERS.items():
                began = time.process_time()
                prepare(folders)()
                seconds = time.process_time() - began
                mib = peak_mib(prepare, folders)
                rows.append((f"{count} rows, {title}", seconds, mib, 1024 * mib / count))
    show("tables", ("", "CPU s", "peak MiB", "KiB per row"), rows)


if __name__ == "__main__":
    main()
