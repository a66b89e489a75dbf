"""Compare the pose estimator with landmarks published for two test videos of tfjs-models.

The figures are the distances of our 19 joints from the published ones, as a share of the image's
height. The folder holds `tfjs_squats.mp4` and `tfjs_synthetic.mp4` from
github.com/tensorflow/tfjs-models, pose-detection/test_data, with their landmarks beside them.

python -m benchmarks.landmarks FOLDER
"""

import sys
from pathlib import Path

import numpy as np

from repose.files import read_json
from repose.poses import Clip, load
from repose.skeleton import convert
from repose.video import Decoding

FILES = {
    "tfjs_squats": ("blazepose33", "tfjs_squats_pose2d_blazepose33.json"),
    "tfjs_synthetic": ("coco17", "tfjs_synthetic_coco17.json"),
}


def published(path: Path, joint_set: str) -> np.ndarray:
    """Read published landmarks as (T, 19, 2) px."""
    frames = read_json(path)
    if joint_set == "coco17":  # points by name, in the set's order
        frames = [[(at["x"], at["y"]) for at in frame.values()] for frame in frames]
    points = np.array(frames, float)[..., :2]
    joints, _ = convert(points, np.ones(points.shape[:2]), joint_set)
    return joints


def compare(folder: Path, name: str) -> None:
    joint_set, landmarks = FILES[name]
    images = [picture.image for picture in Decoding(folder / f"{name}.mp4")]
    poses = load("mediapipe").estimate(images, Clip(name, tuple(range(len(images)))))
    ours = np.stack([pose.joints_px[:, :2] for pose in poses])
    theirs = published(folder / landmarks, joint_set)[: len(ours)]
    share = np.linalg.norm(ours[: len(theirs)] - theirs, axis=-1) / images[0].shape[0]
    found = np.isfinite(share).all(axis=1)
    median, mean, high = (
        np.median(share[found]),
        share[found].mean(),
        np.percentile(share[found], 95),
    )
    print(
        f"{name}: {found.sum()} of {len(theirs)} frames, distance in % of the image height: "
        f"median {median:.2%}, mean {mean:.2%}, 95th percentile {high:.2%}"
    )


def main() -> None:
    if len(sys.argv) < 2:
        print("landmarks: skipped, it needs the folder of the published videos")
        return
    for name in FILES:
        compare(Path(sys.argv[1]), name)


if __name__ == "__main__":
    main()
