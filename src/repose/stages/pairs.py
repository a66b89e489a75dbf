"""From all crops to the fixed lists of pairs, drawn or the data set's own."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from repose.data.pair_facts import pose_distance, scale_change, view_change_rad, visible_share
from repose.data.pairs import OutfitIndex, leaks, list_pairs
from repose.data.tables import read_table, stack, table_metadata, write_table
from repose.errors import ReposeError, nearest, shown
from repose.manifests import write_manifest

CHUNK = 64  # pairs whose part masks are held in memory at a time

# What a list without people means for the other one.
NOBODY = {
    "test": "nobody is kept for the test: pairs are listed of training people only",
    "train": "nobody is there to train on: pairs are listed of test people only",
}


OFFICIAL = ("none", "all")


@dataclass(frozen=True)
class Config:
    """How many pairs are listed, and whether the official split may leak.

    Args:
        test_pairs: Pairs of the split test; of an official list the first so many, 0 for all.
        train_pairs: Pairs of the split train, likewise.
        seed: Of the drawn lists.
        official_split: Whether persons and outfits may stand in two splits.
        official_pairs: `all`: the data set's own lists, for the splits that have one; `none`:
            all lists are drawn.
    """

    test_pairs: int
    train_pairs: int
    seed: int
    official_split: bool
    official_pairs: str


def run(
    config: Config,
    *,
    frames: list[Path],
    stills: Path,
    official: Path,
    crops: list[Path],
    output: Path,
) -> None:
    """List the pairs that are scored (split test) and watched while training (split train).

    One of the two splits may have nobody in it; its list is then empty. Of an official list the
    pairs are left out of which a frame has no usable crop. `frames` know the number that a frame
    has in the source, `stills` the names of images.

    Raises:
        ReposeError: leakage, no-split, no-pairs, no-crops or unknown-value.
    """
    if config.official_pairs not in OFFICIAL:
        mend = nearest(config.official_pairs, OFFICIAL)
        raise ReposeError(
            "unknown-value", f"pairs.official_pairs: {config.official_pairs}", mend=mend
        )
    usable, size = _usable(crops)
    _check_splits(config, usable, crops[0])
    usable = _with_names(usable, frames, stills)
    lists = _official(config, usable, official) if config.official_pairs != "none" else {}
    given = sorted(lists)
    lists |= _lists(config, usable, set(lists), crops[0])
    rows = [_describe(usable, lists[s], s, size) for s in ("test", "train") if s in lists]
    table = pd.concat(rows, ignore_index=True)
    table.insert(0, "pair", np.arange(len(table), dtype=np.int32))
    facts = {"size": size, "seed": config.seed, "official": given}
    write_table(table, output, "pairs", facts)
    write_manifest(output, asdict(config))
    _report(table)


def _usable(crops: list[Path]) -> tuple[pd.DataFrame, int]:
    """Read the usable crops of all shards, in order, and their size."""
    tables = [folder / "crops.parquet" for folder in crops]
    table = read_table(tables, "crops")
    table = table[table["usable"]].sort_values(["clip", "frame"], ignore_index=True)
    if table.empty:
        mend = "were people detected in the videos?"
        raise ReposeError("no-crops", "no usable crop", path=crops[0], mend=mend)
    return table, int(table_metadata(tables[0])["size"])


def _report(table: pd.DataFrame) -> None:
    counts = table.groupby("split", sort=False)["person"].agg(["size", "nunique"])
    said = ", ".join(
        f"{c['size']} {split} of {c['nunique']} persons" for split, c in counts.iterrows()
    )
    print(f"pairs: {said}")
    lacking = {
        name: int(table[name].isna().sum())
        for name in ("pose_distance", "view_change_rad", "visible_share", "scale_change")
    }
    if any(lacking.values()):
        said = ", ".join(f"{name} of {count}" for name, count in lacking.items() if count)
        print(f"pairs: joints or their depth are missing, so not known is {said} pairs")


def _with_names(usable: pd.DataFrame, frames: list[Path], stills: Path) -> pd.DataFrame:
    """Add to each crop the number of its frame in the source, and its name."""
    stored = read_table([folder / "frames.parquet" for folder in frames], "frames")
    stored = stored[["clip", "frame", "source_frame"]]
    images = read_table(stills, "stills")[["clip", "frame", "name"]]
    images = images.rename(columns={"frame": "source_frame"})
    named = usable.merge(stored, on=["clip", "frame"], how="left")
    named = named.merge(images, on=["clip", "source_frame"], how="left")
    own = [f"{c}_{f:05d}" for c, f in zip(named["clip"], named["frame"], strict=True)]
    return named.assign(name=named["name"].fillna(pd.Series(own)))


def _official(config: Config, usable: pd.DataFrame, path: Path) -> dict[str, np.ndarray]:
    """Find the crops of the data set's own lists, in their order."""
    listed = read_table(path, "official_pairs")
    if listed.empty:
        mend = "set pairs.official_pairs to none, or ingest.layout to one that has lists"
        raise ReposeError("no-pairs", "the data set has no lists of pairs", path=path, mend=mend)
    index = pd.MultiIndex.from_frame(usable[["clip", "source_frame"]])
    lists = {}
    for split, most in (("test", config.test_pairs), ("train", config.train_pairs)):
        part = listed[listed["split"] == split]
        keys = (part[[f"{end}_clip", f"{end}_frame"]] for end in ("source", "target"))
        rows = np.stack([index.get_indexer(pd.MultiIndex.from_frame(k)) for k in keys], axis=1)
        found = rows[(rows >= 0).all(axis=1)]
        if len(part):
            print(
                f"pairs: {len(found)} of the {len(part)} official pairs of {split} have two "
                "usable crops"
            )
        if len(part) and not len(found):
            said = f"no official pair of {split} has two usable crops"
            mend = "loosen crops.min_score, min_inside and min_joints, or correct the given poses"
            raise ReposeError("no-pairs", said, path=path, mend=mend)
        if len(found):
            lists[split] = found[: most or None]
    return lists


