"""mmpose: 2D keypoints top-down (RTMPose and others), lifted to 3D, or both at once (RTMW3D).

Jiang et al. 2023 (RTMPose), Pavllo et al. 2019 (VideoPose3D), Zhu et al. 2023 (MotionBERT),
Martinez et al. 2017 (SimpleBaseline3D). Configs come with the package, weights from the user.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from repose.errors import ReposeError
from repose.poses.base import Array, Image, Settings
from repose.poses.composition import COCO_SETS, Keypoints
from repose.poses.looking import BATCH, Detect, batches
from repose.poses.mmpose_imports import VERSION, load_model, quiet
from repose.poses.topdown import TopDownEstimator


def build(settings: Settings) -> TopDownEstimator:
    """Make the estimator.

    Raises:
        ReposeError: as `mmpose_imports.load_model`; wrong-config for a model of another kind.
    """
    model, version = load_model(
        settings.config,
        settings.weights,
        settings.weights_sha256,
        settings.device,
        random_weights=settings.random_weights,
    )
    lifter, lifted_by = load_lifter(settings)
    detect, detected_by = _load_detector(settings)
    parts = [VERSION, version, *lifted_by, *detected_by]
    look = _Network(model, settings.config)
    return TopDownEstimator("mmpose", "+".join(parts), settings, look, lifter, detect)


def load_lifter(settings: Settings) -> tuple[Any, list[str]]:
    """Load the lifter that the settings name, and what it is; None where they name none."""
    if not settings.lifter_config:
        return None, []
    from repose.poses.lifting import Lifter  # needs torch

    model, version = load_model(
        settings.lifter_config,
        settings.lifter_weights,
        settings.lifter_sha256,
        settings.device,
        random_weights=settings.random_weights,
    )
    return Lifter(model), [version]


class _Network:
    """A top-down model, called on a batch of boxes.

    Args:
        model: As mmpose builds it.
        config: Its name, for messages.
    """

    def __init__(self, model: Any, config: str) -> None:
        from mmengine.dataset import Compose
        from mmpose.models.pose_estimators import TopdownPoseEstimator

        if not isinstance(model, TopdownPoseEstimator) or not model.dataset_meta:
            raise _not_topdown(config, f"it makes a {type(model).__name__}")
        count = len(model.dataset_meta["keypoint_id2name"])
        if count not in COCO_SETS:
            raise _not_topdown(config, f"it has {count} keypoints")
        self._depth = getattr(model.head.decoder, "z_range", None)
        steps = model.cfg.test_dataloader.dataset.pipeline
        with quiet():
            self._prepare = Compose(steps)
        self._model = model

    def __call__(self, images: Sequence[Image], boxes: Array) -> list[Keypoints]:
        """Find the keypoints of one person in each box."""
        found: list[Keypoints] = []
        for some in batches(range(len(images)), BATCH):
            found += self._look([images[i] for i in some], boxes[list(some)])
        return found

    def _look(self, images: Sequence[Image], boxes: Array) -> list[Keypoints]:
        import torch
        from mmengine.dataset import pseudo_collate

        # mmpose takes BGR, as OpenCV reads it.
        inputs = [
            self._prepare(
                {
                    "img": np.ascontiguousarray(image[..., ::-1]),
                    "bbox": box[None].astype(np.float32),
                    "bbox_score": np.ones(1, np.float32),
                    **self._model.dataset_meta,
                }
            )
            for image, box in zip(images, boxes, strict=True)
        ]
        with torch.inference_mode(), quiet():
            results = self._model.test_step(pseudo_collate(inputs))
        return [self._keypoints(result.pred_instances) for result in results]

    def _keypoints(self, found: Any) -> Keypoints:
        scores = np.clip(np.asarray(found.keypoint_scores[0], np.float32), 0, 1)
        if self._depth is None:
            # Its pixel centres lie at integers.
            return Keypoints(np.asarray(found.keypoints[0], np.float32) + 0.5, scores)
        # RTMW3D's own camera is a guess; its places in the picture and its depths are not.
        codec = self._model.head.decoder
        cells = np.asarray(found.keypoints_simcc[0], np.float32)[:, 2]
        depth_mm = (cells / (codec.input_size[-1] / 2) - 1) * self._depth * 1000
        points = np.asarray(found.transformed_keypoints[0], np.float32)[:, :2] + 0.5
        return Keypoints(points, scores, depth_mm)


def _not_topdown(config: str, why: str) -> ReposeError:
    return ReposeError(
        "wrong-config",
        f"'{config}' is not a top-down estimator of COCO's joints: {why}",
        mend="take one of RTMPose, RTMW or RTMW3D: docs/poses.md",
    )


def _load_detector(settings: Settings) -> tuple[Detect | None, list[str]]:
    if not settings.detector_config:
        return None, []
    from repose.poses.detection import load_detector

    return load_detector(settings)
