"""The way that top-down estimators share: look, keep what was found, lift, and compose.

Two passes per clip: the keypoints of all frames first, so that a lifter sees the future, too.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Protocol

import numpy as np

from repose.poses.base import Array, Clip, Image, Known, Pose, Settings
from repose.poses.composition import COCO, Keypoints, deep_pose, flat_pose, lifted_pose
from repose.poses.looking import BATCH, Detect, Look, look_along, look_closer, look_where_detected


class Lifts(Protocol):
    """Turns keypoints into joints; `lifting.Lifter` does."""

    def lift_clip(self, points: Array, known: Known) -> Array:
        """Lift (T, 17, 2) COCO px of a clip, known in (T,) frames, to (T, 17, 3) mm h36m17."""
        ...

    def lift_each(self, points: Array) -> Array:
        """Lift (N, 17, 2) COCO px of single pictures to (N, 17, 3) mm h36m17."""
        ...


class TopDownEstimator:
    """An estimator that looks at boxes of pictures.

    Args:
        name: Of the estimator.
        version: Changes with whatever changes the joints.
        settings: Thresholds: the least mean score of shoulders and hips.
        look: Finds the keypoints in boxes.
        lifter: From 2D to 3D; None where `look` knows the depth, or nobody does.
        detect: Finds people's boxes; None for the box of the frame before.
    """

    exact = False

    def __init__(
        self,
        name: str,
        version: str,
        settings: Settings,
        look: Look,
        lifter: Lifts | None = None,
        detect: Detect | None = None,
    ) -> None:
        self.name, self.version, self.settings = name, version, settings
        self._look, self._lifter, self._detect = look, lifter, detect

    def estimate(self, frames: Iterable[Image], clip: Clip) -> list[Pose]:
        """Follow one person through the clip, then lift all of it."""
        pictures = frames if isinstance(frames, Sequence) else list(frames)
        found: Sequence[Keypoints | None]
        if self._detect:
            found = look_where_detected(self._look, self._detect, pictures)
        else:
            scores = self.settings.detection_score, self.settings.tracking_score
            found = look_along(self._look, pictures, *scores)
        return self._compose(found, of_one_clip=True)

    def estimate_images(self, images: Iterable[Image]) -> list[Pose]:
        """Look at each picture by itself."""
        rest = iter(images)
        poses: list[Pose] = []
        while pictures := list(islice(rest, BATCH)):
            found: Sequence[Keypoints | None]
            if self._detect:
                found = look_where_detected(self._look, self._detect, pictures)
            else:
                found = look_closer(self._look, pictures, self.settings.detection_score)
            poses += self._compose(found, of_one_clip=False)
        return poses

    def _compose(self, found: Sequence[Keypoints | None], *, of_one_clip: bool) -> list[Pose]:
        least = self.settings.detection_score
        kept = {i: k for i, k in enumerate(found) if k is not None and k.trunk_score >= least}
        poses = [Pose.missing()] * len(found)
        if not kept:
            return poses
        if self._lifter is None:
            for i, one in kept.items():
                poses[i] = flat_pose(one) if one.depth_mm is None else deep_pose(one)
            return poses
        body = np.array([one.points[:COCO] for one in kept.values()], np.float32)
        if of_one_clip:
            known = np.isin(np.arange(len(found)), list(kept))
            points = np.zeros((len(found), COCO, 2), np.float32)
            points[known] = body
            lifted = self._lifter.lift_clip(points, known)[known]
        else:
            lifted = self._lifter.lift_each(body)
        for (i, one), joints in zip(kept.items(), lifted, strict=True):
            poses[i] = lifted_pose(one, joints)
        return poses
