"""Milliseconds per frame of the pose estimator, tracking a clip and on single pictures.

python -m benchmarks.poses
"""

import time

import cv2
import numpy as np
from skimage.data import astronaut

from repose.poses import Clip, load
from repose.poses.tracking import Limits, follow

FRAMES = 60
LIMITS = Limits(jump_torsos=1.0, second_every=10, second_score=0.6)


def film(side: int) -> list[np.ndarray]:
    """Pan over a real photograph."""
    photo = cv2.resize(astronaut(), (side, side), interpolation=cv2.INTER_AREA)
    return [np.roll(photo, i, axis=1) for i in range(FRAMES)]


def main() -> None:
    began = time.perf_counter()
    estimator = load("mediapipe")
    estimator.estimate_images(film(64)[:1])
    print(f"mediapipe, ready after {time.perf_counter() - began:.1f} s; ms per frame:")
    for side in (256, 512, 1024):
        frames = film(side)
        times = []
        for _ in range(3):
            at = [time.perf_counter()]
            poses = estimator.estimate(frames, Clip("pan", ()))
            at.append(time.perf_counter())
            found = follow(estimator, frames, poses, LIMITS)
            at.append(time.perf_counter())
            estimator.estimate_images(frames)
            at.append(time.perf_counter())
            times.append(np.diff(at) / FRAMES * 1e3)
        track, keep, single = np.median(times, axis=0)
        seen = sum(pose.detected for pose in found.poses)
        print(
            f"  {side:4d} px: tracking {track:.1f}, keeping to one person {keep:.1f}, "
            f"single pictures {single:.1f}; found in {seen}/{FRAMES}"
        )


if __name__ == "__main__":
    main()
