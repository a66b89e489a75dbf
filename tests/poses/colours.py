"""People whose joints are dots of known colours, and a network's stand-in that finds them."""

import numpy as np
import torch

from repose.skeleton import JOINT_SETS

NAMES = JOINT_SETS["coco17"]
# Far apart, none grey, no two channels alike: a picture in the wrong colour order shows.
COLOURS = np.array(
    [(r, g, b) for r in (60, 155, 250) for g in (0, 110, 220) for b in (30, 200)][: len(NAMES)]
)


def standing(left: float, top: float, height: float) -> np.ndarray:
    """Return (17, 2) px, whole numbers + 0.5, of a person who faces the camera."""
    side = {"eye": (0.02, 0.06), "ear": (0.04, 0.07), "shoulder": (0.11, 0.18)}
    side |= {"elbow": (0.17, 0.35), "wrist": (0.19, 0.51), "hip": (0.07, 0.51)}
    side |= {"knee": (0.08, 0.75), "ankle": (0.09, 0.99)}
    places = []
    for name in NAMES:
        way, _, part = name.partition("_")
        x, y = side.get(part, (0.0, 0.08))
        places.append((x if way == "l" else -x, y))
    middle = np.array([left + 0.2 * height, top])
    return np.floor(np.array(places) * height + middle) + 0.5


def paint(points: np.ndarray, width: int, height: int, dot: int = 3) -> np.ndarray:
    """Draw (17, 2) px as dots of an odd size on black, (H, W, 3) RGB."""
    image = np.zeros((height, width, 3), np.uint8)
    reach = dot // 2
    for (x, y), colour in zip(np.floor(points).astype(int), COLOURS, strict=True):
        if reach <= x < width - reach and reach <= y < height - reach:
            image[y - reach : y + reach + 1, x - reach : x + reach + 1] = colour
    return image


def find(inputs: torch.Tensor, mean: torch.Tensor, std: torch.Tensor) -> tuple:
    """Find the colours as RTMPose's head would: (N, 3, H, W) to maps along x and y, twice as fine.

    Each map holds how alike the colour is, so that its maximum is a score in [0, 1].
    """
    colours = torch.from_numpy(COLOURS).float()
    apart = (inputs * std + mean)[:, None] - colours[:, :, None, None]  # (N, 17, 3, H, W)
    alike = torch.exp(-((apart / 25) ** 2).sum(dim=2))
    # Blurred, a dot is largest in its middle.
    for _ in range(2):
        alike = torch.nn.functional.avg_pool2d(alike, 3, 1, 1)
    return tuple(alike.amax(dim=axis).repeat_interleave(2, dim=-1) for axis in (2, 3))
