"""The networks that judge images, from the user's weights; without them there is no score.

They compute in float32, one image as any other in its batch, on a GPU where there is one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from repose.data.tables import make_table, read_table
from repose.errors import ReposeError, nearest
from repose.losses import Features, perceptual
from repose.metrics.inception import KINDS, Inception
from repose.metrics.lpips import BACKBONES, build_lpips
from repose.training.backbones import load_backbone

Image = NDArray[np.uint8]

VGG_FORM = "posewarp12"  # Balakrishnan et al. 2018, as their code has it
VGG_BATCH = 8  # images measured at once for the scales of its activations, whatever the batch
VGG_IMAGES = 256  # of these
INCEPTIONS = {"torchvision": "inception_v3", "tf": "inception_tf"}


@dataclass(frozen=True)
class Told:
    """What a kind of score says of itself.

    Attributes:
        protocols: How each score is made.
        notes: Why one was not.
    """

    protocols: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def together(*told: Told) -> Told:
    """Join what several kinds of scores say of themselves."""
    protocols = {name: text for one in told for name, text in one.protocols.items()}
    return Told(protocols, [note for one in told for note in one.notes])


@contextmanager
def full_precision() -> Iterator[torch.device]:
    """Compute in full float32, by the same algorithm each time; gives the device to use."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    exact = {"benchmark": False, "deterministic": True, "allow_tf32": False}
    with torch.backends.cudnn.flags(enabled=True, **exact):
        yield device


def load_lpips(
    net: str, weights: str, sha256: str, part: str = ""
) -> tuple[nn.Module | None, Told]:
    """Build the network of LPIPS, or say that there is none.

    Args:
        net: A key of `BACKBONES`.
        weights: Path of torchvision's ImageNet weights of it, "download", or "" for no LPIPS.
        sha256: Of that file.
        part: What part of the images it sees, if not the whole.

    Raises:
        ReposeError: unknown-network, missing-weights, wrong-weights.
    """
    if net not in BACKBONES:
        raise ReposeError("unknown-network", f"no LPIPS '{net}'", mend=nearest(net, BACKBONES))
    if not weights:
        return None, _without(
            "LPIPS was", "lpips_weights", f"torchvision's ImageNet weights of {BACKBONES[net]}"
        )
    backbone = load_backbone(BACKBONES[net], weights, sha256, without="")
    with _named(f"torchvision's weights of {BACKBONES[net]}", weights, "LPIPS"):
        network = build_lpips(net, backbone)
    protocol = f"{net}, linear layers v0.1, images in [-1, 1] at their own size"
    return network, Told({"lpips": "; ".join(filter(None, (protocol, part)))})


def load_vgg(weights: str, sha256: str, part: str = "") -> tuple[Features | None, Told]:
    """Build the network of the VGG loss, or say that there is none; arguments as above."""
    if not weights:
        return None, _without("VGG loss was", "vgg_weights", "torchvision's weights of VGG19")
    state = load_backbone("vgg19", weights, sha256, without="")
    with _named("torchvision's weights of vgg19", weights, "VGG loss"):
        features = Features.from_state_dict(state, form=VGG_FORM)
    protocol = (
        f"{VGG_FORM}: mean over 12 layers of the L1 distance of VGG19's activations, each channel"
        f" in units of its deviation (+ 0.1) over {VGG_IMAGES} true images, evenly spread, at most"
    )
    return features, Told({"vgg_loss": "; ".join(filter(None, (protocol, part)))})


def load_inception(kind: str, weights: str, sha256: str) -> tuple[Inception | None, Told]:
    """Build the network of FID and Inception Score, or say that there is none.

    Args:
        kind: A key of `KINDS`.
        weights: Path of its weights, "download", or "" for neither score.
        sha256: Of that file.

    Raises:
        ReposeError: unknown-network, missing-weights, wrong-weights.
    """
    if kind not in KINDS:
        raise ReposeError("unknown-network", f"no Inception '{kind}'", mend=nearest(kind, KINDS))
    whose = KINDS[kind].weights
    if not weights:
        return None, _without("FID and Inception Score were", "inception_weights", whose)
    state = load_backbone(INCEPTIONS[kind], weights, sha256, without="")
    with _named(f"the weights of {whose}", weights, "FID"):
        network = Inception(kind, state)
    return network, Told()


def _without(what: str, key: str, weights: str) -> Told:
    return Told(notes=[f"{what} not scored: evaluate.{key} names no file with {weights}."])


@contextmanager
def _named(whose: str, path: str, score: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, RuntimeError) as error:
        mend = f"give {whose}, or '' to go without {score}"
        said = str(error.args[0]).splitlines()[0]
        raise ReposeError("wrong-weights", said, path=path, mend=mend) from error


def as_bytes(images: Sequence[Image], device: torch.device) -> Tensor:
    """Put images on a device: (B, 3, H, W) uint8."""
    return torch.from_numpy(np.stack(images)).to(device).permute(0, 3, 1, 2)


def as_values(images: Sequence[Image], device: torch.device) -> Tensor:
    """Put images on a device: (B, 3, H, W) in [-1, 1]."""
    return as_bytes(images, device).float() / 127.5 - 1


def measure_vgg(features: Features, true: Sequence[Image]) -> None:
    """Measure the scales of the activations on true images, at most `VGG_IMAGES` of them.

    The authors measured theirs on their training images; a score is compared between methods,
    so the true images of the pairs serve, which all methods share.
    """
    device = features.mean.device
    parts = range(0, len(true), VGG_BATCH)
    features.measure(as_values(true[start : start + VGG_BATCH], device) for start in parts)


@torch.inference_mode()
def vgg_scores(
    features: Features | None, generated: Sequence[Image], true: Sequence[Image]
) -> list[dict[str, float]]:
    """Score each of some pairs by the VGG loss; NaN without a network."""
    if features is None:
        return [{"vgg_loss": float("nan")}] * len(true)
    device = features.mean.device
    pairs = zip(generated, true, strict=True)
    sides = ((as_values([g], device), as_values([t], device)) for g, t in pairs)
    return [{"vgg_loss": float(perceptual(features, *both))} for both in sides]


def pose_judge(true_poses: Path | None) -> str:
    """Name the estimator of the true poses and its version, "" where there are none."""
    poses = read_table(true_poses, "poses") if true_poses else make_table("poses", [])
    return "" if poses.empty else " ".join(poses.iloc[0][["estimator", "version"]])
