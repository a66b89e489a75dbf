"""The two Inception networks behind FID and Inception Score, from their weights.

They are not interchangeable: other weights, other pooling, another enlargement of the image.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import Inception3

SIDE = 299  # px, of the images that both were trained on
FEATURES = 2048


@dataclass(frozen=True)
class Kind:
    """One of the networks.

    Attributes:
        weights: Whose weights these are, and how many classes they tell apart.
        classes: These.
        described: How an image gets in and what comes out, for tables.
    """

    weights: str
    classes: int
    described: str


KINDS: dict[str, Kind] = {
    # GFLA (Ren et al. 2020) and those who took its script: images in [0, 1], where these weights
    # were trained on normalised ones.
    "torchvision": Kind(
        "torchvision's inception_v3 of ImageNet",
        1000,
        "torchvision's Inception v3, bilinear to 299x299, [0, 1] not normalised, pool3",
    ),
    # Heusel et al. 2017 and Salimans et al. 2016, as pytorch-fid and torch-fidelity carry it over.
    "tf": Kind(
        "TensorFlow's Inception graph of 2015-12-05",
        1008,
        "TensorFlow's Inception of 2015-12-05, its bilinear to 299x299, bytes, pool3",
    ),
}


class Inception(nn.Module):
    """Bytes in, features and class probabilities out.

    Args:
        kind: A key of `KINDS`.
        state: The network's weights, with torchvision's names (both ports keep them).

    Raises:
        KeyError: a weight is missing.
        RuntimeError: a weight has another shape.
    """

    def __init__(self, kind: str, state: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.kind = kind
        with torch.device("meta"):  # its own fresh weights would cost seconds and random numbers
            network = Inception3(
                KINDS[kind].classes,
                aux_logits=False,
                transform_input=kind == "torchvision",
                init_weights=False,
            )
        network.load_state_dict(_matching(network, state), assign=True)
        if kind == "tf":
            _pool_as_tensorflow(network)
        self.classifier = network.fc
        network.fc = nn.Identity()
        self.network = network
        self.eval().requires_grad_(False)

    @torch.inference_mode()
    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Look at some images.

        Args:
            images: (B, 3, H, W) uint8, RGB.

        Returns:
            (B, 2048) features and (B, classes) probabilities; as in the code of Salimans et al.,
            those of "tf" leave the classifier's bias out.
        """
        x = images.float()
        if self.kind == "tf":
            x = (_enlarge_as_tensorflow(x) - 128) / 128
        else:
            x = functional.interpolate(x / 255, (SIDE, SIDE), mode="bilinear", align_corners=False)
        features = self.network(x)
        bias = None if self.kind == "tf" else self.classifier.bias
        logits = functional.linear(features, self.classifier.weight, bias)
        return features, logits.softmax(dim=1)


def _matching(network: nn.Module, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take what the network has; counters of batches, which old files lack, say nothing."""
    counter = torch.tensor(0)
    found = {}
    for name in network.state_dict():
        if name not in state and not name.endswith("num_batches_tracked"):
            raise KeyError(f"no {name}")
        found[name] = state.get(name, counter)
    return found


class _Repooled(nn.Module):
    """A block of torchvision's whose pooling branch pools otherwise."""

    block: Any

    def __init__(self, block: Any, pool: nn.Module) -> None:
        super().__init__()
        self.block, self.pool = block, pool

    def forward(self, x: Tensor) -> Tensor:
        *others, _ = self.block._forward(x)
        return torch.cat([*others, self.block.branch_pool(self.pool(x))], dim=1)


def _pool_as_tensorflow(network: Any) -> None:
    """TensorFlow averages over what lies within the border, and its last block takes maxima."""
    names = (
        *(f"Mixed_5{letter}" for letter in "bcd"),
        *(f"Mixed_6{letter}" for letter in "bcde"),
        "Mixed_7b",
    )
    for name in names:
        mean = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
        setattr(network, name, _Repooled(getattr(network, name), mean))
    network.Mixed_7c = _Repooled(network.Mixed_7c, nn.MaxPool2d(3, stride=1, padding=1))


def _enlarge_as_tensorflow(images: Tensor) -> Tensor:
    """Resize as TensorFlow 1 did: pixel i of n comes from i * N / n, corners not centred."""
    rows, columns = (_weights(side, images.device) for side in images.shape[-2:])
    return torch.einsum("ih,bchw,jw->bcij", rows, images, columns)


def _weights(side: int, device: torch.device) -> Tensor:
    """Return what each new pixel of a line takes from each old one, (299, side)."""
    place = torch.arange(SIDE, dtype=torch.float64) * side / SIDE
    low = place.floor().long()
    high = (low + 1).clamp(max=side - 1)
    share = place - low
    weights = torch.zeros(SIDE, side, dtype=torch.float64)
    lines = torch.arange(SIDE)
    weights.index_put_((lines, low), 1 - share, accumulate=True)
    weights.index_put_((lines, high), share, accumulate=True)
    return weights.float().to(device)
