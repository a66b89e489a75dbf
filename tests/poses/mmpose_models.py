"""Checkpoints of mmpose's models with random weights, as its own runner saves them."""

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

RTMPOSE = "rtmpose-t_8xb256-420e_coco-256x192"
BASELINE = "image-pose-lift_tcn_8xb64-200e_h36m"
VIDEOPOSE = "video-pose-lift_tcn-27frm-supv_8xb128-160e_h36m"
SEMI = "video-pose-lift_tcn-27frm-semi-supv_8xb64-200e_h36m"
MOTIONBERT = "motionbert_dstformer-ft-243frm_8xb32-120e_h36m"


def need_mmpose() -> None:
    """Skip a module's tests where mmpose is not installed."""
    if importlib.util.find_spec("mmpose") is None:
        pytest.skip("mmpose is not installed", allow_module_level=True)


@cache
def random_model(config: str) -> torch.nn.Module:
    from repose.poses.mmpose_imports import load_model

    torch.manual_seed(0)
    model, _ = load_model(config, "", "", "cpu", random_weights=True)
    return model


def save(config: str, folder: Path) -> str:
    """Store a checkpoint; its metadata hold arrays, as the published ones do."""
    model = random_model(config)
    path = folder / f"{config}.pth"
    meta = {"dataset_meta": model.dataset_meta, "epoch": np.float32(3), "sizes": np.arange(3)}
    state = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
    torch.save({"meta": meta, "state_dict": state | {"module.unused": torch.zeros(2)}}, path)
    return str(path)
