"""Grids of images, skeletons drawn over frames, and images as parts of a page."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd

from repose.data.packs import encode
from repose.data.tables import stack
from repose.poses.drawing import draw_skeleton
from repose.report.stored import Image, Stored

SHARP_BELOW = 128  # px; smaller images are kept lossless, larger ones as JPEG
GAP = 4  # px between the images of a grid
TITLE = 20  # px, height of the column titles


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
    """Rows of images under named columns."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[GridRow]
    notes: Sequence[str] = ()


def data_uri(image: Image) -> str:
    """Spell an image so that it lies within the page."""
    codec, kind = ("png", "png") if max(image.shape[:2]) < SHARP_BELOW else ("jpeg", "jpeg")
    return f"data:image/{kind};base64,{base64.b64encode(encode(image, codec)).decode()}"


def compose(grid: Grid, least_px: int = 128) -> Image:
    """Put the images of a grid into one, on white, each at least so many px high, with titles."""
    tall = max(least_px, *(shown.image.shape[0] for shown in grid.rows[0].images))
    widths = [fit_height(shown.image, tall).shape[1] for shown in grid.rows[0].images]
    titles = [_title(name, width) for name, width in zip(grid.columns, widths, strict=True)]
    lines = [_beside(titles)]
    for row in grid.rows:
        tall = max(least_px, *(shown.image.shape[0] for shown in row.images))
        lines.append(_beside([fit_height(shown.image, tall) for shown in row.images]))
    wide = max(line.shape[1] for line in lines)
    padded = [
        np.pad(line, ((0, GAP), (0, wide - line.shape[1]), (0, 0)), constant_values=255)
        for line in lines
    ]
    return np.concatenate(padded)[:-GAP]


def _title(name: str, width: int) -> Image:
    """Write a name as large as fits, black on white."""
    strip = np.full((TITLE, width, 3), 255, np.uint8)
    font, size = cv2.FONT_HERSHEY_SIMPLEX, 0.5
    (wide, _), _ = cv2.getTextSize(name, font, size, 1)
    size = min(size, size * (width - 4) / max(wide, 1))
    cv2.putText(strip, name, (2, TITLE - 6), font, size, (0, 0, 0), 1, cv2.LINE_AA)
    return strip


def fit_height(image: Image, height: int) -> Image:
    """Scale an image to a height; smooth both ways."""
    if image.shape[0] == height:
        return image
    width = max(1, round(image.shape[1] * height / image.shape[0]))
    shrinks = image.shape[0] > height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), dtype=np.uint8)


def _beside(images: Sequence[Image]) -> Image:
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


def overlay_strip(
    clip: str, frames: Stored, poses: pd.DataFrame, count: int, height: int
) -> Image | None:
    """Draw the found skeleton over some frames of a clip, evenly spread, side by side.

    Args:
        clip: Name of the clip.
        frames: By (clip, frame).
        poses: This clip's rows of the "poses" table.
        count: How many frames.
        height: Of the strip, px.

    Returns:
        The strip; None if the clip has no frame.
    """
    poses = poses[[(clip, frame) in frames for frame in poses["frame"]]]
    if poses.empty:
        return None
    places = np.linspace(0, len(poses) - 1, min(count, len(poses))).round().astype(int)
    chosen = poses.iloc[places]
    joints = stack(chosen["joints_px"]).reshape(len(chosen), -1, 3)
    drawn = []
    for frame, found, pose in zip(chosen["frame"], chosen["detected"], joints, strict=True):
        image = frames[clip, frame]
        # Drawn at twice the size, lines come out thinner than a pixel.
        large = fit_height(image, 2 * height)
        scale = np.float32(large.shape[0] / image.shape[0])
        marked = draw_skeleton(large, pose * scale) if found else _crossed(large)
        drawn.append(fit_height(marked, height))
    return _beside(drawn)


def _crossed(image: Image) -> Image:
    """Mark a frame in which nobody was found."""
    drawn = np.ascontiguousarray(image).copy()
    cv2.line(
        drawn, (0, 0), (image.shape[1] - 1, image.shape[0] - 1), (200, 30, 30), 4, cv2.LINE_AA
    )
    return np.asarray(drawn, dtype=np.uint8)
