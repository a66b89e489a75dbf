"""Images and a network with torchvision's names and random weights, for tests of losses."""

from functools import cache

import numpy as np
import torch
from torch import nn
from torchvision.models import vgg19

RELUS = (1, 3, 6, 8, 11, 13, 15, 17, 20, 22, 24, 26, 29, 31, 33, 35)


def image(seed: int, side: int = 32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, side, side, generator=generator) * 2 - 1


@cache
def vgg() -> nn.Module:
    with torch.device("meta"):
        network = vgg19(weights=None)
    network.features = network.features[: RELUS[-1] + 1].to_empty(device="cpu")
    generator = torch.Generator().manual_seed(0)
    for weight in network.features.parameters():
        scale = (2 / weight[0].numel()) ** 0.5 if weight.dim() == 4 else 0.1
        weight.data.copy_(torch.randn(weight.shape, generator=generator) * scale)
    return network.eval()


@torch.no_grad()
def activations(given: torch.Tensor, taps: tuple[int, ...], *, average: bool) -> list[np.ndarray]:
    """Run VGG19 layer by layer, as torchvision has it but for the pooling; the input comes first.

    Returns:
        One float64 array for the normalised image, and one for each tap.
    """
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = ((given + 1) / 2 - mean.view(3, 1, 1)) / std.view(3, 1, 1)
    found = [x.double().numpy()]
    for index, layer in enumerate(vgg().features[: taps[-1] + 1]):
        if average and isinstance(layer, nn.MaxPool2d):
            x = (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4
        else:
            x = layer(x.clone())
        if index in taps:
            found.append(x.double().numpy())
    return found
