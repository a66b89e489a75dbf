"""Boxes of people by mmdet, where it and the whole mmcv are installed (docs/poses.md)."""

import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np

from repose.errors import ReposeError
from repose.poses.base import Array, Image, Settings
from repose.poses.looking import Detect
from repose.poses.mmpose_checkpoints import fill_model
from repose.poses.mmpose_imports import choose_device, quiet
from repose.poses.weights import prove

PERSON = 0  # COCO's first class


def load_detector(settings: Settings) -> tuple[Detect, list[str]]:
    """Load the detector that the settings name, and what it is.

    Raises:
        ReposeError: missing-mmdet, missing-weights, wrong-weights or no-device.
    """
    if importlib.util.find_spec("mmcv._ext") is None or importlib.util.find_spec("mmdet") is None:
        raise ReposeError(
            "missing-mmdet",
            "a detector of people needs mmdet and the whole mmcv",
            mend="install them as docs/poses.md says, or leave detector_config empty",
        )
    digest = prove(settings.detector_weights, settings.detector_sha256, "the detector of people")
    from mmdet.apis import inference_detector, init_detector

    with quiet():
        model = init_detector(
            settings.detector_config, None, device=choose_device(settings.device)
        )
        fill_model(model, settings.detector_weights, "the detector of people")

    def detect(images: Sequence[Image]) -> list[Array | None]:
        # mmdet takes BGR, as OpenCV reads it.
        results = inference_detector(model, [np.ascontiguousarray(i[..., ::-1]) for i in images])
        return [largest(result.pred_instances, settings.detection_score) for result in results]

    return detect, [f"mmdet+{digest[:12]}"]


def largest(found: Any, score: float) -> Array | None:
    """Return the box (4,) of the largest person of at least that score; None: there is none."""
    people = (np.asarray(found.labels.cpu()) == PERSON) & (np.asarray(found.scores.cpu()) >= score)
    boxes = np.asarray(found.bboxes.cpu(), np.float32)[people]
    if not len(boxes):
        return None
    sizes = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    box: Array = boxes[sizes.argmax()]
    return box
