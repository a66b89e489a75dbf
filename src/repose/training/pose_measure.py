"""How far an estimator is from true joints, on single pictures."""

import math
from typing import Any

import numpy as np

from repose.metrics.pose_errors import Posed, pose_errors
from repose.poses import PoseEstimator
from repose.training.posed_frames import PosedFrames


def measure(estimator: PoseEstimator, others: PosedFrames, most: int) -> dict[str, Any]:
    """Compare an estimator with the true joints of some frames, spread evenly.

    Args:
        estimator: Looks at each picture by itself.
        others: Frames of people whom it does not know.
        most: How many of them at most.

    Returns:
        frames, persons, and the errors of `metrics.pose_errors`; None where nobody was found.
    """
    rows = np.unique(np.linspace(0, len(others) - 1, most).astype(int))
    poses = estimator.estimate_images(others.images(rows[i : i + 1])[0] for i in range(len(rows)))
    true_px, true_mm = others.joints_px[rows], others.joints_mm[rows]
    pairs = [
        (Posed(pose.joints_px.astype(float), pose.joints_mm.astype(float)), Posed(px, mm))
        for pose, px, mm in zip(poses, true_px.astype(float), true_mm.astype(float), strict=True)
    ]
    errors = pose_errors(pairs)._asdict().items()
    told = {name: value if math.isfinite(value) else None for name, value in errors}
    return {"frames": len(rows), "persons": others.persons, **told}
