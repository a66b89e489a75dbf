"""The smallest network with deformable skips."""

from typing import Any

import torch
from torch import nn

from repose.models import build_model
from tests.models.toys import SIZE, images, poses

TOY: dict[str, Any] = {
    "network": "deformable",
    "window": [0, 0],
    "joints": "openpose18",
    "sigma_px": 2.0,
    "warp_skip": "mask",
    "combine": "max",
    "interp": "nearest",
    "rest": "none",
    "warped_levels": 2,
    "encoder_widths": [8, 8, 12],
    "decoder_widths": [12, 8],
    "norm": "instance",
    "dropout": 0.0,
    "dropped_blocks": 1,
    "critic": "patch",
    "critic_widths": [4, 8],
    "critic_linears": [],
    "compat": [],
}
SMALL = {"critic": "small", "critic_linears": [6]}


def build(**changes: Any) -> nn.Module:
    torch.manual_seed(0)
    return build_model(TOY | changes, SIZE)


def given(count: int = 2):
    return images(count), poses(count), poses(count, seed=1)