def _lists(
    config: Config, usable: pd.DataFrame, made: set[str], path: Path
) -> dict[str, np.ndarray]:
    """Draw the list of each other split that has people and wants pairs."""
    counts = {"test": config.test_pairs, "train": config.train_pairs}
    present = set(usable["split"])
    lists = {}
    for split in (split for split in counts if split in present - made and counts[split]):
        try:
            index = OutfitIndex.of(usable, [split])
        except ReposeError as error:
            raise ReposeError("no-pairs", error.message, path=path, mend=error.mend) from error
        lists[split] = list_pairs(config.seed, index, counts[split])
    if not lists and not made:
        wanted = " and ".join(f"{count} of {split}" for split, count in counts.items())
        said = f"pairs are wanted {wanted}, usable frames are all in {', '.join(sorted(present))}"
        mend = "put people into these splits (column split of videos.csv), or want pairs"
        raise ReposeError("no-pairs", said, path=path, mend=mend)
    for split in set(counts) - present - made:
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


def _describe(usable: pd.DataFrame, pairs: np.ndarray, split: str, size: int) -> pd.DataFrame:
    source, target = (usable.iloc[column] for column in pairs.T)
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
        "source_name": source["name"].to_numpy(),
        "target_name": target["name"].to_numpy(),
    }
    return pd.DataFrame(columns).join(pd.concat(facts, ignore_index=True))


def _facts(source: pd.DataFrame, target: pd.DataFrame, size: int) -> pd.DataFrame:
    start, end = (_points(table["joints_px"]) for table in (source, target))
    metric = [_points(table["joints_mm"]) for table in (source, target)]
    turn = view_change_rad(*metric)
    return pd.DataFrame(
        {
            "pose_distance": pose_distance(start, end, size),
            "view_change_rad": turn,
            "visible_share": visible_share(start, end, turn, size),
            "scale_change": scale_change(start, metric[0], end, metric[1]),
        }
    )


def _points(column: pd.Series) -> np.ndarray:
    return stack(column).reshape(len(column), -1, 3).astype(np.float64)
