"""The variational U-Net at its smallest size, and with the numbers of the papers."""

from typing import Any

import torch
from torch import nn

from repose.models import build_model
from tests.models.toys import SIZE, images, poses

TOY: dict[str, Any] = {
    "network": "vunet25d",
    "pose_map": "three_layer",
    "thickness": 0.35,
    "limb_width": 0.2,
    "box_factor": 1,
    "bottleneck_factor": 2,
    "latent_scales": 2,
    "blocks": 2,
    "width": 4,
    "widest": 8,
    "dropout": 0.0,
    "posterior_pose": False,
    "shortcuts": False,
    "compat": [],
}
PAPER = TOY | {"box_factor": 2, "width": 32, "widest": 128, "dropout": 0.1}
MARKET = PAPER | {"box_factor": 1, "bottleneck_factor": 1}


def build(size: int = SIZE, **changes: Any) -> nn.Module:
    torch.manual_seed(0)
    return build_model(TOY | changes, size).generator


def given(count: int = 2):
    return images(count), poses(count), poses(count, seed=1)


def weights(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())
