"""Depth swaps: one limb's depth label turned over, the 2D pose the same. What changes, and where?

The experiment of chapter 3.5 of Yuan 2019, with a number to it: the share of pixels that change
inside the region of that limb, against the share outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from repose.files import read_json
from repose.metrics.bootstrap import Estimate, mean_estimate
from repose.report.origins import of_table
from repose.report.pictures import Grid, GridRow, cut
from repose.report.results import Results
from repose.report.stored import Stored, stored_images
from repose.report.tables import Cell, Row, Table, measured, number, plain

FACTS = "swaps.json"
SHOWN = 6  # pairs in the figure
LEVELS = 255  # of a colour
SQUARES = ("target pose", "image", "depth turned over", "image then", "difference, amplified")
DEPTHS = {-1: "behind", 0: "in the plane", 1: "in front"}


@dataclass(frozen=True)
class Swaps:
    """The depth swaps of one model.

    Attributes:
        name: Of the model.
        pairs: One row per pair: pair, limb, from, to, inside_share, outside_share, person.
        threshold: By how much a pixel must differ to count as changed, of colours in [0, 1].
        strips: One wide picture per pair, the squares side by side; of the first pairs alone.
        inside: Mean share of changed pixels inside the limb's region.
        outside: The same outside of it.
        difference: Inside minus outside.
    """

    name: str
    pairs: pd.DataFrame
    threshold: float
    strips: Stored
    inside: Estimate
    outside: Estimate
    difference: Estimate


def read_all(
    results: Results, images: Sequence[Path], pairs: pd.DataFrame, draws: int, seed: int
) -> list[Swaps]:
    """Read the depth swaps of the models that have some, in the order of the tables.

    Args:
        results: Of this run.
        images: Folder of each method's images.
        pairs: The pair table: persons, over whom the intervals are formed.
        draws: Bootstrap draws of these intervals.
        seed: Of the draws.
    """
    folders = {folder.name: folder for folder in images}
    persons = dict(zip(pairs["pair"], pairs["person"], strict=True))
    own = (folders.get(method.name) for method in results.runs if method.trained)
    found = (read_swaps(folder, persons, draws, seed) for folder in own if folder is not None)
    return [swaps for swaps in found if swaps is not None]


def read_swaps(folder: Path, persons: Mapping[int, str], draws: int, seed: int) -> Swaps | None:
    """Read what a model's depth swaps left.

    Args:
        folder: Of its generated images: `swaps.json`, `swaps.parquet`, `swaps.pack`.
        persons: Who is seen in each pair.
        draws: Bootstrap draws of the intervals.
        seed: Of the draws.

    Returns:
        None where the model has none.
    """
    if not (folder / FACTS).is_file():
        return None
    found: dict[str, Any] = read_json(folder / FACTS)
    if not found["pairs"]:
        return None
    pairs = pd.DataFrame(found["pairs"])
    pairs = pairs.astype({"inside_share": float, "outside_share": float})
    pairs["person"] = pairs["pair"].map(persons)
    inside, outside = pairs["inside_share"], pairs["outside_share"]
    means = (
        mean_estimate(values, pairs["person"], draws=draws, seed=seed)
        for values in (inside, outside, inside - outside)
    )
    strips = stored_images(folder, "swaps")
    return Swaps(folder.name, pairs, float(found["threshold"]), strips, *means)


def swaps_grid(swaps: Swaps) -> Grid:
    """Show the pairs that have a picture, from the one that changes most inside the limb."""
    kept = swaps.pairs[[pair in swaps.strips for pair in swaps.pairs["pair"]]]
    ranked = kept.sort_values(["inside_share", "pair"], ascending=[False, True])
    rows = [
        GridRow(_spoken(row), cut(swaps.strips[row["pair"]]))
        for row in _spread(ranked, SHOWN).to_dict("records")
    ]
    title = f"Depth swaps of {swaps.name}: one limb's depth turned over, the 2D pose kept"
    order = "From the pair that changes most inside the limb to the one that changes least, of"
    notes = [sentence(swaps), f"{order} the {len(kept)} that have a picture."]
    return Grid(f"swaps_{swaps.name}", title, SQUARES, rows, notes)


def sentence(swaps: Swaps) -> str:
    """Say where the image changed, with numbers."""
    inside, outside, gap = swaps.inside, swaps.outside, swaps.difference
    people = "1 person" if inside.persons == 1 else f"{inside.persons} people"
    said = (
        f"{swaps.name}: of the pixels inside the limb's region {_percent(inside.value)} changed by"
        f" more than {_levels(swaps)}, of those outside {_percent(outside.value)}: means over"
        f" {inside.pairs} pairs of {people}"
    )
    if gap.has_interval:
        value, low, high = (number(100 * end, 1) for end in (gap.value, gap.low, gap.high))
        said += f"; difference {value} points, 95 % interval {low} to {high}"
    return f"{said}."


def swaps_table(found: Sequence[Swaps]) -> Table | None:
    """List every swap of every model, each model's means first."""
    if not found:
        return None
    rows = []
    for swaps in found:
        rows.append(Row(swaps.name, heading=True))
        origin = of_table(f"generate/{swaps.name}/{FACTS}")
        means = [measured(e, 3, origin=origin) for e in (swaps.inside, swaps.outside)]
        means.append(measured(swaps.difference, 3, signed=True, origin=origin))
        blank = [Cell("", origin=origin)] * 3
        rows.append(Row(f"mean of {swaps.inside.pairs} pairs", [*blank, *means]))
        for row in swaps.pairs.to_dict("records"):
            shares = (row["inside_share"], row["outside_share"])
            words = [limb_name(row["limb"]), _depth(row["from"]), _depth(row["to"])]
            gap = number(shares[0] - shares[1], 3, signed=True)
            cells = [*map(Cell, words), *map(plain, shares), Cell(gap)]
            cells = [replace(cell, origin=origin) for cell in cells]
            rows.append(Row(f"pair {row['pair']}", cells))
    columns = ["", "limb", "from", "to", "changed inside", "changed outside", "inside − outside"]
    notes = [
        "Share of the pixels inside the limb's region, and of those outside, that differ by more"
        f" than {_levels(found[0])} between the two images; the 2D pose is the same in both."
    ]
    return Table("swaps", "Depth swaps: where the image changes", columns, rows, notes)


def limb_name(limb: str) -> str:
    """Spell a limb for people: `l_thigh` is the left thigh."""
    side, _, rest = limb.partition("_")
    words = f"{ {'l': 'left', 'r': 'right'}[side] }_{rest}" if side in ("l", "r") else limb
    return words.replace("_", " ")


def _spoken(row: Mapping[Any, Any]) -> str:
    turned = f"{limb_name(row['limb'])} from {_depth(row['from'])} to {_depth(row['to'])}"
    shares = f"{_percent(row['inside_share'])} inside, {_percent(row['outside_share'])} outside"
    return f"Pair {row['pair']}, {turned}: changed {shares}"


def _levels(swaps: Swaps) -> str:
    return f"{swaps.threshold * LEVELS:g} of {LEVELS} levels"


def _depth(label: Any) -> str:
    return DEPTHS.get(label, str(label))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share == share else "nothing"  # NaN: no such region


def _spread(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Choose evenly from the first to the last."""
    count = min(most, len(rows))
    places = [round(i * (len(rows) - 1) / max(count - 1, 1)) for i in range(count)]
    return rows.iloc[places]
