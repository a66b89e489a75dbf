"""A tiny data set of coloured stick figures, and a tiny network, for tests of training."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
import yaml
from torch import Tensor, nn

from repose.data.packs import PackWriter, encode
from repose.data.tables import vectors, write_table
from repose.skeleton import BONES, JOINT, JOINTS

SIZE = 32

CONFIG = Path(__file__).parents[2] / "config" / "config.yaml"

# The real network, as small as it goes.
MODEL = {
    **yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["models"]["warp3d"],
    "stride": 4,
    "depth": 8,
    "channels": 4,
    "groups": 2,
    "sigma_px": 2.0,
    "margin_vox": 0.0,
    "stem": 4,
    "encoder_widths": [8],
    "encoder_units": [1],
    "encoder_units3d": 1,
    "pose_channels": 4,
    "pose_units": 1,
    "decoder_units3d": 1,
    "decoder_widths": [16, 8],
    "decoder_ups": [0, 1],
    "inpainter_widths": [4, 8],
    "inpainter_kernels": [3, 3],
    "discriminator_stem": 4,
    "discriminator_widths": [8],
    "discriminator_units": [1],
    "shortcuts": True,
    "compat": ["noise"],
}

# A person who stands and faces the camera, as shares of the image (x, y, z).
STANDING = {
    "neck": (0.5, 0.27, 0),
    "nose": (0.5, 0.2, -0.03),
    "l_shoulder": (0.6, 0.29, 0),
    "l_elbow": (0.66, 0.42, 0.01),
    "l_wrist": (0.68, 0.53, -0.03),
    "l_hip": (0.56, 0.52, 0),
    "l_knee": (0.57, 0.7, -0.02),
    "l_ankle": (0.57, 0.88, 0.01),
    "r_shoulder": (0.4, 0.29, 0),
    "r_elbow": (0.34, 0.42, 0.02),
    "r_wrist": (0.33, 0.53, -0.02),
    "r_hip": (0.44, 0.52, 0),
    "r_knee": (0.43, 0.7, -0.01),
    "r_ankle": (0.43, 0.88, 0.02),
    "l_eye": (0.52, 0.18, -0.02),
    "l_ear": (0.54, 0.19, 0.01),
    "r_eye": (0.48, 0.18, -0.02),
    "r_ear": (0.46, 0.19, 0.01),
    "pelvis": (0.5, 0.52, 0),
}


def pose(random: np.random.Generator, size: int = SIZE) -> np.ndarray:
    """Return (19, 3) joints in px: standing, each joint a little elsewhere."""
    joints = np.array([STANDING[name] for name in JOINTS]) * size
    moved = joints + random.normal(0, 0.02 * size, joints.shape)
    moved[:, 2] -= moved[JOINT["pelvis"], 2]
    return moved.astype(np.float32)


def draw(joints: np.ndarray, colour: tuple[int, int, int], size: int = SIZE) -> np.ndarray:
    image = np.full((size, size, 3), 90, np.uint8)
    for a, b in BONES:
        ends = [tuple(int(v) for v in joints[JOINT[name], :2]) for name in (a, b)]
        cv2.line(image, *ends, colour, 3)
    return image


def make_crops(folder, people: int = 4, frames: int = 6, seed: int = 0, size: int = SIZE):
    """Write a folder of crops, one clip per person; the last two people are the test split."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    rows = []
    with PackWriter(folder / "crops.pack") as pack:
        for person in range(people):
            colour = tuple(int(v) for v in random.integers(0, 255, 3))
            for frame in range(frames):
                joints = pose(random, size)
                stored = pack.add(encode(draw(joints, colour, size), "png"))
                who = f"clip{person}", frame, f"p{person}", person < people - 2
                rows.append((*who, stored, joints))
    joints = np.stack([row[5] for row in rows])
    table = pd.DataFrame(
        {
            "clip": [row[0] for row in rows],
            "frame": [row[1] for row in rows],
            "person": [row[2] for row in rows],
            "outfit": [f"{row[2]}-a" for row in rows],
            "action": "turn",
            "split": ["train" if row[3] else "test" for row in rows],
            "usable": True,
            "offset": [row[4][0] for row in rows],
            "length": [row[4][1] for row in rows],
            "sha256": [row[4][2] for row in rows],
            "left": 0.0,
            "top": 0.0,
            "side": float(size),
            "joints_px": vectors(joints),
            "joints_mm": vectors(joints),
            "score": vectors(np.ones((len(rows), len(JOINTS)))),
        }
    )
    write_table(table, folder / "crops.parquet", "crops", {"size": size})
    return folder


def make_pairs(path, people: int = 4, frames: int = 6):
    """Write the pair table: each person's first frame to each later one."""
    rows = [
        {
            "source_clip": f"clip{person}",
            "source_frame": 0,
            "target_clip": f"clip{person}",
            "target_frame": frame,
            "person": f"p{person}",
            "outfit": f"p{person}-a",
            "split": "train" if person < people - 2 else "test",
            "pose_distance": 0.0,
            "view_change_rad": 0.0,
            "visible_share": 1.0,
            "scale_change": 1.0,
            "source_name": f"clip{person}_00000",
            "target_name": f"clip{person}_{frame:05d}",
        }
        for person in range(people)
        for frame in range(1, frames)
    ]
    table = pd.DataFrame(rows).assign(pair=range(len(rows)))
    write_table(table, path, "pairs", {})
    return path


class Generator(nn.Module):
    """Paints from the source and a sketch of the target pose; has noise, so that it shows."""

    needs_depth = False

    def __init__(self) -> None:
        super().__init__()
        self.paint = nn.Sequential(nn.Conv2d(5, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1))

    def fit(self, source_joints: Tensor, target_joints: Tensor) -> None:
        return None

    def forward(self, source, source_joints, target_joints, transforms=None):
        size = source.shape[-1]
        centres = torch.arange(size, device=source.device) + 0.5
        dx, dy = (centres - target_joints[..., i, None] for i in (0, 1))
        sketch = (torch.exp(-(dx**2) / 8)[:, :, None] * torch.exp(-(dy**2) / 8)[..., None]).amax(1)
        noise = 0.1 * torch.randn_like(source[:, :1])
        painted = torch.tanh(self.paint(torch.cat([source, sketch[:, None], noise], dim=1)))
        alpha = sketch[:, None].clamp(0, 1)
        return {"image": painted, "foreground": painted, "alpha": alpha, "background": source}


class Discriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Sequential(nn.Conv2d(6, 8, 4, 2), nn.ReLU(), nn.Conv2d(8, 1, 4, 2))

    def forward(self, source, image, source_joints, target_joints):
        return self.look(torch.cat([source, image], dim=1)).mean((1, 2, 3))
