"""All scores of a pair of images at once, and the protocol of each in words."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from repose.metrics.lpips import lpips
from repose.metrics.pixel import l1, psnr
from repose.metrics.pose import joint_distances_mm, pckh, pose_auc, pose_loss_mm
from repose.metrics.ssim import (
    PROTOCOLS,
    column_of,
    masked_ssim,
    ssim,
    ssim_map,
    ssim_maps,
)

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
NAN = float("nan")


class FoundPose(Protocol):
    """What the pose score needs of an estimated pose."""

    @property
    def detected(self) -> bool:
        """Whether there is a person."""
        ...

    @property
    def joints_px(self) -> NDArray[np.float32]:
        """(19, 3) joints in px of the image that was looked at."""
        ...

    @property
    def joints_mm(self) -> NDArray[np.float32]:
        """(19, 3) joints in mm, pelvis at 0."""
        ...


class TruePose(NamedTuple):
    """What was found in a true image: (19, 3) joints in px and in mm, NaN where missing."""

    joints_px: NDArray[np.float64]
    joints_mm: NDArray[np.float64]


def pixel_scores(
    generated: Image,
    true: Image,
    foreground: Mask | None,
    protocol: str,
    others: Collection[str] = (),
    pose_mask: Mask | None = None,
) -> dict[str, float]:
    """Score one pair by SSIM, PSNR and L1.

    NaN is what lacks its mask, an SSIM that the image has no room for, and one of an image of one
    colour that takes its range from there.

    Args:
        generated: (H, W, 3).
        true: (H, W, 3).
        foreground: (H, W) where the target person is.
        protocol: A name in `ssim.PROTOCOLS`: of `ssim` and all that is made from it.
        others: Names of protocols that get a column of their own, such as `ssim_win51`.
        pose_mask: (H, W) what mask-SSIM shows of both images; around it they are black.
    """
    fit = [name for name in dict.fromkeys((protocol, *others)) if PROTOCOLS[name].fits(true.shape)]
    maps = ssim_maps(generated, true, fit)
    means = dict.fromkeys(PROTOCOLS, NAN) | {name: ssim(of, name) for name, of in maps.items()}
    apart = {column_of(name): means[name] if name in others else NAN for name in PROTOCOLS}
    nothing = np.zeros(true.shape[:2], dtype=bool)
    sides = (nothing, nothing) if foreground is None else (foreground, ~foreground)
    inside, outside = (
        masked_ssim(maps[protocol], side, protocol) if protocol in maps else NAN for side in sides
    )
    return {
        "ssim": means[protocol],
        "ssim_fg": inside,
        "ssim_bg": outside,
        "psnr": psnr(generated, true),
        "l1": l1(generated, true),
        "l1_fg": l1(generated, true, sides[0]),
        "mask_ssim": mask_ssim(generated, true, pose_mask, protocol),
        **apart,
    }


def mask_ssim(generated: Image, true: Image, mask: Mask | None, protocol: str) -> float:
    """Blacken what the mask leaves out in both images, and compare the whole of them.

    The black around the person agrees, and counts (Ma et al. 2017; Siarohin et al. 2018).

    Args:
        generated: (H, W, 3).
        true: (H, W, 3).
        mask: (H, W); without one, or with an empty one, the score is NaN.
        protocol: A name in `ssim.PROTOCOLS`; NaN where the image has no room for it.
    """
    if mask is None or not mask.any() or not PROTOCOLS[protocol].fits(true.shape):
        return NAN
    shown, wanted = (image * mask[..., None] for image in (generated, true))
    return ssim(ssim_map(shown, wanted, protocol), protocol)


def pixel_protocols(protocol: str, others: Iterable[str] = (), seen: str = "") -> dict[str, str]:
    """Say how each pixel score is made.

    Args:
        protocol: Of `ssim`.
        others: Protocols with a column of their own.
        seen: What part of the images is scored, if not the whole.
    """
    part = f"; {seen}" if seen else ""
    window = _described(protocol)
    target = "the union of the target's capsules in the image"
    distance = "mean absolute difference, colours in 0..1"
    border = "without the border of half a window"
    told = {
        "ssim": f"{window}; {border}",
        "ssim_fg": f"{window}; inside {target}",
        "ssim_bg": f"{window}; outside {target}",
        "psnr": "range 255, over pixels and channels",
        "l1": distance,
        "l1_fg": f"{distance}; inside {target}",
        "mask_ssim": f"{window}; {border}; both images black outside of the mask of the target's"
        " pose (lines of radius 4 px), which counts",
    }
    told |= {column_of(name): f"{_described(name)}; {border}" for name in others}
    return {name: text + part for name, text in told.items()}


def _described(name: str) -> str:
    protocol = PROTOCOLS[name]
    over = "pixels" if protocol.grey else "pixels and channels, RGB uint8"
    return f"{name}: {protocol.described}; mean over {over}"


def perceptual_scores(
    network: nn.Module | None, generated: Sequence[Image], true: Sequence[Image]
) -> list[dict[str, float]]:
    """Score some pairs by LPIPS, on the device of the network; NaN without one."""
    if network is None:
        return [{"lpips": NAN}] * len(true)
    device = next(network.parameters()).device
    both = [
        torch.from_numpy(np.stack(side)).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
        for side in (generated, true)
    ]
    return [{"lpips": value} for value in lpips(network, *both).tolist()]


def pose_scores(
    estimate: Callable[[list[Image]], Sequence[FoundPose]],
    true: Mapping[int, TruePose],
    images: Mapping[int, Image],
    prepare: Callable[[Image], Image],
) -> dict[int, dict[str, float | bool]]:
    """Score the poses found in generated images.

    A generated image without a person has AUC 0, PCKh 0 and no pose loss.

    Args:
        estimate: Finds one person in each of some unrelated images.
        true: For each pair to be scored, what was found in the true image.
        images: The generated image of each pair.
        prepare: Makes an image ready for it, as the true ones were.
    """
    pairs = [pair for pair in images if pair in true]
    poses = estimate([prepare(images[pair]) for pair in pairs]) if pairs else []
    scores: dict[int, dict[str, float | bool]] = {}
    for pair, pose in zip(pairs, poses, strict=True):
        nobody = np.full((19, 3), np.nan)
        joints_mm = np.asarray(pose.joints_mm if pose.detected else nobody, dtype=np.float64)
        joints_px = np.asarray(pose.joints_px if pose.detected else nobody, dtype=np.float64)
        distances = joint_distances_mm(joints_mm, true[pair].joints_mm)
        scores[pair] = {
            "pose_detected": bool(pose.detected),
            "pose_loss_mm": pose_loss_mm(distances),
            "pose_auc": pose_auc(distances),
            "pckh": pckh(joints_px[:, :2], true[pair].joints_px[:, :2]),
        }
    return scores


NO_POSE: dict[str, float | bool] = {
    "pose_detected": False,
    "pose_loss_mm": NAN,
    "pose_auc": NAN,
    "pckh": NAN,
}
