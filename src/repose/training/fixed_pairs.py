"""Which of the fixed pairs are looked at while a model learns."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from repose.data.samples import Crops
from repose.data.tables import read_table

ENDS = ("source", "target")


def fixed_pairs(pairs: Path, crops: Crops, splits: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return rows of source and target (N, 2) of the fixed pairs, by the people they show."""
    table = read_table(pairs, "pairs")
    seen = table.split.isin(splits)
    found = {}
    for name, rows in (("train", table[seen]), ("unseen", table[~seen])):
        ends = [crops.rows(rows[f"{end}_clip"], rows[f"{end}_frame"]) for end in ENDS]
        found[name] = np.stack(ends, axis=1)
    return found


def spread_out(pairs: Mapping[str, np.ndarray], count: int) -> np.ndarray:
    """Choose so many pairs of each kind of people, evenly spread: (N, 2)."""
    chosen = []
    for rows in pairs.values():
        spread = np.linspace(0, len(rows) - 1, min(count, len(rows)))
        chosen.append(rows[spread.astype(int)])
    return np.concatenate(chosen)
