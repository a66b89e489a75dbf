"""How well the pose found in a generated image matches the pose found in the true one.

Both poses come from the same estimator, so its own error largely cancels, and the numbers can be
compared only with others made by that estimator. The paper's code for this score was never
released; what stands here is our definition of its "AUC@150mm".
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from repose.skeleton import JOINT

Array = NDArray[np.float64]
Image = NDArray[np.uint8]

THRESHOLDS_MM: Array = np.arange(0.0, 151.0, 5.0)  # 31 of them, as in Mehta et al. 2017
PROTOCOL = "auc150: 31 thresholds 0..150 mm, pelvis-aligned, 18 joints"

HEAD = [JOINT[name] for name in ("nose", "neck", "l_eye", "r_eye", "l_ear", "r_ear")]
HEAD_SHARE = 0.5  # of the head's box, in x and in y: within so much a joint is correct
LEAST_HEAD = 2  # joints of the head that make a box
PCKH = (
    "pckh: right within half the width and half the height of the box around nose, neck, eyes and"
    " ears of the true image, 18 joints"
)


def joint_distances_mm(generated_mm: Array, true_mm: Array) -> Array:
    """Distance of each joint after both pelvises are moved to the origin.

    Args:
        generated_mm: (..., 19, 3) joints in mm, NaN where missing.
        true_mm: (..., 19, 3) joints in mm, NaN where missing.

    Returns:
        (..., 18) mm, every joint but the pelvis, whose distance is 0 by construction and would
        flatter any pose. NaN where the true joint is missing (not counted), inf where only the
        generated one is (wrong at every threshold).
    """
    pelvis = JOINT["pelvis"]
    generated = generated_mm - generated_mm[..., pelvis : pelvis + 1, :]
    true = true_mm - true_mm[..., pelvis : pelvis + 1, :]
    distance = np.delete(np.linalg.norm(generated - true, axis=-1), pelvis, axis=-1)
    known = np.delete(np.isfinite(true).all(axis=-1), pelvis, axis=-1)
    distance[known & np.isnan(distance)] = np.inf
    return np.asarray(distance, dtype=np.float64)


def pose_loss_mm(distances_mm: Array) -> float:
    """Mean distance over the joints found in both images; NaN if there are none."""
    found = distances_mm[np.isfinite(distances_mm)]
    return float(found.mean()) if found.size else float("nan")


def pose_auc(distances_mm: Array) -> float:
    """Area under the curve of correct joints over the thresholds 0, 5, ..., 150 mm.

    A joint is correct at a threshold if its distance is at most that, so equal poses score
    exactly 1. NaN if no true joint is known.
    """
    counted = distances_mm[~np.isnan(distances_mm)]
    if not counted.size:
        return float("nan")
    return float((counted[:, None] <= THRESHOLDS_MM).mean())


def pckh(generated_px: Array, true_px: Array) -> float:
    """Share of correct keypoints, measured by the head (Zhu et al. 2019, PATN, their code).

    A joint is correct if it is off by less than half the width of the head's box in x, and by less
    than half its height in y; the box is the extent of what is known of nose, neck, eyes and ears
    in the true image. What only the generated image lacks is wrong.

    Args:
        generated_px: (19, 2) px, NaN where missing.
        true_px: (19, 2) px of an image of the same size, NaN where missing.

    Returns:
        A share of the joints known in the true image, but for the pelvis, which no detector of
        keypoints finds by itself. NaN if fewer than two joints of the head are known.
    """
    known = np.asarray(np.isfinite(true_px).all(axis=-1))
    head = true_px[HEAD][known[HEAD]]
    if len(head) < LEAST_HEAD:
        return float("nan")
    known[JOINT["pelvis"]] = False
    reach = HEAD_SHARE * (head.max(axis=0) - head.min(axis=0))  # (2,)
    with np.errstate(invalid="ignore"):
        correct = (np.abs(generated_px - true_px) < reach).all(axis=-1)  # False for NaN
    return float(correct[known].mean())


def give_room(image: Image, border_share: float, least_px: int) -> Image:
    """Prepare a tight, small crop for an estimator made for whole photographs.

    A person who fills the picture is often not found at all: at 64 px and without a border,
    mediapipe found 29 of 40 people, and with half a side around them all 40. Edge pixels are
    repeated outwards; mirrored ones would show a second person.

    Args:
        image: (H, W, 3).
        border_share: Border on every side, as a share of the longer side.
        least_px: Smaller results are enlarged (bicubic) to this longer side; none is shrunk.
    """
    border = round(border_share * max(image.shape[:2]))
    sides = (border,) * 4
    wide = np.asarray(cv2.copyMakeBorder(image, *sides, cv2.BORDER_REPLICATE), dtype=np.uint8)
    height, width = wide.shape[:2]
    scale = least_px / max(height, width)
    if scale <= 1:
        return wide
    shape = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(wide, shape, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
