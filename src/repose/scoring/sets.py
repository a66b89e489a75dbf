"""Scores of all images of a method together: FID and Inception Score."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from repose.metrics.distribution import SPLITS, Moments, frechet_distance, inception_score
from repose.metrics.inception import KINDS
from repose.scoring.judges import Image, as_bytes

REFERENCES = {
    "train": "all training images",
    "test": "the true images of the scored pairs, each once",
}


class Sets:
    """What a network makes of the generated and of the real images, gathered batch by batch.

    Args:
        network: Bytes (B, 3, H, W) to features (B, C) and class probabilities (B, K).
        device: Where it is.
    """

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        self._network, self._device = network, device
        self._moments: dict[bool, Moments] = {}
        self._probabilities: list[NDArray[np.float32]] = []

    def add(self, images: Sequence[Image], *, real: bool) -> None:
        """Look at some images of one size."""
        if not images:
            return
        features, probabilities = self._network(as_bytes(images, self._device))
        gathered = self._moments.setdefault(real, Moments(features.shape[1]))
        gathered.add(features.cpu().numpy())
        if not real:
            self._probabilities.append(probabilities.cpu().numpy())

    def count(self, *, real: bool) -> int:
        """Return how many images were looked at."""
        return self._moments[real].count if real in self._moments else 0

    def fid(self) -> float:
        """Return the Frechet distance; NaN with fewer than two images on either side."""
        if len(self._moments) < 2:
            return float("nan")
        return frechet_distance(self._moments[False], self._moments[True])

    def inception_score(self) -> tuple[float, float]:
        """Return mean and deviation over ten parts; NaN with fewer images than that."""
        if not self._probabilities:
            return float("nan"), float("nan")
        return inception_score(np.concatenate(self._probabilities))


def describe(
    sets: Sets | None, kind: str, reference: str, split: str, part: str = ""
) -> dict[str, Any]:
    """Say what was found of a split, as JSON values; None where nothing was.

    Args:
        sets: What was gathered; None without weights.
        kind: A key of `KINDS`.
        reference: A key of `REFERENCES`.
        split: Whose generated images these are.
        part: What part of the images was seen, if not the whole.
    """
    images = sets.count(real=False) if sets else 0
    real = sets.count(real=True) if sets else 0
    mean, deviation = sets.inception_score() if sets else (np.nan, np.nan)
    seen = "; ".join(filter(None, (KINDS[kind].described, part)))
    moments = "float64 mean and covariance (N - 1)"
    order = f"{SPLITS} parts in the order of the pairs, not shuffled, mean and deviation of exp KL"
    return {
        "fid": {
            "value": _json(sets.fid() if sets else np.nan),
            "name": f"fid_{kind}",
            "protocol": f"{seen}; {moments}; real images: {REFERENCES[reference]}",
            "reference": reference,
            "split": split,
            "images": images,
            "real_images": real,
        },
        "inception": {
            "value": _json(mean),
            "deviation": _json(deviation),
            "name": f"inception_{kind}",
            "protocol": f"{seen.replace(', pool3', '')}; softmax over {KINDS[kind].classes}"
            f" classes; {order}",
            "split": split,
            "images": images,
        },
    }


def _json(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
