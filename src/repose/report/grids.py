"""Grids of pictures: pairs and what each method makes of them, and what models see inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from repose.data.tables import table_metadata
from repose.errors import shown
from repose.metrics.scores import SCORE
from repose.report.compare import PEOPLE
from repose.report.methods import CEILING, COPY, Method
from repose.report.pictures import Grid, GridRow, Image, Shown, choose_pairs, cut
from repose.report.results import Results
from repose.report.skeletons import draw_pose
from repose.report.stored import Stored, stored_frames, stored_images

VIEWED = 4  # pairs whose inner views are shown
VIEWS = "foreground,alpha,background"  # of tables that do not name theirs
NAMED = 6  # views that a title lists
KEPT = 2  # the target stays in view


@dataclass
class Shelf:
    """Where all pictures of pairs are found.

    Attributes:
        pairs: The pair table, by pair number.
        crops: By (clip, frame).
        joints: (19, 3) px of each crop, by (clip, frame).
        folders: Of each method's images, by its name.
    """

    pairs: pd.DataFrame
    crops: Stored
    joints: Mapping[Any, np.ndarray]
    folders: Mapping[str, Path]
    _generated: dict[str, Stored] = field(default_factory=dict)

    def generated(self, method: str) -> Stored:
        """Return a method's images by pair number."""
        if method not in self._generated:
            self._generated[method] = stored_images(self.folders[method])
        return self._generated[method]

    def given(self, pair: int) -> tuple[Image, Image, Image]:
        """Return source, target pose and target of a pair."""
        row = self.pairs.loc[pair]
        ends = [(row[f"{end}_clip"], row[f"{end}_frame"]) for end in ("source", "target")]
        source, target = (self.crops[end] for end in ends)
        return source, draw_pose(self.joints[ends[1]], target.shape[0]), target

    def named(self, pair: int) -> str:
        """Say which pair it is, of whom, and how far the person turns."""
        row = self.pairs.loc[pair]
        turn = np.degrees(row["view_change_rad"])
        turned = f", turned by {turn:.0f}°" if np.isfinite(turn) else ""
        return f"pair {pair}, {shown(row['person'])}{turned}"


def open_shelf(pairs: pd.DataFrame, crops: Sequence[Path], images: Sequence[Path]) -> Shelf:
    """Open the crops of all shards and the folders of all methods."""
    stored, rows = stored_frames(crops, "crops")
    targets = set(zip(pairs["target_clip"], pairs["target_frame"], strict=True))
    keys = zip(rows["clip"], rows["frame"], strict=True)
    joints = {
        key: np.asarray(points).reshape(-1, 3)
        for key, points in zip(keys, rows["joints_px"], strict=True)
        if key in targets
    }
    folders = {folder.name: folder for folder in images}
    return Shelf(pairs.set_index("pair"), stored, joints, folders)


def pair_grids(results: Results, shelf: Shelf, rows: int, order: str) -> list[Grid]:
    """Show pairs from the best to the worst of the leading model, per split.

    Copying is the source itself, and the true image as JPEG 90 cannot be told from the target:
    their scores stand under those two, which takes two columns less.

    Args:
        results: Scores.
        shelf: Where the pictures are.
        rows: Pairs per split.
        order: Score to choose by, and to print under the pictures.
    """
    score, leader = SCORE[order], results.leader
    have = [method for method in results.runs if method.name in shelf.folders]
    models = [method for method in have if method.trained]
    names = {method.name for method in have}
    first = "source, also as copy" if COPY in names else "source"
    last = "target, also as JPEG 90" if CEILING in names else "target"
    columns = [first, "target pose", last, *(method.label for method in models)]
    grids = []
    for split in results.splits:
        tables = results.of(split)
        chosen = choose_pairs(tables[leader.name], order, rows, higher=score.higher_is_better)
        values = {m.name: tables[m.name].set_index("pair")[order] for m in have}
        lines = [_pair_row(pair, what, shelf, models, values) for pair, what in chosen.items()]
        note = (
            f"From the best to the worst of {len(tables[leader.name])} pairs by the {score.label}"
            f" {score.arrow} of {leader.label}, evenly spread; under each picture its own."
        )
        title = PEOPLE[split].capitalize()
        grids.append(Grid(f"pairs_{split}", title, columns, lines, [note], KEPT))
    return grids


def _pair_row(
    pair: int,
    what: str,
    shelf: Shelf,
    models: Sequence[Method],
    values: Mapping[str, pd.Series],
) -> GridRow:
    def caption(name: str) -> str:
        value = values[name].get(pair, np.nan) if name in values else np.nan
        return f"{value:.3f}" if np.isfinite(value) else ""

    source, pose, target = shelf.given(pair)
    images = [Shown(source, caption(COPY)), Shown(pose), Shown(target, caption(CEILING))]
    images += [Shown(shelf.generated(m.name)[pair], caption(m.name)) for m in models]
    label = f"{what}: {shelf.named(pair)}" if what else shelf.named(pair)
    return GridRow(_sentence(label), images)


def view_grids(results: Results, shelf: Shelf) -> list[Grid]:
    """Show what each model with inner views makes on its way from source to result."""
    found = (_views(method, shelf) for method in results.runs if method.trained)
    return [grid for grid in found if grid is not None]


def _views(method: Method, shelf: Shelf) -> Grid | None:
    folder = shelf.folders.get(method.name)
    if folder is None or not (folder / "views.parquet").is_file():
        return None
    stored = stored_images(folder, "views")
    strips = {int(str(pair)): cut(stored[pair]) for pair in stored.keys[:VIEWED]}
    if not strips:
        return None
    named = table_metadata(folder / "views.parquet").get("views", VIEWS)
    if named == "image":  # it shows nothing but its result
        return None
    names = [name.strip().replace("_", " ") for name in named.split(",")]
    count = len(next(iter(strips.values())))
    # Those that the table does not name are counted.
    names = [names[i] if i < len(names) else f"view {i + 1}" for i in range(count)]
    rows = []
    for pair, squares in strips.items():
        given = [Shown(image) for image in shelf.given(pair)]
        result = Shown(shelf.generated(method.name)[pair])
        rows.append(GridRow(_sentence(shelf.named(pair)), [*given, *squares, result]))
    columns = ["source", "target pose", "target", *names, "result"]
    told = ", ".join(names) if count <= NAMED else f"{count} views"
    title = f"Inside {method.label}: {told}"
    return Grid(f"views_{method.name}", title, columns, rows, kept=KEPT)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
