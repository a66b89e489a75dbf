"""What a pose estimator is: frames in, one person's 19 joints with scores out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from repose.skeleton import JOINT, JOINTS

Image = NDArray[np.uint8]  # (H, W, 3) RGB
Array = NDArray[np.float32]
Known = NDArray[np.bool_]

TORSO_MM = 480.0  # neck to pelvis of an adult
UNKNOWN = -1  # persons seen: nobody has looked for a second one


@dataclass(frozen=True)
class Settings:
    """Thresholds and files of an estimator; the defaults are BlazePose's, which has no files.

    Args:
        detection_score: Least score in [0, 1] at which a person counts as found.
        tracking_score: Least score in [0, 1] at which a person is followed into the next frame.
        smooth: Whether to filter the joints over time. The filter takes the frames for 30 per
            second, so below that rate it lags behind fast limbs.
        config: Config of mmpose's 2D estimator: its name in the installed package, or a file; of
            mediapipe: lite, full (also "") or heavy.
        weights: File of weights (a folder for metro); estimators but mediapipe need one.
        weights_sha256: What that file must be; "" takes any.
        lifter_config: Config of mmpose's lifter from 2D to 3D; "": there is none.
        lifter_weights: File of its weights.
        lifter_sha256: What that file must be.
        detector_config: Config of mmdet's detector of people; "": none is used.
        detector_weights: File of its weights.
        detector_sha256: What that file must be.
        device: "cpu", "cuda", or "auto" for cuda where there is one.
        random_weights: Whether missing weights may be random ones, to test all around them.
    """

    detection_score: float = 0.5
    tracking_score: float = 0.5
    smooth: bool = False
    config: str = ""
    weights: str = ""
    weights_sha256: str = ""
    lifter_config: str = ""
    lifter_weights: str = ""
    lifter_sha256: str = ""
    detector_config: str = ""
    detector_weights: str = ""
    detector_sha256: str = ""
    device: str = "auto"
    random_weights: bool = False

    @staticmethod
    def taken_from(values: Mapping[str, Any]) -> "Settings":
        """Take what is an estimator's from a stage's settings, or from those kept with a table."""
        names = {field.name for field in fields(Settings)} - {"random_weights"}
        return Settings(**{name: values[name] for name in names & set(values)})


@dataclass(frozen=True)
class Clip:
    """The facts about a clip that an estimator may use besides its frames.

    Args:
        name: Safe id of the clip.
        source_frames: For each frame, its number in the video that it was taken from.
        truth: File with the true joints, for the sets that have it.
        scale: Size of the frames over that of the video, where the truth is.
        given: The poses that the data set gives, one per frame and in frame px; None where it
            gives no pose of any clip.
    """

    name: str
    source_frames: tuple[int, ...]
    truth: Path | None = None
    scale: float = 1.0
    given: "tuple[Pose, ...] | None" = None


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
        """How long a torso of `TORSO_MM` is in the frame, px, however it is turned.

        Without metric joints it is as long as it is seen, so a bow makes it shorter.
        """
        if np.isnan(self.joints_mm).all():
            neck, pelvis = self.joints_px[[JOINT["neck"], JOINT["pelvis"]], :2]
            return float(np.linalg.norm(neck - pelvis))
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
