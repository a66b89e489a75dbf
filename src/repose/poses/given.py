"""The poses that a data set brings along, in place of an estimate."""

from collections.abc import Iterable

import numpy as np

from repose.errors import ReposeError
from repose.poses.base import TORSO_MM, Array, Clip, Image, Pose, Settings
from repose.skeleton import JOINT


class GivenEstimator:
    """Takes the poses that came with the clip; looks at no picture."""

    name = "given"
    exact = True
    version = "1"

    def estimate(self, frames: Iterable[Image], clip: Clip) -> list[Pose]:
        """Return the poses of the clip's frames; one that was not given is missing.

        Raises:
            ReposeError: missing-truth, when the data set gives none at all.
        """
        if clip.given is None:
            raise ReposeError(
                "missing-truth",
                f"clip {clip.name} is of a data set that gives no poses",
                mend="set poses.estimator to mediapipe",
            )
        return list(clip.given)

    def estimate_images(self, images: Iterable[Image]) -> list[Pose]:
        """Refuse: nobody gave the poses of single pictures."""
        raise ReposeError(
            "missing-truth", "single pictures have no given poses", mend="use mediapipe for them"
        )


def build(settings: Settings) -> GivenEstimator:
    """Make the estimator; it has no thresholds."""
    return GivenEstimator()


def as_pose(joints_px: Array, joints_mm: Array, score: Array, scale: float) -> Pose:
    """Make the pose of a frame of what a data set gives for its image.

    Args:
        joints_px: (19, 3) px of the image; NaN where a joint, or its depth, is not given.
        joints_mm: (19, 3) mm, NaN where not given. Where none is, and the trunk has a depth in
            px, the torso is taken to be `TORSO_MM` long, as a convention.
        score: (19,) in [0, 1].
        scale: Size of the frame over that of the image.

    Returns:
        The pose in frame px; missing where no joint is known in the image.
    """
    if not np.isfinite(joints_px[:, :2]).all(axis=1).any():
        return Pose.missing()
    if np.isnan(joints_mm).all():
        joints_mm = _metric(joints_px)
    scaled = (joints_px * np.float32(scale)).astype(np.float32)
    return Pose(scaled, joints_mm, score, detected=True, people=1)


def _metric(joints_px: Array) -> Array:
    """Scale joints in px so that neck and pelvis are `TORSO_MM` apart; NaN without their depth."""
    pelvis = joints_px[JOINT["pelvis"]]
    torso_px = float(np.linalg.norm(joints_px[JOINT["neck"]] - pelvis))
    factor = TORSO_MM / torso_px if torso_px > 0 else np.nan
    metric: Array = ((joints_px - pelvis) * factor).astype(np.float32)
    return metric
