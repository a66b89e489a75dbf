"""A method of somebody else's: its benchmark, and its images beside our own.

The graph makes a benchmark; this only reads it. What is made lies in results/<data_set>/score/.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from repose.data.images import write_images
from repose.data.tables import read_table, table_metadata, write_table
from repose.errors import ReposeError, nearest, shown
from repose.manifests import require_manifest, write_manifest
from repose.progress import track
from repose.raw import FILES
from repose.report.methods import BASELINES
from repose.report.origins import SCORED
from repose.report.stored import stored_frames
from repose.scoring import reading
from repose.scoring.checks import Found, check
from repose.scoring.faults import count, refused, spell
from repose.scoring.folder import Files
from repose.scoring.names import Reader
from repose.scoring.shown import central

Image = NDArray[np.uint8]

FOLDER = SCORED
PAIRS = "pairs.parquet"  # of a method: those that it has images of
METHOD = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True)
class Benchmark:
    """What the graph made of a data set, as far as it takes to score images.

    Attributes:
        root: Its folder of results.
        crops: One folder per shard.
        masks: One table per shard.
        pairs: The table of pairs.
        true_poses: What the judging estimator found in the targets.
    """

    root: Path
    crops: list[Path]
    masks: list[Path]
    pairs: Path
    true_poses: Path

    @property
    def inputs(self) -> list[Path]:
        """All of it."""
        return [*self.crops, *self.masks, self.pairs, self.true_poses]


def find_benchmark(results: Path, name: str, snakemake: str) -> Benchmark:
    """Find what the graph made of a data set.

    Args:
        results: The folder of all results.
        name: Of the data set.
        snakemake: The command that makes it, without targets.

    Raises:
        ReposeError: no-benchmark, with the command that makes what is not there; no-manifest or
            bad-manifest.
    """
    root = results / name
    crops = sorted(path.parent for path in root.glob("crops/*/crops.parquet"))
    masks = [root / "masks" / f"{folder.name}.parquet" for folder in crops]
    pairs, poses = root / "pairs/pairs.parquet", root / "true_poses/poses.parquet"
    needed = [root / "ingest/clips.parquet", pairs, *masks, poses]
    lacking = [path for path in needed if not path.is_file()]
    if lacking or not crops:
        known = sorted(path.parent.parent.name for path in results.glob("*/pairs/pairs.parquet"))
        said = f"no {', '.join(p.relative_to(root).as_posix() for p in lacking) or 'crops'}"
        mend = f"make it: {snakemake} {' '.join(map(str, lacking))}"
        if not root.is_dir() and known:
            mend = f"{nearest(name, known)}, or {mend}"
        raise ReposeError("no-benchmark", said, path=root, mend=mend)
    for path in (*needed, *crops):
        require_manifest(path)
    return Benchmark(root, crops, masks, pairs, poses)


def other_readers(results: Path, name: str) -> dict[str, Reader]:
    """Prepare to read names of the other benchmarks that were made here."""
    tables = {path.parent.parent.name: path for path in results.glob("*/pairs/pairs.parquet")}
    return {
        other: Reader(read_table(path, "pairs"))
        for other, path in sorted(tables.items())
        if other != name
    }


def name_method(asked: str, folder: Path, benchmark: Benchmark) -> str:
    """Return what the method is called in tables and files.

    Raises:
        ReposeError: wrong-value, where it is no name, or one of our own methods'.
    """
    name = asked or re.sub(r"\W+", "_", folder.resolve().name, flags=re.ASCII).strip("_")
    own = {path.stem for path in benchmark.root.glob("evaluate/*.parquet")} | {*BASELINES, FOLDER}
    if not METHOD.fullmatch(name) or name in own:
        said = f"a method is to be called '{name}'"
        mend = "give another --method: letters, digits and _, and not the name of one of ours"
        raise ReposeError("wrong-value", said, mend=mend)
    return name


def sizes_of(benchmark: Benchmark, window: tuple[int, int]) -> set[reading.Size]:
    """Return the widths and heights that can be scored: all of a crop, or the part that counts.

    Args:
        benchmark: Whose images they are.
        window: Height and width of the part in the middle; 0, 0 for all.
    """
    side = int(table_metadata(benchmark.pairs)["size"])
    return {(side, side), *([(window[1], window[0])] if any(window) else [])}


def check_images(
    files: Files,
    benchmark: Benchmark,
    window: tuple[int, int],
    others: Mapping[str, Reader],
    accepted: Sequence[str],
    pool: ThreadPoolExecutor,
) -> Found:
    """Look at a folder, and refuse it with the reasons printed.

    Args:
        files: The folder.
        benchmark: Whose images they are to be.
        window: Height and width of the part that is scored; 0, 0 for all.
        others: Readers of other benchmarks.
        accepted: Kinds of faults that are meant so.
        pool: Threads that read.

    Raises:
        ReposeError: wrong-images.
    """
    pairs = read_table(benchmark.pairs, "pairs")
    given = _Given(benchmark, pairs)
    found = check(files, pairs, others, sizes_of(benchmark, window), given, pool)
    left = refused(found.faults, accepted)
    for line in spell(left):
        print(shown(line))
    if left:
        told = ", ".join(f"{kind} ({number:,})" for kind, number in count(left).items())
        mend = "nothing was scored; mend what is named above, and run it again"
        raise ReposeError("wrong-images", told, path=files.root, mend=mend)
    if files.passed:
        print(f"score: {files.passed:,} files that are no images are passed over")
    print(f"score: {len(found.hashes):,} images of {len(found.files):,} pairs, nothing wrong")
    return found


class _Given:
    """Gives source and target of a pair, cut as an image of a method is."""

    def __init__(self, benchmark: Benchmark, pairs: pd.DataFrame) -> None:
        self._crops, _ = stored_frames(benchmark.crops, "crops")
        self._ends = [
            dict(zip(pairs["pair"], zip(pairs[clip], pairs[frame], strict=True), strict=True))
            for clip, frame in (
                ("source_clip", "source_frame"),
                ("target_clip", "target_frame"),
            )
        ]

    def __call__(self, pair: int, shape: tuple[int, ...]) -> tuple[Image, Image]:
        source, true = (
            central(self._crops[end[pair]], (shape[0], shape[1])) for end in self._ends
        )
        return source, true


def pack_images(
    files: Files, found: Found, benchmark: Benchmark, window: tuple[int, int], folder: Path
) -> None:
    """Write the images as our own methods' are, and beside them the pairs that have one.

    Args:
        files: The folder that was checked.
        found: What was found in it.
        benchmark: Whose images they are.
        window: Height and width of the part that is scored.
        folder: Where they go; its name is the method's.

    Raises:
        ReposeError: changed-image, when a file is not what it was when it was checked.
    """
    facts = {"method": folder.name, "images": len(found.files)}
    folder.mkdir()
    write_images(folder, _images(files, found, sizes_of(benchmark, window)), facts)
    write_manifest(folder, facts)
    _list_files(found, folder.parent / FILES)
    pairs = read_table(benchmark.pairs, "pairs")
    kept = pairs[pairs["pair"].isin(list(found.files))]
    path = folder.parent / PAIRS
    write_table(kept, path, "pairs", table_metadata(benchmark.pairs))
    write_manifest(path, facts)


def _list_files(found: Found, path: Path) -> None:
    """Write down which file each image was, for `repose why`."""
    lines = [(pair, name, found.hashes[name]) for pair, name in sorted(found.files.items())]
    table = pd.DataFrame(lines, columns=["pair", "file", "sha256"])
    table.to_csv(path, index=False, lineterminator="\n")


def _images(
    files: Files, found: Found, sizes: Collection[reading.Size]
) -> Iterator[tuple[int, Image]]:
    for pair, name in track(sorted(found.files.items()), "packing"):
        read = reading.read(files.root, name, sizes)
        if read.image is None or read.sha256 != found.hashes[name]:
            path, mend = files.root / name, "run it again when nobody writes there"
            raise ReposeError("changed-image", "changed meanwhile", path=path, mend=mend)
        yield pair, read.image


def scored(benchmark: Benchmark) -> dict[str, Path]:
    """Return the folders of the methods that were scored before, by name."""
    found = sorted((benchmark.root / FOLDER).glob("*/manifest.json"))
    return {path.parent.name: path.parent for path in found if METHOD.fullmatch(path.parent.name)}
