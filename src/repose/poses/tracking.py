"""One person per clip: the estimator's poses held to the clip's own track.

An estimator of single persons picks whom it likes, and may change over to somebody else when the
first one is hidden. The clip's own track is the longest run of poses without a jump. From its
beginning both ways, a pose that is too far from the track to be the same person is replaced by a
second look at the place where the track was last seen, or dropped when nobody is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from repose.poses.base import Image, Pose, PoseEstimator
from repose.skeleton import JOINT

NEAR_TORSOS = 3.0  # half the side of a second look's window; a standing person is 3.3 tall
HALF_AS_LARGE = 0.5  # a pose of less than half or more than twice the size is somebody else
ONE_BODY = 0.5  # trunks closer than this, in torso lengths, are the same person's
MARGIN_TORSOS = 0.5  # what the joints leave over: hair, hands, feet
TRUNK = [JOINT[name] for name in ("l_shoulder", "r_shoulder", "l_hip", "r_hip")]


@dataclass(frozen=True)
class Limits:
    """What counts as one person.

    Args:
        jump_torsos: Farthest that the trunk's middle moves between neighbouring frames, in
            torso lengths.
        second_every: A second person is looked for in every n-th frame; 0 for never.
        second_score: Least score of shoulders and hips at which it counts.
    """

    jump_torsos: float
    second_every: int
    second_score: float


@dataclass(frozen=True)
class Track:
    """The poses of one person, and what it took.

    Args:
        poses: One per frame.
        others: Frames where the estimator had somebody else, put right by a second look.
        recovered: Frames where it had nobody, found by a second look.
        dropped: Frames where it had somebody else and the person was not to be found.
        looked: Frames in which a second person was looked for.
        second: Frames in which one was seen.
    """

    poses: list[Pose]
    others: int = 0
    recovered: int = 0
    dropped: int = 0
    looked: int = 0
    second: int = 0


def follow(
    estimator: PoseEstimator, frames: Sequence[Image], poses: Sequence[Pose], limits: Limits
) -> Track:
    """Hold the poses of a clip to its own track, and count who else is there.

    Args:
        estimator: Used for second looks, on single pictures.
        frames: The clip's frames.
        poses: The estimator's pose in each of them.
        limits: See `Limits`.
    """
    run = longest_run(poses, limits.jump_torsos)
    if not run:
        return Track(list(poses))
    held = list(poses)
    start = run[0]
    for rest in (range(start + 1, len(poses)), range(start)[::-1]):
        walk = _Walk(estimator, limits.jump_torsos, last=poses[start], seen=start)
        for index in rest:
            held[index] = walk.step(index, frames[index], poses[index])
    changed = [(before, now) for before, now in zip(poses, held, strict=True) if before is not now]
    looked, second = _count_people(estimator, frames, held, limits)
    return Track(
        held,
        others=sum(before.detected and now.detected for before, now in changed),
        recovered=sum(now.detected and not before.detected for before, now in changed),
        dropped=sum(before.detected and not now.detected for before, now in changed),
        looked=looked,
        second=second,
    )


def longest_run(poses: Sequence[Pose], jump_torsos: float) -> list[int]:
    """Find the frames of the longest run of poses without a jump; gaps do not end a run."""
    runs: list[list[int]] = []
    for index, pose in enumerate(poses):
        if not pose.detected:
            continue
        near = runs and is_near(pose, poses[runs[-1][-1]], (index - runs[-1][-1]) * jump_torsos)
        if near:
            runs[-1].append(index)
        else:
            runs.append([index])
    return max(runs, key=len, default=[])


def is_near(pose: Pose, last: Pose, reach_torsos: float) -> bool:
    """Tell whether a pose can be that of the person last seen, by place and by size."""
    if not pose.detected:
        return False
    size = pose.torso_px / max(last.torso_px, 1e-6)
    moved = np.linalg.norm(pose.centre - last.centre)
    return bool(HALF_AS_LARGE < size < 1 / HALF_AS_LARGE and moved <= reach_torsos * last.torso_px)


def look_again(estimator: PoseEstimator, frame: Image, last: Pose, radius_torsos: float) -> Pose:
    """Look for the person in the part of a frame around where it was last seen."""
    height, width = frame.shape[:2]
    half = radius_torsos * last.torso_px
    left, top = np.clip(last.centre - half, 0, [width - 1, height - 1]).astype(int)
    right, bottom = np.clip(last.centre + half, [left + 1, top + 1], [width, height]).astype(int)
    window = np.ascontiguousarray(frame[top:bottom, left:right])
    pose = estimator.estimate_images([window])[0]
    shift = np.array([left, top, 0], np.float32)
    return replace(pose, joints_px=pose.joints_px + shift)


def without(frame: Image, pose: Pose) -> Image:
    """Cover the person with the frame's mean colour, so that only others can be found."""
    margin = MARGIN_TORSOS * pose.torso_px
    height, width = frame.shape[:2]
    first = pose.joints_px[:, :2].min(axis=0) - margin
    last = pose.joints_px[:, :2].max(axis=0) + margin
    left, top = np.clip(first, 0, [width, height]).astype(int)
    right, bottom = np.clip(last, 0, [width, height]).astype(int)
    covered = frame.copy()
    covered[top:bottom, left:right] = frame.mean(axis=(0, 1)).astype(np.uint8)
    return covered


