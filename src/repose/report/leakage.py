"""What the splits share, as a table, in a line for each two splits, and in pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from repose.data.tables import read_table, table_metadata
from repose.errors import shown
from repose.files import read_json
from repose.report.pictures import Grid, GridRow, Shown
from repose.report.stored import Stored
from repose.report.tables import Cell, Row, Table

PICTURED = 8  # pairs of clips whose pictures are shown
NAMED = 12  # leaks of one kind that the table names
ORIGIN = "table:leakage/leaks.parquet"

# What a kind is called, and what of a split it is counted among.
_WORDS = {
    "identity": ("persons", "persons"),
    "garment": ("outfits", "outfits"),
    "identical": ("clips with equal pictures or files", "clips"),
    "near_duplicate": ("clips with nearly equal pictures", "clips"),
}


@dataclass(frozen=True)
class Leakage:
    """What the stage `leakage` found.

    Args:
        leaks: The table "leaks".
        counts: What each split holds, and what each two share.
        settings: When two pictures counted as one.
    """

    leaks: pd.DataFrame
    counts: dict[str, Any]
    settings: dict[str, Any]


def read_leakage(folder: Path) -> Leakage:
    """Read what the stage wrote."""
    path = folder / "leaks.parquet"
    counts = read_json(folder / "leakage.json")
    return Leakage(read_table(path, "leaks"), counts, table_metadata(path))


def leakage_lines(found: Leakage) -> list[str]:
    """Say in one sentence for each two splits what they share."""
    lines = []
    for pair in found.counts["pairs"]:
        a, b = pair["split_a"], pair["split_b"]
        shared = [_part(found, pair, kind) for kind in _WORDS if pair[kind]]
        told = "; ".join(shared) or "no person, no outfit and no picture"
        lines.append(f"{a.capitalize()} and {b} share {told}.")
    return lines or ["There is but one split, so nothing can be shared."]


def leakage_warnings(found: Leakage) -> list[str]:
    """Say what of the scored splits was trained on: it must be known before any number."""
    lines = zip(found.counts["pairs"], leakage_lines(found), strict=False)
    return [line for pair, line in lines if any(pair[kind] for kind in _WORDS)]


def leakage_table(found: Leakage) -> Table:
    """Count what each two splits share, and name the first of each kind."""
    rows = []
    for pair in found.counts["pairs"]:
        a, b = pair["split_a"], pair["split_b"]
        rows.append(Row(f"{a} and {b}", heading=True))
        for kind, (words, among) in _WORDS.items():
            own = found.leaks[found.leaks["kind"] == kind]
            own = own[(own["split_a"] == a) & (own["split_b"] == b)]
            holds = found.counts["splits"]
            cells = [str(pair[kind]), *(str(holds[split][among]) for split in (a, b))]
            cells.append(_names(own["name"].tolist()))
            label = f"pairs of {words}" if among == "clips" else words
            rows.append(Row(label, [Cell(text, origin=ORIGIN) for text in cells]))
    settings = found.settings
    notes = [
        "Of DeepFashion a person is a garment, which one model wears in all its colours, and an"
        " outfit one colour of it.",
        "Pictures are the crops; they count as nearly equal when their hashes (64 bits of the low"
        f" frequencies) differ in at most {settings['hash_bits']} bits and their colours and"
        f" details correlate with at least {settings['likeness']:g}, trimmed by up to 8 % or"
        " not. Two clips count once, however many pictures they share.",
    ]
    columns = ["shared by", "number", "of the first", "of the second", "first ones"]
    return Table("leakage", "What the splits share", columns, rows, notes)


def leakage_grid(found: Leakage, crops: Stored) -> Grid | None:
    """Show the pictures of two splits that are most alike; None where there are none."""
    own = found.leaks[found.leaks["kind"].isin(["identical", "near_duplicate"])]
    own = own.sort_values(["likeness", "distance"], ascending=[False, True], kind="stable")
    rows: list[GridRow] = []
    for leak in own.itertuples():
        ends = [(leak.clip_a, leak.frame_a), (leak.clip_b, leak.frame_b)]
        if len(rows) < PICTURED and all(end in crops for end in ends):
            captions = [f"{shown(clip)}, frame {frame}" for clip, frame in ends]
            label = f"{leak.distance:.0f} bits, likeness {leak.likeness:.3f}"
            images = [Shown(crops[e], text) for e, text in zip(ends, captions, strict=True)]
            rows.append(GridRow(label, images))
    if not rows:
        return None
    title = "Pictures of two splits that are most alike"
    return Grid("leakage", title, ["in one split", "in another"], rows)


def _part(found: Leakage, pair: dict[str, Any], kind: str) -> str:
    words, among = _WORDS[kind]
    of = found.counts["splits"][pair["split_b"]][among]
    count = pair[kind]
    if among == "clips":  # one may be like several of the other split
        own = found.leaks[found.leaks["kind"] == kind]
        between = (own["split_a"] == pair["split_a"]) & (own["split_b"] == pair["split_b"])
        count = own[between]["clip_b"].nunique()
    if count == 1:
        words = words.replace(words.split()[0], words.split()[0].removesuffix("s"), 1)
    return f"{count} {words} (of {of} in {pair['split_b']})"


def _names(names: Sequence[str]) -> str:
    told = ", ".join(shown(name) for name in names[:NAMED])
    return f"{told} and {len(names) - NAMED} more" if len(names) > NAMED else told
