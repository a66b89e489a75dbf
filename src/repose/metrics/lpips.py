"""LPIPS, the learned perceptual distance of Zhang et al. 2018 (lower is closer)."""

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torchmetrics.functional.image.lpips import _LPIPS

# Names on disk are torchvision's: alexnet-owt-7be5be79.pth, vgg16-397923af.pth, ...
BACKBONES: dict[str, str] = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1"}


def build_lpips(net: str, backbone: Mapping[str, Tensor]) -> nn.Module:
    """Build the distance network from an ImageNet backbone's state.

    The small linear layers (v0.1) ship inside torchmetrics; the backbone, hundreds of times
    larger, does not, and torchmetrics would download it unasked.

    Args:
        net: A key of ``BACKBONES``.
        backbone: torchvision's state dict of that network.

    Returns:
        A frozen module: two (B, 3, H, W) images in [-1, 1] to (B, 1, 1, 1) distances.
    """
    network = _LPIPS(pretrained=True, net=net, pnet_rand=True, use_dropout=True)  # type: ignore[arg-type]
    # torchmetrics cuts torchvision's `features` into slices but keeps each layer's number.
    names = {
        key: re.sub(r"^(slice\d+|slices\.\d+)\.", "features.", key)
        for key in network.net.state_dict()
    }
    missing = sorted(set(names.values()) - set(backbone))
    if missing:
        raise KeyError(f"not the weights of {BACKBONES[net]}: no {missing[0]}")
    network.net.load_state_dict({key: backbone[name] for key, name in names.items()})
    return network.eval().requires_grad_(False)


def lpips(network: nn.Module, generated: Tensor, true: Tensor) -> Tensor:
    """Score pairs of images.

    Args:
        network: From ``build_lpips``.
        generated: (B, 3, H, W) in [-1, 1].
        true: (B, 3, H, W) in [-1, 1].

    Returns:
        (B,) distances, 0 for equal images.

    Raises:
        ValueError: an image has values outside of [-1, 1], such as bytes; the network would answer
            all the same.
    """
    for image in (generated, true):
        if not bool((image.abs() <= 1).all()):  # NaN fails, too
            raise ValueError("LPIPS takes images in [-1, 1]")
    with torch.inference_mode():
        distance: Tensor = network(generated, true)
    return distance.flatten()
