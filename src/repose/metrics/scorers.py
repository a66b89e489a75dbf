"""All scores of a pair of images at once, and the protocol of each in words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from repose.metrics.lpips import lpips
from repose.metrics.pixel import l1, psnr
from repose.metrics.pose import joint_distances_mm, pose_auc, pose_loss_mm
from repose.metrics.ssim import PROTOCOLS, masked_ssim, ssim, ssim_map

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]


class FoundPose(Protocol):
    """What the pose score needs of an estimated pose."""

    @property
    def detected(self) -> bool:
        """Whether there is a person."""
        ...

    @property
    def joints_mm(self) -> NDArray[np.float32]:
        """(19, 3) joints in mm, pelvis at 0."""
        ...


def pixel_scores(
    generated: Image, true: Image, foreground: Mask | None, protocol: str
) -> dict[str, float]:
    """Score one pair by SSIM, PSNR and L1; foreground and background are NaN without a mask.

    Args:
        generated: (H, W, 3).
        true: (H, W, 3).
        foreground: (H, W) where the target person is.
        protocol: A name in `ssim.PROTOCOLS`.
    """
    similarity = ssim_map(generated, true, protocol)
    nothing = np.zeros(true.shape[:2], dtype=bool)
    inside = nothing if foreground is None else foreground
    outside = nothing if foreground is None else ~foreground
    return {
        "ssim": ssim(similarity, protocol),
        "ssim_fg": masked_ssim(similarity, inside),
        "ssim_bg": masked_ssim(similarity, outside),
        "psnr": psnr(generated, true),
        "l1": l1(generated, true),
        "l1_fg": l1(generated, true, inside),
    }


def pixel_protocols(protocol: str) -> dict[str, str]:
    """Say how each pixel score is made."""
    window = (
        f"{protocol}: {PROTOCOLS[protocol].described}, RGB uint8, mean over pixels and channels"
    )
    target = "the union of the target's capsules in the image"
    distance = "mean absolute difference, colours in 0..1"
    return {
        "ssim": f"{window}; without the border of half a window",
        "ssim_fg": f"{window}; inside {target}",
        "ssim_bg": f"{window}; outside {target}",
        "psnr": "range 255, over pixels and channels",
        "l1": distance,
        "l1_fg": f"{distance}; inside {target}",
    }


def perceptual_scores(
    network: nn.Module | None, generated: Sequence[Image], true: Sequence[Image]
) -> list[dict[str, float]]:
    """Score some pairs by LPIPS; NaN without a network."""
    if network is None:
        return [{"lpips": float("nan")}] * len(true)
    both = [
        torch.from_numpy(np.stack(side)).permute(0, 3, 1, 2).float() / 127.5 - 1
        for side in (generated, true)
    ]
    return [{"lpips": value} for value in lpips(network, *both).tolist()]


def pose_scores(
    estimate: Callable[[list[Image]], Sequence[FoundPose]],
    true_mm: Mapping[int, NDArray[Any]],
    images: Mapping[int, Image],
    prepare: Callable[[Image], Image],
) -> dict[int, dict[str, float | bool]]:
    """Score the poses found in generated images.

    A generated image without a person has AUC 0 and no pose loss.

    Args:
        estimate: Finds one person in each of some unrelated images.
        true_mm: For each pair to be scored, (19, 3) joints in mm found in the true image.
        images: The generated image of each pair.
        prepare: Makes an image ready for it, as the true ones were.
    """
    pairs = [pair for pair in images if pair in true_mm]
    poses = estimate([prepare(images[pair]) for pair in pairs]) if pairs else []
    scores: dict[int, dict[str, float | bool]] = {}
    for pair, pose in zip(pairs, poses, strict=True):
        joints = np.asarray(pose.joints_mm if pose.detected else np.full((19, 3), np.nan))
        distances = joint_distances_mm(joints.astype(np.float64), true_mm[pair])
        scores[pair] = {
            "pose_detected": bool(pose.detected),
            "pose_loss_mm": pose_loss_mm(distances),
            "pose_auc": pose_auc(distances),
        }
    return scores


NO_POSE: dict[str, float | bool] = {
    "pose_detected": False,
    "pose_loss_mm": float("nan"),
    "pose_auc": float("nan"),
}
