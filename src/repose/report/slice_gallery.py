"""The worst pairs of a slice in one picture: source, target, and what each method made of them."""

from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from repose.data.tables import read_columns
from repose.metrics.scores import SCORE
from repose.report.methods import BASELINES
from repose.report.origins import images_of
from repose.report.pictures import Grid, GridRow, Shown
from repose.report.slices import Scored
from repose.report.stored import Place, Stored

_PLACE = ["offset", "length"]


def gallery(scored: Scored, pairs: Sequence[int], score: str) -> Grid:
    """Show source, target and what each method made of some pairs.

    Args:
        scored: All pairs.
        pairs: Which, in order.
        score: That stands under what a method made.

    Raises:
        ReposeError: missing-image.
    """
    rows = scored.pairs.loc[list(pairs)]
    crops = _crops(scored.root, rows)
    methods = [name for name in scored.scores if name not in BASELINES]
    folders = {name: scored.root / images_of(name) for name in methods}
    made = {n: _images(f) for n, f in folders.items() if (f / "images.parquet").is_file()}
    lines = []
    for pair, row in rows.iterrows():
        shown = [Shown(crops[row[f"{end}_clip"], row[f"{end}_frame"]], "") for end in
                 ("source", "target")]  # fmt: skip
        for name, images in made.items():
            value = scored.scores[name][score].loc[pair]
            shown.append(Shown(images[pair], f"{value:.{SCORE[score].digits}f}"))
        lines.append(GridRow(f"pair {pair}, {row['person']}", shown))
    return Grid("slice", "The worst of the slice", ["source", "target", *made], lines)


def _crops(root: Path, pairs: pd.DataFrame) -> Stored:
    """Find the crops of some pairs: of large tables only the columns that say where they lie."""
    wanted: set[Hashable] = set()
    for end in ("source", "target"):
        wanted |= set(zip(pairs[f"{end}_clip"], pairs[f"{end}_frame"], strict=True))
    places: dict[Hashable, Place] = {}
    for folder in sorted((root / "crops").glob("*")):
        places |= {key: place for key, place in _places(folder) if key in wanted}
    return Stored(places, root / "crops")


def _places(folder: Path) -> Iterator[tuple[Hashable, Place]]:
    if not (folder / "crops.parquet").is_file():
        return
    names = ["clip", "frame", *_PLACE]
    table = read_columns(folder / "crops.parquet", "crops", names)
    columns = (table[name].tolist() for name in names)
    for clip, frame, offset, length in zip(*columns, strict=True):
        yield (clip, frame), (folder / "crops.pack", offset, length)


def _images(folder: Path) -> Stored:
    table = read_columns(folder / "images.parquet", "images", ["pair", *_PLACE])
    pack = folder / "images.pack"
    rows = zip(*(table[name].tolist() for name in ("pair", *_PLACE)), strict=True)
    return Stored({pair: (pack, offset, length) for pair, offset, length in rows}, folder)
