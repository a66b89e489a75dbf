"""The run in plain numbers and curves, by which two runs are compared: `dvc metrics`, `dvc plots`.

The page, the tables and the figures are for reading; these are for other tools.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from repose.files import write_json
from repose.metrics.scores import SCORES
from repose.report.results import Results

METRICS, CURVES, BARS = "metrics", "plots/losses", "plots/scores.csv"
POINTS = 1000  # of a curve: more than a screen is wide


def write_plain(results: Results, train: Sequence[Path], folder: Path) -> None:
    """Write each method's scores of the main table, and the losses of each training.

    Args:
        results: Scores.
        train: Folders of the trained models.
        folder: Takes metrics/<method>.json, plots/losses/<method>.csv and plots/scores.csv.
    """
    scores = {name: main_scores(results, name) for name in results.summaries}
    for name, values in scores.items():
        write_json(folder / METRICS / f"{name}.json", values)
    (folder / CURVES).mkdir(parents=True)
    bars = pd.DataFrame([{"method": name} | values for name, values in scores.items()])
    bars.to_csv(folder / BARS, index=False)
    for path in train:
        losses = thin(pd.read_csv(path / "losses.csv"))
        losses.to_csv(folder / CURVES / f"{path.name}.csv", index=False)


def main_scores(results: Results, method: str) -> dict[str, float]:
    """Return a method's means over the main split; what was not scored is left out."""
    means = {s.name: results.estimate(method, results.main_split, s.name).value for s in SCORES}
    return {name: value for name, value in means.items() if math.isfinite(value)}


def thin(losses: pd.DataFrame) -> pd.DataFrame:
    """Keep the last row and, of the others, as many as a curve needs."""
    every = max(1, math.ceil(len(losses) / POINTS))
    return losses[(len(losses) - 1 - losses.index) % every == 0]
