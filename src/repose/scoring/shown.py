"""The two images of a pair as they are scored: the part of them that counts, and its masks."""

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from repose.data.tables import read_parts, stack
from repose.errors import ReposeError
from repose.parts.pose_mask import pose_mask
from repose.report.stored import Image, stored_frames, stored_images
from repose.skeleton import PARTS

Mask = NDArray[np.bool_]
Pixels = TypeVar("Pixels", Image, Mask)

RADIUS_PX = 4.0  # of the lines of the mask of mask-SSIM, at every size (Ma et al. 2017)


@dataclass(frozen=True)
class Shown:
    """One pair.

    Attributes:
        whole: The generated image as it was stored.
        generated: The part of it that is scored, (H, W, 3).
        true: The same part of the true image.
        foreground: Where the target person is in it, (H, W); None without a mask.
        pose: Where lines between the target's joints are, (H, W).
    """

    whole: Image
    generated: Image
    true: Image
    foreground: Mask | None
    pose: Mask


class Viewer:
    """Reads what is shown of each pair; from several threads, if need be.

    Attributes:
        training: Clip and frame of all usable training images, in order.

    Args:
        pairs: The "pairs" table.
        images: Folder of the generated images.
        crops: Folders of the crops, one per shard.
        masks: Tables of the masks, one per shard.
        window: Height and width of the part in the middle that is scored; 0, 0 for all.
    """

    def __init__(
        self,
        pairs: pd.DataFrame,
        images: Path,
        crops: Sequence[Path],
        masks: Sequence[Path],
        window: tuple[int, int],
    ) -> None:
        self.images, self.window = images, window
        self._generated = stored_images(images)
        self._true, rows = stored_frames(crops, "crops")
        wanted = set(zip(pairs["target_clip"], pairs["target_frame"], strict=True))
        self._foregrounds = _packed_foregrounds(masks, wanted)
        self._joints = _joints(rows, wanted)
        training = rows[rows["usable"] & (rows["split"] == "train")]
        self.training = sorted(zip(training["clip"], training["frame"], strict=True))

    def look(self, row: Any) -> Shown:
        """Read one pair.

        Args:
            row: Of the "pairs" table, as a named tuple.

        Raises:
            ReposeError: missing-image, bad-pack; bad-size, when the two images differ in size;
                wrong-value, when the window is larger than they are.
        """
        target = (row.target_clip, row.target_frame)
        whole, true = self._generated[row.pair], self._true[target]
        packed = self._foregrounds.get(target)
        foreground = None if packed is None else _unpack(packed, true.shape[0])
        joints = torch.from_numpy(self._joints[target])[None]
        pose = pose_mask(joints, true.shape[0], RADIUS_PX)[0, 0].numpy()
        shown = Shown(
            whole,
            central(whole, self.window),
            central(true, self.window),
            None if foreground is None else central(foreground, self.window),
            central(pose, self.window),
        )
        if shown.generated.shape != shown.true.shape:
            made, wanted = ("{1}x{0}".format(*i.shape) for i in (shown.generated, shown.true))
            said = f"the image of pair {row.pair} has {made} px, the true one {wanted}"
            mend = "generate images of the crops' size"
            raise ReposeError("bad-size", said, path=self.images, mend=mend)
        return shown

    def true(self, key: tuple[str, int]) -> Image:
        """Read the scored part of one crop, by clip and frame."""
        return central(self._true[key], self.window)


@contextmanager
def threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Share pairs between threads, 0 for one per core; OpenCV's own would be more than that."""
    own = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
            yield pool
    finally:
        cv2.setNumThreads(own)


def central(image: Pixels, window: tuple[int, int]) -> Pixels:
    """Cut the window out of the middle of an image or a mask; (0, 0) leaves it whole.

    Raises:
        ReposeError: wrong-value, when it is larger than the image.
    """
    if window == (0, 0):
        return image
    height, width = image.shape[:2]
    top, left = (height - window[0]) // 2, (width - window[1]) // 2
    if top < 0 or left < 0:
        said = f"a window of {window[1]}x{window[0]} px in an image of {width}x{height} px"
        raise ReposeError("wrong-value", said, mend="set evaluate.window to [0, 0] or less")
    return image[top : top + window[0], left : left + window[1]]


def _packed_foregrounds(
    masks: Sequence[Path], wanted: set[tuple[str, int]]
) -> dict[tuple[str, int], bytes]:
    """Keep only what is asked for, a part at a time: all masks of a set need not fit."""
    kept = {}
    for table in (part for path in masks for part in read_parts(path, "masks")):
        for clip, frame, image in zip(table["clip"], table["frame"], table["image"], strict=True):
            if (clip, frame) in wanted:
                kept[clip, frame] = _unite(image)
    return kept


def _unite(packed: bytes) -> bytes:
    """Unite the parts' capsules, packed (P, S, S) bits, into one foreground, packed (S, S)."""
    bits = np.unpackbits(np.frombuffer(packed, np.uint8))
    side = math.isqrt(bits.size // len(PARTS))
    parts = bits[: len(PARTS) * side**2].reshape(len(PARTS), side**2)
    return np.packbits(parts.any(axis=0)).tobytes()


def _unpack(packed: bytes, side: int) -> Mask:
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=side**2)
    return bits.reshape(side, side).astype(bool)


def _joints(
    crops: pd.DataFrame, wanted: set[tuple[str, int]]
) -> dict[tuple[str, int], NDArray[np.float32]]:
    keys = list(zip(crops["clip"], crops["frame"], strict=True))
    rows = [i for i, key in enumerate(keys) if key in wanted]
    joints = stack(crops["joints_px"].iloc[rows]).reshape(len(rows), -1, 3)
    return {keys[row]: found for row, found in zip(rows, joints, strict=True)}
