"""What a pose estimator is: frames in, one person's 19 joints with scores out."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from repose.skeleton import JOINT, JOINTS

Image = NDArray[np.uint8]  # (H, W, 3) RGB
Array = NDArray[np.float32]

TORSO_MM = 480.0  # neck to pelvis of an adult
UNKNOWN = -1  # persons seen: nobody has looked for a second one


@dataclass(frozen=True)
class Settings:
    """Thresholds of an estimator; the defaults are those published with BlazePose.

    Args:
        detection_score: Least score in [0, 1] at which a person counts as found.
        tracking_score: Least score in [0, 1] at which a person is followed into the next frame.
        smooth: Whether to filter the joints over time. The filter takes the frames for 30 per
            second, so below that rate it lags behind fast limbs.
    """

    detection_score: float = 0.5
    tracking_score: float = 0.5
    smooth: bool = False


@dataclass(frozen=True)
class Clip:
    """The facts about a clip that an estimator may use besides its frames.

    Args:
        name: Safe id of the clip.
        source_frames: For each frame, its number in the video that it was taken from.
        truth: File with the true joints, for the sets that have it.
        scale: Size of the frames over that of the video, where the truth is.
    """

    name: str
    source_frames: tuple[int, ...]
    truth: Path | None = None
    scale: float = 1.0


@dataclass(frozen=True)
class Pose:
    """One person in one frame.

    Args:
        joints_px: (19, 3) frame px, pixel centres at integer + 0.5; z at the same scale, away
            from the camera, 0 at the pelvis. NaN where there is no person.
        joints_mm: (19, 3) mm, camera axes, pelvis at 0.
        score: (19,) confidence in [0, 1].
        detected: Whether there is a person.
        people: Persons seen in the frame: 0, 1, 2 for more than one, `UNKNOWN` for at least one.
    """

    joints_px: Array
    joints_mm: Array
    score: Array
    detected: bool
    people: int = UNKNOWN

    @staticmethod
    def missing() -> "Pose":
        """Return the pose of a frame without a person: NaN joints, scores 0."""
        nowhere = np.full((len(JOINTS), 3), np.nan, np.float32)
        return Pose(nowhere, nowhere, np.zeros(len(JOINTS), np.float32), False, people=0)

    @property
    def centre(self) -> Array:
        """The middle of the trunk, (2,) frame px."""
        middle: Array = self.joints_px[[JOINT["neck"], JOINT["pelvis"]], :2].mean(axis=0)
        return middle

    @property
    def torso_px(self) -> float:
        """How long a torso of `TORSO_MM` is in the frame, px, however it is turned."""
        return TORSO_MM * px_per_mm(self.joints_px, self.joints_mm)


def px_per_mm(joints_px: Array, joints_mm: Array) -> float:
    """Measure the scale of a person in the frame, whatever the pose.

    Args:
        joints_px: (..., 2 or more) points in the frame.
        joints_mm: The same points in camera axes.

    Returns:
        The ratio of their spreads along x and y.
    """
    px, mm = (
        float(np.linalg.norm(joints[:, :2] - joints[:, :2].mean(axis=0)))
        for joints in (joints_px, joints_mm)
    )
    return px / max(mm, 1e-6)


class PoseEstimator(Protocol):
    """Finds one person per picture."""

    name: str
    version: str  # changes whenever the joints may change
    exact: bool  # True when the poses are known to be one person's: no track has to be kept

    def estimate(self, frames: Iterable[Image], clip: Clip) -> list[Pose]:
        """Estimate the poses in the frames of one clip, in order; each call starts afresh."""
        ...

    def estimate_images(self, images: Iterable[Image]) -> list[Pose]:
        """Estimate the poses in single pictures that have nothing to do with each other."""
        ...
