"""What PG2 is given of a pose, one sample and one pixel after the other.

Written from the description of the method alone: solid discs at the joints, and a mask along the
limbs that a closing makes whole.
"""

import cv2
import numpy as np

from repose.skeleton import JOINT

# OpenPose's order, and the lines of the original's mask in it, counted from 1.
OPENPOSE = [
    "nose",
    "neck",
    "r_shoulder",
    "r_elbow",
    "r_wrist",
    "l_shoulder",
    "l_elbow",
    "l_wrist",
    "r_hip",
    "r_knee",
    "r_ankle",
    "l_hip",
    "l_knee",
    "l_ankle",
    "r_eye",
    "l_eye",
    "r_ear",
    "l_ear",
]
LINES = [
    *((2, 3), (2, 6), (3, 4), (4, 5), (6, 7), (7, 8), (2, 9), (9, 10), (10, 11), (2, 12)),
    *((12, 13), (13, 14), (2, 1), (1, 15), (15, 17), (1, 16), (16, 18), (2, 17), (2, 18)),
    *((9, 12), (12, 6), (9, 3), (17, 18)),
]
CLOSING = 5


def pose_maps(pose: np.ndarray, shape: tuple[int, int], radius_px: float) -> np.ndarray:
    """Draw one pose, (19, 3) px: (18, H, W), in OpenPose's order, a disc of 1 on -1 each."""
    height, width = shape
    maps = -np.ones((len(OPENPOSE), height, width), np.float32)
    for channel, name in enumerate(OPENPOSE):
        x, y = pose[JOINT[name], :2]
        if np.isnan(x) or np.isnan(y):
            continue
        for row in range(height):
            for column in range(width):
                if (column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2 <= radius_px**2:
                    maps[channel, row, column] = 1
    return maps


def pose_mask(pose: np.ndarray, size: int, radius_px: float) -> np.ndarray:
    """Draw the mask of one pose, (19, 3) px: (S, S) bool."""
    mask = np.zeros((size, size), bool)
    for one, other in LINES:
        start, end = (pose[JOINT[OPENPOSE[index - 1]], :2] for index in (one, other))
        if np.isnan(start).any() or np.isnan(end).any():
            continue
        for row in range(size):
            for column in range(size):
                point = np.array([column + 0.5, row + 0.5])
                if distance(point, start, end) <= radius_px:
                    mask[row, column] = True
    return closed(mask)


def distance(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    """Measure from a point to a line segment."""
    reach = end - start
    square = float(reach @ reach)
    share = 0.0 if square == 0 else float((point - start) @ reach) / square
    nearest = start + min(max(share, 0.0), 1.0) * reach
    return float(np.linalg.norm(point - nearest))


def closed(mask: np.ndarray) -> np.ndarray:
    """Dilate, then erode by a 5 x 5 square; what lies beyond the border is not asked."""
    for decide in (np.any, np.all):
        changed = np.empty_like(mask)
        for row in range(len(mask)):
            for column in range(mask.shape[1]):
                top, left = max(0, row - CLOSING // 2), max(0, column - CLOSING // 2)
                around = mask[top : row + CLOSING // 2 + 1, left : column + CLOSING // 2 + 1]
                changed[row, column] = decide(around)
        mask = changed
    return mask


def sample(
    image: np.ndarray, source: np.ndarray, target: np.ndarray, block: dict, size: int
) -> None:
    """Make all that a loader of the plain kind makes for one pair, joint by joint, line by line.

    Args:
        image: (S, S, 3) the source; not used.
        source: (19, 3) px; not used.
        target: (19, 3) px.
        block: The model's block of the config.
        size: Side S of the image, px.
    """
    x, y = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    for name in OPENPOSE:
        px, py = target[JOINT[name], :2]
        np.where((x - px) ** 2 + (y - py) ** 2 <= block["radius_px"] ** 2, 1.0, -1.0)
    mask = np.zeros((size, size), np.uint8)
    for one, other in LINES:
        start, end = (target[JOINT[OPENPOSE[index - 1]], :2] for index in (one, other))
        for step in range(int(np.linalg.norm(end - start)) + 1):
            centre = start + step * (end - start) / max(np.linalg.norm(end - start), 1)
            mask |= (x - centre[0]) ** 2 + (y - centre[1]) ** 2 <= 2.0**2
    square = np.ones((CLOSING, CLOSING), np.uint8)
    cv2.morphologyEx(mask, cv2.MORPH_CLOSE, square)
