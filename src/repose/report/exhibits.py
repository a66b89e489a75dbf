"""The pictures of a report: pairs, inner views, trainings over time, poses over frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from repose.data.packs import decode
from repose.errors import shown
from repose.metrics.scores import SCORE
from repose.report.compare import PEOPLE
from repose.report.figures import colours_of, draw_curves, draw_intervals
from repose.report.methods import COPY
from repose.report.pictures import Grid, GridRow, Image, Shown, choose_pairs, overlay_strip
from repose.report.results import Results
from repose.report.stored import Stored, stored_images

VIEWED = 4  # pairs whose inner views are shown
CHARTED = ("ssim_fg", "l1_fg", "pose_auc")
TITLES = {
    "loss": "Loss of the generator",
    "discriminator": "Loss of the discriminator",
    "perceptual": "Perceptual loss",
    "adversarial": "Adversarial loss of the generator",
    "l1": "L1",
    "l1_foreground": "L1 on the foreground",
}


@dataclass(frozen=True)
class Picture:
    """One picture, the name of its file, and what it shows."""

    name: str
    image: Image
    caption: str


def pair_grids(
    results: Results,
    pairs: pd.DataFrame,
    crops: Stored,
    images: Sequence[Path],
    *,
    rows: int,
    order: str,
) -> list[Grid]:
    """Show pairs from the best to the worst of the leading model, per split.

    Args:
        results: Scores.
        pairs: The pair table.
        crops: By (clip, frame).
        images: Folder of each method.
        rows: Pairs per split.
        order: Score to choose by, and to print under the pictures.
    """
    generated = {folder.name: stored_images(folder) for folder in images}
    score, leader = SCORE[order], results.leader
    names = [method.name for method in results.methods if method.name in generated]
    shown_names = [name for name in names if name != COPY]  # that one is the source itself
    grids = []
    for split in results.splits:
        tables = results.of(split)
        higher = score.higher_is_better
        chosen = choose_pairs(tables[leader.name], order, rows, higher=higher)
        values = {name: tables[name].set_index("pair")[order] for name in names}
        shown = [_pair_row(pair, what, pairs, crops, generated, values)
                 for pair, what in chosen.items()]  # fmt: skip
        note = (
            f"From the best to the worst of {len(tables[leader.name])} pairs by the {score.label}"
            f" {score.arrow} of {leader.label}, evenly spread; under each picture its own."
        )
        first = "source, also as copy" if COPY in names else "source"
        columns = [first, "target", *(results.labels[name] for name in shown_names)]
        title = PEOPLE[split].capitalize()
        grids.append(Grid(f"pairs_{split}", title, columns, shown, [note]))
    return grids


def _pair_row(
    pair: int,
    what: str,
    pairs: pd.DataFrame,
    crops: Stored,
    generated: Mapping[str, Stored],
    values: Mapping[str, pd.Series],
) -> GridRow:
    row = pairs.set_index("pair").loc[pair]
    captions = {name: _caption(series.get(pair, np.nan)) for name, series in values.items()}
    source, target = (
        crops[row[f"{end}_clip"], row[f"{end}_frame"]] for end in ("source", "target")
    )
    images = [Shown(source, captions.pop(COPY, "")), Shown(target)]
    images += [Shown(generated[name][pair], caption) for name, caption in captions.items()]
    turn = np.degrees(row["view_change_rad"])
    turned = f", turned by {turn:.0f}°" if np.isfinite(turn) else ""
    start = f"{what.capitalize()}: pair" if what else "Pair"
    return GridRow(f"{start} {pair}, {shown(row['person'])}{turned}", images)


def _caption(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else ""


def interval_charts(results: Results) -> dict[str, Figure]:
    """Draw the intervals of the scores that tell most."""
    charts = {}
    colours = method_colours(results)
    for name in CHARTED:
        estimates = {
            method.label: results.estimate(method.name, results.main_split, name)
            for method in results.methods
        }
        if any(np.isfinite(estimate.value) for estimate in estimates.values()):
            charts[f"score_{name}"] = draw_intervals(SCORE[name], estimates, colours)
    return charts


def method_colours(results: Results) -> dict[str, str]:
    """Give each method one colour for all figures; models first, they have the clearest ones."""
    trained = [method.label for method in results.methods if method.trained]
    others = [method.label for method in results.methods if not method.trained]
    return colours_of(trained, others)


def loss_charts(train: Sequence[Path], colours: Mapping[str, str]) -> dict[str, Figure]:
    """Draw every loss of every training."""
    logs = {folder.name: pd.read_csv(folder / "losses.csv") for folder in train}
    logs = {name: log for name, log in logs.items() if len(log) > 1}
    keys = list(dict.fromkeys(key for log in logs.values() for key in log.columns))
    charts = {}
    for key in (key for key in keys if key != "step"):
        having = {
            name: logs[name][["step", key]].dropna()
            for name in colours
            if name in logs and key in logs[name].columns
        }
        title = TITLES.get(key, key.replace("_", " ").capitalize())
        charts[f"curve_{key}"] = draw_curves(title, having, key, colours)
    return charts


def samples(train: Sequence[Path]) -> list[Picture]:
    """Show the pairs that were watched during each training."""
    return [
        Picture(
            f"samples_{folder.name}",
            decode((folder / "samples.png").read_bytes()),
            f"{folder.name}: the same pairs, watched while it learnt",
        )
        for folder in train
        if (folder / "samples.png").is_file()
    ]


def views(folder: Path | None) -> Grid | None:
    """Show what the leading model paints and blends, for the first pairs.

    Args:
        folder: Of its generated images; the views lie in `views.pack`, one wide picture per pair.
    """
    if folder is None or not (folder / "views.parquet").is_file():
        return None
    stored = stored_images(folder, "views")
    shown = [GridRow(f"Pair {pair}", _cut(stored[pair])) for pair in stored.keys[:VIEWED]]
    columns = ["foreground", "alpha", "background"][: len(shown[0].images)] if shown else []
    title = f"Inside {folder.name}: person, mask, background"
    return Grid("views", title, columns, shown) if shown else None


def _cut(wide: Image) -> list[Shown]:
    """Cut a row of square pictures apart."""
    side = wide.shape[0]
    return [Shown(wide[:, start : start + side]) for start in range(0, wide.shape[1], side)]


def overlays(
    clips: Sequence[str], frames: Stored, poses: pd.DataFrame, *, count: int, height: int
) -> list[Picture]:
    """Draw found skeletons over some frames of each clip.

    Args:
        clips: Which clips.
        frames: By (clip, frame).
        poses: The "poses" rows of all clips.
        count: Frames per clip.
        height: Of each, px.
    """
    by_clip = dict(iter(poses.groupby("clip")))
    pictures = []
    for clip in clips:
        strip = (
            overlay_strip(clip, frames, by_clip[clip], count, height) if clip in by_clip else None
        )
        if strip is not None:
            found = by_clip[clip]["detected"].mean()
            caption = f"{clip}: a person in {found:.0%} of {len(by_clip[clip])} frames"
            pictures.append(Picture(f"poses_{clip}", strip, caption))
    return pictures
