"""Grids of images, and images as parts of a page."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd

from repose.data.packs import encode
from repose.report.stored import Image

SHARP_BELOW = 128  # px; smaller images are kept lossless, larger ones as JPEG
GAP = 4  # px between the images of a grid
LINE = 16  # px, height of a line of the column titles
WIDE = 3600  # px, a grid of many large images is shrunk to this
FONT, FONT_SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.42


@dataclass(frozen=True)
class Shown:
    """One image of a grid and what stands under it."""

    image: Image
    caption: str = ""


@dataclass(frozen=True)
class GridRow:
    """One row of a grid: what it shows, and its images from left to right."""

    label: str
    images: Sequence[Shown]


@dataclass(frozen=True)
class Grid:
    """Rows of images under named columns.

    Attributes:
        name: File name, without ending.
        title: One line.
        columns: Names over the images.
        rows: Rows in order.
        notes: Sentences that belong under the grid.
        kept: The column that stays in view while the others scroll by, counted from 0.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[GridRow]
    notes: Sequence[str] = ()
    kept: int | None = None


def data_uri(image: Image) -> str:
    """Spell an image so that it lies within the page."""
    codec, kind = ("png", "png") if max(image.shape[:2]) < SHARP_BELOW else ("jpeg", "jpeg")
    return f"data:image/{kind};base64,{base64.b64encode(encode(image, codec)).decode()}"


def compose(grid: Grid, least_px: int = 128) -> Image:
    """Put the images of a grid into one, on white, each at least so many px high, with titles."""
    most = max(least_px, WIDE // max(len(grid.columns), 1))
    lines = []
    for row in grid.rows:
        tall = min(most, max(least_px, *(shown.image.shape[0] for shown in row.images)))
        lines.append(beside([fit_height(shown.image, tall) for shown in row.images]))
    widths = [fit_height(shown.image, tall).shape[1] for shown in grid.rows[-1].images]
    lines.insert(0, beside(_titles(grid.columns, widths)))
    wide = max(line.shape[1] for line in lines)
    padded = [
        np.pad(line, ((0, GAP), (0, wide - line.shape[1]), (0, 0)), constant_values=255)
        for line in lines
    ]
    return np.concatenate(padded)[:-GAP]


def _titles(names: Sequence[str], widths: Sequence[int]) -> list[Image]:
    """Write names as large as fits, black on white, on as many lines as one of them needs."""
    folded = [_fold(name, width) for name, width in zip(names, widths, strict=True)]
    height = LINE * max(len(lines) for lines in folded)
    strips = []
    for lines, width in zip(folded, widths, strict=True):
        strip = np.full((height, width, 3), 255, np.uint8)
        bottom = height - LINE * len(lines)
        for number, text in enumerate(lines, 1):
            size = FONT_SIZE * min(1.0, (width - 4) / max(_wide(text), 1))
            place = (2, bottom + LINE * number - 5)
            cv2.putText(strip, text, place, FONT, size, (0, 0, 0), 1, cv2.LINE_AA)
        strips.append(strip)
    return strips


def _fold(name: str, width: int) -> list[str]:
    """Break a name into lines where it is too wide: at blanks and underscores."""
    lines = [""]
    for word in re.findall(r"[^\s_]+[\s_]?", name) or [""]:
        if lines[-1] and _wide((lines[-1] + word).rstrip()) > width - 4:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines]


def _wide(text: str) -> int:
    (wide, _), _ = cv2.getTextSize(text, FONT, FONT_SIZE, 1)
    return int(wide)


def cut(wide: Image) -> list[Shown]:
    """Cut a row of square pictures apart."""
    side = wide.shape[0]
    return [Shown(wide[:, start : start + side]) for start in range(0, wide.shape[1], side)]


def fit_height(image: Image, height: int) -> Image:
    """Scale an image to a height; smooth both ways."""
    if image.shape[0] == height:
        return image
    width = max(1, round(image.shape[1] * height / image.shape[0]))
    shrinks = image.shape[0] > height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), dtype=np.uint8)


def beside(images: Sequence[Image]) -> Image:
    """Set images of one height side by side, a white gap between them."""
    gap = np.full((images[0].shape[0], GAP, 3), 255, dtype=np.uint8)
    parts = [part for image in images for part in (image, gap)]
    return np.concatenate(parts[:-1], axis=1)


def choose_pairs(scores: pd.DataFrame, by: str, rows: int, *, higher: bool) -> dict[int, str]:
    """Choose the best, the middle and the worst pair by a score, and others evenly between.

    Args:
        scores: Of the leading method, one split.
        by: Column to order by.
        rows: How many pairs.
        higher: Whether a higher score is better.

    Returns:
        Pair numbers from best to worst with what they are: "best", "median", "worst" or "".
    """
    ranked = scores.dropna(subset=[by]).sort_values([by, "pair"], ascending=[not higher, True])
    if ranked.empty:
        ranked = scores
    last = len(ranked) - 1
    places = np.unique(np.linspace(0, last, max(1, min(rows, len(ranked)))).round().astype(int))
    middle = last // 2
    if len(places) > 2:
        places[np.abs(places - middle).argmin()] = middle
    names = {middle: "median", last: "worst", 0: "best"}
    pairs = ranked["pair"].to_numpy()
    return {int(pairs[place]): names.get(int(place), "") for place in places}
