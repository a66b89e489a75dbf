"""From the settings of a training to what is learnt: the objective and the networks behind it."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from repose.data.samples import Crops, as_tensor
from repose.losses import Features
from repose.models.blocks import channels_last
from repose.training.backbones import perceptual_features
from repose.training.objective import Objective, Ramp
from repose.training.values import LOSSES

MEASURED = 256  # crops that activations are measured on, evenly spread over those trained on
BATCH = 8


def build_objective(settings: Mapping[str, Any], crops: Crops, device: torch.device) -> Objective:
    """Build the objective of a training.

    Args:
        settings: Of the train stage.
        crops: What is trained on; activations are measured on them where the loss wants that.
        device: Where it will be computed.

    Raises:
        ReposeError: wrong-value, or what loading weights raises.
    """
    weights = {name: float(settings[f"weight_{name}"]) for name in LOSSES}
    features = texture = None
    if weights["perceptual"] or weights["gram"]:
        features = _features(settings, settings["perceptual"], device)
        if features.scaled:
            features.measure(_images(crops, settings["splits"], device))
    if weights["nearest"]:
        texture = _features(settings, "nearest", device)
    first, last = settings["kl_warmup"]
    return Objective(
        weights,
        settings["real_label"],
        features,
        texture,
        triplet=settings["triplet"],
        nearest_window=settings["nearest_window"],
        pose_mask_px=settings["pose_mask_px"],
        kl_ramp=Ramp(first, last, settings["kl_least"]),
    )


def _features(settings: Mapping[str, Any], form: str, device: torch.device) -> Features:
    found = perceptual_features(
        settings["features"],
        settings["features_sha256"],
        form=form,
        compat_means=settings["compat_means"],
    ).to(device)
    if settings["channels_last"]:
        channels_last(found)
    return found


def _images(crops: Crops, splits: tuple[str, ...], device: torch.device) -> Iterator[Tensor]:
    rows = np.flatnonzero(crops.table["split"].isin(splits))
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(MEASURED, len(rows))).astype(int))]
    for first in range(0, len(rows), BATCH):
        yield as_tensor(crops.images(rows[first : first + BATCH])).to(device)
