"""From clips and crops to what the splits share: persons, outfits, pictures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from repose.data.likeness import SIDE, STEPS, find_twins, shrink
from repose.data.packs import Pack
from repose.data.tables import make_table, read_table, write_table
from repose.files import whole_folder, write_json
from repose.manifests import write_manifest
from repose.progress import Progress, track

KINDS = ("identity", "garment", "identical", "near_duplicate")

Row = dict[str, Any]


@dataclass(frozen=True)
class Config:
    """When two pictures are one, and how many of a clip are looked at."""

    hash_bits: int
    likeness: float
    frames_per_clip: int


def run(config: Config, *, clips: Path, crops: list[Path], output: Path) -> None:
    """Compare every two splits.

    The crops are compared, not the frames: they follow the person, so a picture that was trimmed
    or shrunk before gives much the same crop, while frames of one room look alike whoever stands
    in it. Only usable crops count, for no other is trained on or scored.

    Two clips that share pictures give one row, that of the pictures which are most alike.
    """
    listed = read_table(clips, "clips")
    listed = listed[(listed["error"] == "") & (listed["split"] != "")]
    rows, small = _pictures(crops, config.frames_per_clip)
    splits = [split for split in ("train", "valid", "test") if (listed["split"] == split).any()]
    leaks: list[Row] = []
    for a, b in combinations(splits, 2):
        leaks += _shared(listed, "person", "identity", a, b)
        leaks += _shared(listed, "outfit", "garment", a, b)
        leaks += _same_files(listed, a, b)
        done = {(leak["clip_a"], leak["clip_b"]) for leak in leaks if leak["kind"] == "identical"}
        leaks += _same_pictures(config, rows, small, (a, b), done)
    counts = _counts(listed, rows, leaks, splits)
    with whole_folder(output) as folder:
        table = make_table("leaks", leaks)
        write_table(table, folder / "leaks.parquet", "leaks", asdict(config))
        write_json(folder / "leakage.json", counts)
        write_manifest(folder, asdict(config))
    for pair in counts["pairs"]:
        found = ", ".join(f"{pair[kind]} {kind.replace('_', ' ')}" for kind in KINDS)
        print(f"leakage: {pair['split_a']} and {pair['split_b']}: {found}")


def _pictures(crops: Sequence[Path], per_clip: int) -> tuple[pd.DataFrame, NDArray[np.uint8]]:
    """Read the usable crops of all shards, shrunk; of each clip so many, evenly spread."""
    tables, small = [], []
    for folder in track(crops, "leakage: reading"):
        table = read_table(folder / "crops.parquet", "crops")
        table = table[table["usable"]].sort_values(["clip", "frame"])
        kept = [_spread(group, per_clip) for _, group in table.groupby("clip")]
        pack = Pack(folder / "crops.pack")
        for group in kept:
            tables.append(group)
            for one in group.itertuples():
                image = pack.image(one.offset, one.length, of=f"{one.clip}, frame {one.frame}")
                small.append(shrink(image))
    columns = ["clip", "frame", "split", "sha256"]
    none = pd.DataFrame(columns=columns)
    rows = pd.concat(tables, ignore_index=True)[columns] if tables else none
    return rows, np.stack(small) if small else np.zeros((0, SIDE, SIDE, 3), np.uint8)


def _spread(group: pd.DataFrame, count: int) -> pd.DataFrame:
    if not count or len(group) <= count:
        return group
    return group.iloc[np.linspace(0, len(group) - 1, count).round().astype(int)]


def _shared(clips: pd.DataFrame, column: str, kind: str, a: str, b: str) -> Iterator[Row]:
    """Find who, or what is worn, in both splits, with the first clip of each."""
    ends = [clips[clips["split"] == split].groupby(column)["clip"].first() for split in (a, b)]
    for name in sorted(set(ends[0].index) & set(ends[1].index)):
        yield _row(kind, str(name), a, b, (ends[0][name], 0), (ends[1][name], 0))


def _same_files(clips: pd.DataFrame, a: str, b: str) -> Iterator[Row]:
    """Find videos whose bytes are equal."""
    hashed = clips[clips["sha256"] != ""]
    ends = [hashed[hashed["split"] == split] for split in (a, b)]
    for same in ends[0].merge(ends[1], on="sha256", suffixes=("_a", "_b")).itertuples():
        yield _row("identical", same.path_b, a, b, (same.clip_a, 0), (same.clip_b, 0), 0.0, 1.0)


def _same_pictures(
    config: Config,
    rows: pd.DataFrame,
    small: NDArray[np.uint8],
    splits: tuple[str, str],
    done: set[tuple[str, str]],
) -> Iterator[Row]:
    """Find crops that are one picture, byte for byte or nearly, in clips that are not done."""
    first, second = (rows[rows["split"] == split] for split in splits)
    equal = first.merge(second, on="sha256", suffixes=("_a", "_b"))
    for one in equal.itertuples():
        if (one.clip_a, one.clip_b) not in done:
            done.add((one.clip_a, one.clip_b))
            ends = (str(one.clip_a), int(one.frame_a)), (str(one.clip_b), int(one.frame_b))
            yield _row("identical", _named(ends[1]), *splits, *ends, 0.0, 1.0)
    a, b = (small[part.index.to_numpy(dtype=int)] for part in (first, second))
    with Progress(f"leakage: {' and '.join(splits)}", STEPS) as progress:
        twins = find_twins(a, b, config.hash_bits, config.likeness, progress.advance)
    for at, (i, j) in enumerate(zip(twins.first, twins.second, strict=True)):
        ends = _end(first, i), _end(second, j)
        if (ends[0][0], ends[1][0]) not in done:
            done.add((ends[0][0], ends[1][0]))
            alike = twins.distance[at], twins.likeness[at]
            yield _row("near_duplicate", _named(ends[1]), *splits, *ends, *alike)


def _end(rows: pd.DataFrame, place: int) -> tuple[str, int]:
    return str(rows["clip"].iloc[place]), int(rows["frame"].iloc[place])


def _named(end: tuple[str, int]) -> str:
    return f"{end[0]}, frame {end[1]}"


def _row(
    kind: str,
    name: str,
    split_a: str,
    split_b: str,
    first: tuple[str, int],
    second: tuple[str, int],
    distance: float = np.nan,
    likeness: float = np.nan,
) -> Row:
    return {
        "kind": kind,
        "name": name,
        "split_a": split_a,
        "split_b": split_b,
        "clip_a": first[0],
        "frame_a": first[1],
        "clip_b": second[0],
        "frame_b": second[1],
        "distance": float(distance),
        "likeness": float(likeness),
    }


def _counts(
    clips: pd.DataFrame, rows: pd.DataFrame, leaks: Sequence[Mapping[str, Any]], splits: list[str]
) -> dict[str, Any]:
    """Count what each split holds, and what each two of them share."""
    holds = {}
    for split in splits:
        own = clips[clips["split"] == split]
        holds[split] = {
            "persons": int(own["person"].nunique()),
            "outfits": int(own["outfit"].nunique()),
            "clips": len(own),
            "pictures": int((rows["split"] == split).sum()),
        }
    pairs = []
    for a, b in combinations(splits, 2):
        own_leaks = [
            leak["kind"] for leak in leaks if (leak["split_a"], leak["split_b"]) == (a, b)
        ]
        pairs.append({"split_a": a, "split_b": b} | {k: own_leaks.count(k) for k in KINDS})
    return {"splits": holds, "pairs": pairs}
