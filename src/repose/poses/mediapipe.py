"""BlazePose through mediapipe, whose wheel carries the model: works without a network.

Bazarevsky et al. 2020 ("BlazePose: On-device Real-time Body Pose tracking"). Metric joints come
from the model's world landmarks, which are metres about the middle of the hips.
"""

import hashlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from repose.errors import ReposeError, nearest
from repose.poses.base import Array, Clip, Image, Pose, Settings, px_per_mm
from repose.skeleton import JOINT, convert

VERSION = "0.10.14"  # later ones ask for other numpy or lack the models
DETECTOR = "pose_detection/pose_detection.tflite"
LANDMARKS = "pose_landmark/pose_landmark_{}.tflite"
COMPLEXITIES = ("lite", "full", "heavy")  # mediapipe numbers them; the wheel holds full alone


class MediapipeEstimator:
    """BlazePose: tracking on clips, a fresh detection in every single picture."""

    name = "mediapipe"
    exact = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._model = settings.config or "full"
        self.version = f"{VERSION}+{_models_sha256(self._model)[:12]}"
        self._pose_class = _import_pose()

    def estimate(self, frames: Iterable[Image], clip: Clip) -> list[Pose]:
        """Follow the person through the clip, starting from nothing."""
        return self._run(frames, tracking=True)

    def estimate_images(self, images: Iterable[Image]) -> list[Pose]:
        """Look for a person in each picture by itself."""
        return self._run(images, tracking=False)

    def _run(self, images: Iterable[Image], *, tracking: bool) -> list[Pose]:
        with _quiet_stderr():
            solver = self._pose_class(
                static_image_mode=not tracking,
                model_complexity=COMPLEXITIES.index(self._model),
                smooth_landmarks=self.settings.smooth,
                min_detection_confidence=self.settings.detection_score,
                min_tracking_confidence=self.settings.tracking_score,
            )
            with solver:
                return [_pose(solver.process(image), image) for image in images]


def build(settings: Settings) -> MediapipeEstimator:
    """Make the estimator.

    Raises:
        ReposeError: missing-mediapipe, wrong-mediapipe, unknown-config or missing-weights.
    """
    return MediapipeEstimator(settings)


def _pose(result: Any, image: Image) -> Pose:
    if result.pose_landmarks is None:
        return Pose.missing()
    height, width = image.shape[:2]
    found, visible = _landmarks(result.pose_landmarks)
    world, _ = _landmarks(result.pose_world_landmarks)
    joints_px, score = convert(found * [width, height, width], visible, "blazepose33")
    joints_mm, _ = convert(world * 1000, visible, "blazepose33")
    joints_mm -= joints_mm[JOINT["pelvis"]]
    # The image landmarks' own z is about 2.6 times too deep (measured on Studio, where it is off
    # by 44 px and this by 11): depth comes from the metric joints.
    joints_px[:, 2] = joints_mm[:, 2] * px_per_mm(joints_px, joints_mm)
    return Pose(joints_px, joints_mm, score, detected=True)


def _landmarks(found: Any) -> tuple[Array, Array]:
    """Return points (33, 3) in the model's own units, and their visibility (33,)."""
    rows = np.array([(p.x, p.y, p.z, p.visibility) for p in found.landmark], np.float32)
    return rows[:, :3], rows[:, 3]


def _models_sha256(model: str) -> str:
    """Hash both models; mediapipe itself would download the second one where it is missing."""
    if model not in COMPLEXITIES:
        mend = nearest(model, COMPLEXITIES)
        raise ReposeError("unknown-config", f"mediapipe has no model '{model}'", mend=mend)
    digest = hashlib.sha256()
    for name in (DETECTOR, LANDMARKS.format(model)):
        path = _package() / "modules" / name
        if not path.is_file():
            mend = "put the file there, or take full, which the wheel holds"
            raise ReposeError("missing-weights", f"no {model} model", path=path, mend=mend)
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _package() -> Path:
    """Find the installed mediapipe without importing it, and check that it is the right one."""
    spec = importlib.util.find_spec("mediapipe")
    mend = f"pip install mediapipe=={VERSION}"
    if spec is None or spec.origin is None:
        raise ReposeError("missing-mediapipe", "mediapipe is not installed", mend=mend)
    found = metadata.version("mediapipe")
    if found != VERSION:
        raise ReposeError(
            "wrong-mediapipe",
            f"mediapipe is {found}, needs {VERSION}",
            path=spec.origin,
            mend=mend,
        )
    return Path(spec.origin).parent


def _import_pose() -> Any:
    # Both are read once, when the native library is loaded.
    os.environ.setdefault("GLOG_minloglevel", "3")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from mediapipe.python.solutions import pose

    return pose.Pose


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep the native library's remarks, which no setting stops, off the terminal."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # protobuf's, about its own future
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
