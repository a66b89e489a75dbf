"""Charts of scores and losses, trainings over time, poses over frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from repose.data.packs import decode
from repose.metrics.scores import SCORE
from repose.report.figures import colours_of, draw_curves, draw_intervals
from repose.report.pictures import Image
from repose.report.results import Results
from repose.report.skeletons import overlay_strip
from repose.report.stored import Stored

CHARTED = ("ssim_fg", "l1_fg", "pose_auc")
TITLES = {
    "loss": "Loss of the generator",
    "discriminator": "Loss of the discriminator",
    "perceptual": "Perceptual loss",
    "gram": "Gram matrices of the features (style)",
    "nearest": "Nearest-neighbour loss",
    "kl": "Divergence of the latents (KL)",
    "adversarial": "Adversarial loss of the generator",
    "l1": "L1",
    "l1_foreground": "L1 on the foreground",
    "pose_mask": "L1 inside the pose mask",
}


@dataclass(frozen=True)
class Picture:
    """One picture, the name of its file, and what it shows."""

    name: str
    image: Image
    caption: str


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
    shown = [*results.methods, *(run for run in results.runs if run not in results.methods)]
    trained = [method.label for method in shown if method.trained]
    others = [method.label for method in shown if not method.trained]
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
        having = {name: log for name, log in having.items() if len(log)}
        if not having:
            continue
        title = TITLES.get(key, key.replace("_", " ").capitalize())
        charts[f"curve_{key}"] = draw_curves(title, having, key, colours)
    return charts


def samples(results: Results, train: Sequence[Path]) -> list[Picture]:
    """Show the pairs that were watched during each training: a collapse shows at a glance."""
    sheets = {folder.name: folder / "samples.png" for folder in train}
    return [
        Picture(
            f"samples_{method.name}",
            decode(sheets[method.name].read_bytes()),
            f"{method.label}, as it learnt",
        )
        for method in results.runs
        if method.trained and sheets[method.name].is_file()
    ]


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
