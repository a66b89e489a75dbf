"""Where a top-down estimator looks: at the whole picture, then at the box of who was found.

A clip is dealt into stretches. Each begins anew in the whole picture, so a person who was lost, or
a box that drifted, is put right after `STRETCH` frames at the latest; from there on the box comes
from the frame before. The stretches are walked side by side, as one batch.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from repose.poses.base import Array, Image
from repose.poses.composition import Keypoints

STRETCH = 32  # frames
BATCH = 32  # pictures that a network sees at once
MARGIN = 0.2  # of the longer side, all round: joints lie inside a body, and bodies move
LEAST_PX = 16.0  # shortest side of a box

Look = Callable[[Sequence[Image], Array], list[Keypoints]]  # pictures, (N, 4) boxes
Detect = Callable[[Sequence[Image]], list[Array | None]]  # (4,) boxes; None: nobody
Item = TypeVar("Item")


def whole_picture(image: Image) -> Array:
    """Return the box of all that there is: (4,) left, top, right, bottom px."""
    height, width = image.shape[:2]
    return np.array([0, 0, width, height], np.float32)


def box_around(found: Keypoints, image: Image) -> Array:
    """Return the box in which the person of these keypoints will still be in the next frame."""
    first, last = found.points.min(axis=0), found.points.max(axis=0)
    margin = MARGIN * np.max(last - first)
    middle, half = (first + last) / 2, np.maximum((last - first) / 2 + margin, LEAST_PX / 2)
    bounds = whole_picture(image)
    # A box whose middle lies outside is no place to look at.
    middle = np.clip(middle, 0, bounds[2:])
    left, top = np.maximum(middle - half, 0)
    right, bottom = np.minimum(middle + half, bounds[2:])
    return np.array([left, top, right, bottom], np.float32)


def look_closer(look: Look, images: Sequence[Image], score: float) -> list[Keypoints]:
    """Look at whole pictures, then once more at the box of everybody found.

    Args:
        look: The estimator.
        images: Pictures that need not belong together.
        score: Least `Keypoints.trunk_score` of somebody found.
    """
    found = look(images, np.array([whole_picture(image) for image in images]))
    again = [i for i, one in enumerate(found) if one.trunk_score >= score]
    if again:
        boxes = np.array([box_around(found[i], images[i]) for i in again])
        for i, closer in zip(again, look([images[i] for i in again], boxes), strict=True):
            found[i] = closer
    return found


def look_along(
    look: Look, frames: Sequence[Image], found_score: float, tracking_score: float
) -> list[Keypoints]:
    """Follow one person through the frames of a clip.

    Args:
        look: The estimator.
        frames: The clip.
        found_score: Least `Keypoints.trunk_score` of somebody found in a whole picture.
        tracking_score: Least one of somebody who is followed; below it, the next frame is looked
            at as a whole.
    """
    found: dict[int, Keypoints] = {}
    for step in range(min(STRETCH, len(frames))):
        for now in batches(range(step, len(frames), STRETCH)):
            images = [frames[i] for i in now]
            if step == 0:
                seen = look_closer(look, images, found_score)
            else:
                before = [found[i - 1] for i in now]
                boxes = [
                    box_around(last, image)
                    if last.trunk_score >= tracking_score
                    else whole_picture(image)
                    for last, image in zip(before, images, strict=True)
                ]
                seen = look(images, np.array(boxes))
            found.update(zip(now, seen, strict=True))
    return [found[i] for i in range(len(frames))]


def look_where_detected(
    look: Look, detect: Detect, images: Sequence[Image]
) -> list[Keypoints | None]:
    """Look at the box that a detector of people gives in each picture; None: it gives none."""
    found: list[Keypoints | None] = [None] * len(images)
    for some in batches(range(len(images))):
        pictures = [images[i] for i in some]
        boxes = {i: box for i, box in zip(some, detect(pictures), strict=True) if box is not None}
        if boxes:
            seen = look([images[i] for i in boxes], np.array(list(boxes.values())))
            for i, one in zip(boxes, seen, strict=True):
                found[i] = one
    return found


def batches(items: Sequence[Item], size: int = BATCH) -> Iterator[Sequence[Item]]:
    """Deal items into batches, in order."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
