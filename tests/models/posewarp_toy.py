"""The smallest posewarp network."""

from typing import Any

import torch
from torch import Tensor, nn

from repose.models import build_model
from tests.models.toys import SIZE, images, poses

TOY: dict[str, Any] = {
    "network": "posewarp",
    "skeleton": "mpii14",
    "sigma_px": 2.0,
    "mirrors": False,
    "noise_fill": 0.0,
    "kernel": 3,
    "encoder_widths": [4, 6, 8, 8, 8],
    "segment_widths": [8, 6],
    "paint_widths": [8, 6],
    "discriminator_widths": [4, 6, 8],
    "discriminator_kernels": [5, 3, 3],
    "discriminator_hidden": [8],
    "shortcuts": False,
    "compat": [],
}


FORMS = [
    {"skeleton": skeleton, "shortcuts": shortcuts}
    for skeleton in ("mpii14", "upper7")
    for shortcuts in (False, True)
]


def build(**changes: Any) -> nn.Module:
    torch.manual_seed(0)
    return build_model(TOY | changes, SIZE)


def given(count: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    return images(count), poses(count), poses(count, seed=1)
