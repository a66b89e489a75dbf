"""A network of the smallest size, and poses to feed it."""

from typing import Any

import torch
from torch import Tensor, nn

from repose.models import build_model
from repose.skeleton import JOINT, JOINTS

SIZE = 32

TOY: dict[str, Any] = {
    "network": "warp3d",
    "warp": "3d",
    "pose": "3d",
    "stride": 4,
    "depth": 4,
    "channels": 8,
    "groups": 4,
    "sigma_px": 3.0,
    "margin_vox": 1.0,
    "stem": 8,
    "encoder_widths": [16],
    "encoder_units": [1],
    "encoder_units3d": 1,
    "pose_channels": 4,
    "pose_units": 1,
    "decoder_units3d": 1,
    "decoder_widths": [32, 16],
    "decoder_ups": [0, 1],
    "inpainter_widths": [8, 16],
    "inpainter_kernels": [5, 3],
    "discriminator_stem": 8,
    "discriminator_widths": [16],
    "discriminator_units": [2],
    "shortcuts": False,
    "compat": [],
}

# A person standing upright with the arms held out, as shares of the image's side.
STANCE = {
    "neck": (0.5, 0.25, 0.0),
    "nose": (0.5, 0.18, -0.04),
    "l_shoulder": (0.6, 0.27, 0.0),
    "l_elbow": (0.7, 0.35, 0.02),
    "l_wrist": (0.8, 0.4, -0.04),
    "l_hip": (0.56, 0.52, 0.0),
    "l_knee": (0.58, 0.7, -0.02),
    "l_ankle": (0.58, 0.88, 0.02),
    "l_eye": (0.52, 0.16, -0.03),
    "l_ear": (0.54, 0.17, 0.0),
    "pelvis": (0.5, 0.52, 0.0),
}


def build(**changes: Any) -> nn.Module:
    """Build the toy with some values changed; the same weights each time."""
    torch.manual_seed(0)
    return build_model(TOY | changes, SIZE)


def poses(count: int, *, seed: int = 0, jitter_px: float = 1.5) -> Tensor:
    """Return (count, 19, 3) px: the stance, shaken."""
    stance = torch.zeros(len(JOINTS), 3)
    for name, (x, y, z) in STANCE.items():
        stance[JOINT[name]] = torch.tensor([x, y, z])
        if name.startswith("l_"):
            stance[JOINT["r" + name[1:]]] = torch.tensor([1 - x, y, z])
    generator = torch.Generator().manual_seed(seed)
    shake = torch.randn(count, len(JOINTS), 3, generator=generator)
    return SIZE * stance + jitter_px * shake


def images(count: int, *, seed: int = 0) -> Tensor:
    """Return (count, 3, 32, 32) noise in [-1, 1]."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, SIZE, SIZE, generator=generator) * 2 - 1
