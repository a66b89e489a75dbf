"""Skeletons: a pose by itself, as a model is given it, and poses drawn over frames."""

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from repose.data.tables import stack
from repose.poses.drawing import LEFT, MIDDLE, RIGHT, draw_skeleton
from repose.report.pictures import beside, fit_height
from repose.report.stored import Image, Stored
from repose.skeleton import BONES, JOINT

Colour = tuple[int, int, int]

GROUND: Colour = (24, 24, 27)
LEAST_PX = 128  # of a drawn pose; below that bones are no wider than a pixel
BONE_SHARE = 0.034  # width of a bone, of the picture's side
THIN = ("eye", "ear")  # bones of the face are half as wide
FINE = 2  # drawn so many times larger, then shrunk: smooth edges
BITS = 4  # of a pixel, for cv2
OUTSIDE = 1e4  # px, farther away there is nothing to draw


def draw_pose(joints: NDArray[np.float32], size: int) -> Image:
    """Draw a pose as bones on a dark ground, the far ones first.

    Args:
        joints: (19, 3) px of a crop, z away from the camera; a NaN joint has no bones.
        size: Side of the crop, px.

    Returns:
        (S, S, 3) RGB, S the crop's side or `LEAST_PX`, whichever is more. The person's left is
        blue, the right orange, the middle white; forearms and shins are lighter.
    """
    side = max(size, LEAST_PX)
    scale = FINE * side / size
    drawn = np.full((FINE * side, FINE * side, 3), GROUND, np.uint8)
    # cv2 puts pixel centres at integers.
    points = np.clip(joints[:, :2] * scale - 0.5, -OUTSIDE, OUTSIDE)
    depth = np.nan_to_num(joints[:, 2])
    width = max(2, round(BONE_SHARE * FINE * side))
    bones = [(JOINT[a], JOINT[b], a, b) for a, b in BONES]
    for i, j, a, b in sorted(bones, key=lambda bone: -(depth[bone[0]] + depth[bone[1]])):
        if not np.isfinite(points[[i, j]]).all():
            continue
        own = width // 2 if a.endswith(THIN) or b.endswith(THIN) else width
        ends = np.round(points[[i, j]] * 2**BITS).astype(int).tolist()
        for colour, wide in ((GROUND, own + width // 2), (_colour(a, b), own)):
            cv2.line(drawn, ends[0], ends[1], colour, wide, cv2.LINE_AA, BITS)
    return fit_height(drawn, side)


def _colour(a: str, b: str) -> Colour:
    sides = {a[:2], b[:2]}
    colour = LEFT if "l_" in sides else RIGHT if "r_" in sides else MIDDLE
    if not {a[2:], b[2:]} & {"wrist", "ankle"}:
        return colour
    red, green, blue = (round(0.6 * part + 0.4 * 255) for part in colour)
    return red, green, blue


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
    return beside(drawn)


def _crossed(image: Image) -> Image:
    """Mark a frame in which nobody was found."""
    drawn = np.ascontiguousarray(image).copy()
    cv2.line(
        drawn, (0, 0), (image.shape[1] - 1, image.shape[0] - 1), (200, 30, 30), 4, cv2.LINE_AA
    )
    return np.asarray(drawn, dtype=np.uint8)
