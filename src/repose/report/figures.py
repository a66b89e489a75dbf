"""Curves and intervals, each small enough for a phone, as PNG for papers and SVG for the page."""

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repose.metrics.bootstrap import Estimate
from repose.metrics.scores import Score

SIZE_INCH = (3.6, 2.5)
DPI = 200
# Told apart by colour-blind eyes, and seen on white as on black.
COLOURS = (
    *("#d97b29", "#2f7fc1", "#3f9a58", "#9466b8", "#b5484d"),
    *("#2aa5a0", "#c7a20f", "#d56ea8"),
)
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)))  # of the methods that must share a colour
FEW = 5  # lines; more of them leave no room for a legend among them, nor for raw values
LEGEND_COLUMNS = 3
GREY = "#858585"
# On the page this colour becomes the colour of the text, light or dark.
INK = "#010203"

_STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "svg.fonttype": "none",
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color"), INK),
}


def colours_of(names: Sequence[str], grey: Sequence[str] = ()) -> dict[str, str]:
    """Give each method its colour, the same in every figure; those that only frame are grey."""
    bright = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    return bright | dict.fromkeys(grey, GREY)


def draw_curves(
    title: str, logs: Mapping[str, pd.DataFrame], key: str, colours: Mapping[str, str]
) -> Figure:
    """Draw one loss over the steps of training, one line per model, smoothed over the raw values.

    Args:
        title: Over the axes.
        logs: Per model, the loss log with columns step and key.
        key: Which loss.
        colours: Of all models, those of the other figures, too.
    """
    many = len(logs) > FEW
    figure, axes = _axes(title, 0.17 * -(-len(logs) // LEGEND_COLUMNS) if many else 0)
    dashes = dashes_of(colours)
    ends = []
    for name, log in logs.items():
        known = log[["step", key]].dropna()
        width = max(1, len(known) // 25)
        smooth = known[key].rolling(width, center=True, min_periods=1).mean()
        ends += [smooth.min(), smooth.max()]
        style: Any = {"color": colours[name], "linestyle": dashes[name]}
        if not many:
            axes.plot(known["step"], known[key], color=colours[name], alpha=0.25, linewidth=0.6)
        axes.plot(known["step"], smooth, linewidth=1.4, label=name, **style)
    # The axis holds every smoothed line, not every spike.
    low, high = np.nanmin(ends), np.nanmax(ends)
    margin = 0.08 * (high - low) or 1.0
    axes.set_ylim(low - margin, high + margin)
    axes.set_xlabel("step")
    axes.grid(axis="y", linewidth=0.3, alpha=0.5)
    _add_legend(figure, axes, many)
    return figure


def _add_legend(figure: Figure, axes: Axes, below: bool) -> None:
    style: Any = {"frameon": False, "labelcolor": INK}
    with rc_context(_STYLE):
        if below:
            size = {"fontsize": 7, "ncols": LEGEND_COLUMNS, "handlelength": 2.2}
            figure.legend(loc="outside lower left", columnspacing=1.0, **size, **style)
        else:
            axes.legend(loc="best", **style)


def dashes_of(colours: Mapping[str, str]) -> dict[str, Any]:
    """Give each method its dashes: those that share a colour are told apart by them."""
    seen: dict[str, int] = {}
    dashes = {}
    for name, colour in colours.items():
        seen[colour] = seen.get(colour, -1) + 1
        dashes[name] = DASHES[seen[colour] % len(DASHES)]
    return dashes


def draw_intervals(
    score: Score, estimates: Mapping[str, Estimate], colours: Mapping[str, str]
) -> Figure:
    """Draw one score of every method: a dot for the mean, a line for the 95 % interval."""
    title = f"{score.label} {score.arrow}{f' ({score.unit})' if score.unit else ''}"
    figure, axes = _axes(title, 0.2 * max(0, len(estimates) - FEW))
    names = list(estimates)
    for place, name in enumerate(names):
        e = estimates[name]
        if not np.isfinite(e.value):
            continue
        if e.has_interval:
            axes.plot([e.low, e.high], [place, place], color=colours[name], linewidth=2.2)
        axes.plot(e.value, place, "o", color=colours[name], markersize=5.5)
    axes.set_yticks(range(len(names)), [name.replace(", ", ",\n") for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", linewidth=0.3, alpha=0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure for papers, on white."""
    with rc_context(_STYLE):
        figure.savefig(path, dpi=DPI, facecolor="white", metadata={"Software": None})


def to_svg(figure: Figure, name: str) -> str:
    """Spell a figure as an SVG element whose ink follows the page's text colour."""
    file = io.StringIO()
    with rc_context(_STYLE | {"svg.hashsalt": name}):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    # The page sets the size; ids of several figures must not meet.
    text = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'id="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return text.replace(INK, "currentColor")


def _axes(title: str, extra_inch: float = 0) -> tuple[Figure, Axes]:
    """Make a figure with one pair of axes, higher than usual by so much."""
    with rc_context(_STYLE):
        width, height = SIZE_INCH
        figure = Figure(figsize=(width, height + extra_inch), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title, loc="left", fontsize=10)
    return figure, axes
