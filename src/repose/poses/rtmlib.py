"""RTMPose and RTMW3D as ONNX files, run by rtmlib without any package of OpenMMLab.

A lifter, where one is named, is mmpose's (see `mmpose.py`). rtmlib downloads what it does not
find; here a missing file is an error. It does not turn colours, and its models take RGB.
"""

import contextlib
import importlib.util
import io
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from repose.errors import ReposeError
from repose.poses.base import Array, Image, Settings
from repose.poses.composition import COCO_SETS, Keypoints
from repose.poses.mmpose import load_lifter
from repose.poses.topdown import TopDownEstimator
from repose.poses.weights import prove

VERSION = "0.0.16"
SPLIT = 2  # cells of its maps per px (SimCC's split ratio)


def build(settings: Settings) -> TopDownEstimator:
    """Make the estimator.

    Raises:
        ReposeError: missing-rtmlib, wrong-rtmlib, missing-weights, wrong-weights, no-device.
    """
    mend = "install requirements/all.txt, or as docs/poses.md says"
    if importlib.util.find_spec("rtmlib") is None:
        raise ReposeError("missing-rtmlib", "rtmlib is not installed", mend=mend)
    found = metadata.version("rtmlib")
    if found != VERSION:
        raise ReposeError("wrong-rtmlib", f"rtmlib is {found}, needs {VERSION}", mend=mend)
    digest = prove(settings.weights, settings.weights_sha256, "rtmlib (an ONNX file)")
    look = _Session(settings.weights, settings.device)
    lifter, lifted_by = load_lifter(settings)
    version = "+".join([VERSION, Path(settings.weights).stem, digest[:12], *lifted_by])
    return TopDownEstimator("rtmlib", version, settings, look, lifter)


class _Session:
    """An ONNX model, called on boxes one by one."""

    def __init__(self, path: str, device: str) -> None:
        from rtmlib import RTMPose, RTMPose3d

        session = _open(path, _provider(device))
        shape, outputs = session.get_inputs()[0].shape, session.get_outputs()
        count = outputs[0].shape[-2] if outputs[0].shape else None
        if len(shape) != 4 or not all(isinstance(side, int) for side in shape[2:]):
            raise _not_rtmpose(path, f"its input is {shape}")
        if count not in COCO_SETS or len(outputs) not in (2, 3):
            raise _not_rtmpose(path, f"{len(outputs)} outputs of {count} keypoints")
        made = RTMPose3d if len(outputs) == 3 else RTMPose
        # It says where it loads from.
        with contextlib.redirect_stdout(io.StringIO()):
            self._model = made(path, model_input_size=tuple(shape[:1:-1]), device="cpu")
        self._model.session = session
        self._deep = len(outputs) == 3
        self._depth_px = outputs[2].shape[-1] / SPLIT if self._deep else 0.0

    def __call__(self, images: Sequence[Image], boxes: Array) -> list[Keypoints]:
        """Find the keypoints of one person in each box."""
        return [self._look(image, box) for image, box in zip(images, boxes, strict=True)]

    def _look(self, image: Image, box: Array) -> Keypoints:
        found = self._model(image, [box])
        scores = np.clip(np.asarray(found[1][0], np.float32), 0, 1)
        points = np.asarray(found[3 if self._deep else 0][0], np.float32) + 0.5
        if not self._deep:
            return Keypoints(points, scores)
        # Its own depths are taken over the picture's height, not over the map's depth.
        cells = np.asarray(found[2][0], np.float32)[:, 2]
        depth_mm = (cells / (self._depth_px / 2) - 1) * self._model.z_range * 1000
        return Keypoints(points, scores, depth_mm)


def _provider(device: str) -> str:
    import onnxruntime

    if device != "cpu" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        return "CUDAExecutionProvider"
    if device not in ("auto", "cpu"):
        raise ReposeError(
            "no-device", f"onnxruntime has no device '{device}' here", mend="take auto or cpu"
        )
    return "CPUExecutionProvider"


def _open(path: str, provider: str) -> Any:
    import onnxruntime

    try:
        return onnxruntime.InferenceSession(path, providers=[provider])
    # Its own kinds have no common base.
    except Exception as error:
        raise _not_rtmpose(path, str(error)[:200]) from error


def _not_rtmpose(path: str, why: str) -> ReposeError:
    return ReposeError(
        "wrong-weights",
        f"not an RTMPose or RTMW3D in ONNX ({why})",
        path=path,
        mend="take the end2end.onnx that is published with the model: docs/poses.md",
    )