@dataclass
class _Walk:
    """The state of a walk along the track: who was last seen where, and who is a stranger."""

    estimator: PoseEstimator
    jump_torsos: float
    last: Pose
    seen: int
    stranger: Pose | None = None
    stranger_seen: int = 0

    def step(self, index: int, frame: Image, pose: Pose) -> Pose:
        """Return the person's pose in the next frame on the way."""
        stranger = self._is_stranger(index, pose)
        if stranger or not is_near(pose, self.last, self.jump_torsos):
            # The longer nobody was seen, the farther the person may have come.
            reach = self.jump_torsos * abs(index - self.seen)
            found = self._find(frame, pose, reach)
            if not stranger and is_near(pose, self.last, reach):
                found = self._nearer(pose, found)
            # Both in one frame: from now on the other one is known to be somebody else.
            if pose.detected and found is not pose and (found.detected or stranger):
                self.stranger, self.stranger_seen = pose, index
            pose = found
        if pose.detected:
            self.last, self.seen = pose, index
        return pose

    def _nearer(self, pose: Pose, other: Pose) -> Pose:
        if not other.detected or _distance(pose, self.last) <= _distance(other, self.last):
            return pose
        return other

    def _is_stranger(self, index: int, pose: Pose) -> bool:
        if self.stranger is None:
            return False
        reach = self.jump_torsos * abs(index - self.stranger_seen)
        return is_near(pose, self.stranger, reach) and (
            _distance(pose, self.stranger) < _distance(pose, self.last)
        )

    def _find(self, frame: Image, other: Pose, reach: float) -> Pose:
        """Look where the person can be, then everywhere but at the other one."""
        looks = [
            lambda: look_again(self.estimator, frame, self.last, NEAR_TORSOS),
            lambda: look_again(self.estimator, frame, self.last, NEAR_TORSOS + reach),
        ]
        if other.detected:
            looks.append(lambda: self.estimator.estimate_images([without(frame, other)])[0])
        for look in looks:
            pose = look()
            apart = not other.detected or _distance(pose, other) > ONE_BODY * other.torso_px
            if apart and is_near(pose, self.last, reach):
                return pose
        return Pose.missing()


def _distance(a: Pose, b: Pose) -> float:
    return float(np.linalg.norm(a.centre - b.centre))


def _count_people(
    estimator: PoseEstimator, frames: Sequence[Image], held: list[Pose], limits: Limits
) -> tuple[int, int]:
    """Look for a second person in some frames; write what was seen into `held`."""
    if limits.second_every == 0:
        return 0, 0
    sample = [i for i in range(0, len(held), limits.second_every) if held[i].detected]
    others = estimator.estimate_images(without(frames[i], held[i]) for i in sample)
    second = 0
    for index, other in zip(sample, others, strict=True):
        seen = other.detected and bool(other.score[TRUNK].min() >= limits.second_score)
        held[index] = replace(held[index], people=2 if seen else 1)
        second += seen
    return len(sample), second
