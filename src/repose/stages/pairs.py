"""From all crops to the fixed lists of pairs."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from repose.data.pairs import (
    OutfitIndex,
    leaks,
    list_pairs,
    pose_distance,
    view_change_rad,
    visible_share,
)
from repose.data.tables import read_table, stack, table_metadata, write_table
from repose.errors import ReposeError, shown
from repose.manifests import write_manifest

CHUNK = 64  # pairs whose part masks are held in memory at a time

# What a list without people means for the other one.
NOBODY = {
    "test": "nobody is kept for the test: pairs are listed of training people only",
    "train": "nobody is there to train on: pairs are listed of test people only",
}


@dataclass(frozen=True)
class Config:
    """How many pairs are listed, and whether the official split may leak."""

    test_pairs: int
    train_pairs: int
    seed: int
    official_split: bool


def run(config: Config, *, crops: list[Path], output: Path) -> None:
    """List the pairs that are scored (split test) and watched while training (split train).

    One of the two splits may have nobody in it; its list is then empty.

    Raises:
        ReposeError: leakage, no-split, no-pairs or no-crops.
    """
    tables = [folder / "crops.parquet" for folder in crops]
    frames = read_table(tables, "crops")
    frames = frames[frames["usable"]].sort_values(["clip", "frame"], ignore_index=True)
    if frames.empty:
        mend = "were people detected in the videos?"
        raise ReposeError("no-crops", "no usable crop", path=crops[0], mend=mend)
    _check_splits(config, frames, crops[0])
    size = int(table_metadata(tables[0])["size"])
    lists = _lists(config, frames, crops[0])
    rows = [_describe(frames, pairs, split, size) for split, pairs in lists.items()]
    table = pd.concat(rows, ignore_index=True)
    table.insert(0, "pair", np.arange(len(table), dtype=np.int32))
    write_table(table, output, "pairs", {"size": size, "seed": config.seed})
    write_manifest(output, asdict(config))
    counts = table.groupby("split", sort=False)["person"].agg(["size", "nunique"])
    said = ", ".join(
        f"{c['size']} {split} of {c['nunique']} persons" for split, c in counts.iterrows()
    )
    print(f"pairs: {said}")


def _lists(config: Config, frames: pd.DataFrame, path: Path) -> dict[str, np.ndarray]:
    """Draw the list of each split that has people and wants pairs."""
    counts = {"test": config.test_pairs, "train": config.train_pairs}
    present = set(frames["split"])
    lists = {}
    for split in (split for split in counts if split in present and counts[split]):
        try:
            index = OutfitIndex.of(frames, [split])
        except ReposeError as error:
            raise ReposeError("no-pairs", error.message, path=path, mend=error.mend) from error
        lists[split] = list_pairs(config.seed, index, counts[split])
    if not lists:
        wanted = " and ".join(f"{count} of {split}" for split, count in counts.items())
        said = f"pairs are wanted {wanted}, usable frames are all in {', '.join(sorted(present))}"
        mend = "put people into these splits (column split of videos.csv), or want pairs"
        raise ReposeError("no-pairs", said, path=path, mend=mend)
    for split in set(counts) - present:
        print(f"pairs: {NOBODY[split]}")
    return lists


def _check_splits(config: Config, frames: pd.DataFrame, path: Path) -> None:
    if (frames["split"] == "").any():
        clip = frames.loc[frames["split"] == "", "clip"].iloc[0]
        mend = "name it in the column split of videos.csv"
        raise ReposeError("no-split", f"clip {clip} belongs to no split", path=path, mend=mend)
    leaking = leaks(frames)
    if not leaking:
        return
    said = f"{len(leaking)} in more than one split: {'; '.join(leaking[:3])}"
    if not config.official_split:
        mend = "split by person, or set pairs.official_split if the data set itself has it so"
        raise ReposeError("leakage", said, path=path, mend=mend)
    print(f"pairs: the official split leaks, {shown(said)}")


def _describe(frames: pd.DataFrame, pairs: np.ndarray, split: str, size: int) -> pd.DataFrame:
    source, target = (frames.iloc[column] for column in pairs.T)
    facts = [
        _facts(source.iloc[i : i + CHUNK], target.iloc[i : i + CHUNK], size)
        for i in range(0, len(pairs), CHUNK)
    ]
    columns = {
        "source_clip": source["clip"].to_numpy(),
        "source_frame": source["frame"].to_numpy(),
        "target_clip": target["clip"].to_numpy(),
        "target_frame": target["frame"].to_numpy(),
        "person": source["person"].to_numpy(),
        "outfit": source["outfit"].to_numpy(),
        "split": split,
    }
    return pd.DataFrame(columns).join(pd.concat(facts, ignore_index=True))


def _facts(source: pd.DataFrame, target: pd.DataFrame, size: int) -> pd.DataFrame:
    start, end = (_points(table["joints_px"]) for table in (source, target))
    turn = view_change_rad(*(_points(table["joints_mm"]) for table in (source, target)))
    return pd.DataFrame(
        {
            "pose_distance": pose_distance(start, end, size),
            "view_change_rad": turn,
            "visible_share": visible_share(start, end, turn, size),
        }
    )


def _points(column: pd.Series) -> np.ndarray:
    return stack(column).reshape(len(column), -1, 3).astype(np.float64)
