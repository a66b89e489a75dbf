"""Every pose estimator with weights at hand against Studio's true joints, and its time.

People whom no estimator was trained on, encoded as video like any other clip: each estimator sees
what it would see in the stage `poses`, without the correction of tracks. In the manner of the
table that compares a full and a light estimator in Yuan 2019 (seed 004, Table 3.1), whose heat map
losses have no meaning across estimators.

python -m benchmarks.estimators [--people N] [--size PX] [mediapipe] [metro=FOLDER]
    [rtmlib=FILE.onnx] [mmpose=SETTINGS.yaml] ...

SETTINGS.yaml holds what the block `poses` of a config would: config, weights, lifter_config, ...
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from benchmarks.timing import one_thread
from repose.errors import ReposeError
from repose.metrics.pose_errors import Posed, PoseErrors, pose_errors
from repose.poses import Clip, Pose, PoseEstimator, Settings, load
from repose.stages import studio
from repose.video import Decoding

FIRST_PERSON = 700  # the data sets of the configs end before it
SECONDS, FPS = 5.0, 6.0
HEADER = (
    *("estimator", "found", "2D error px", "PCKh@0.5", "MPJPE mm", "PA-MPJPE mm"),
    *("AUC@150 mm", "CPU ms per frame", "wall ms"),
)


class Film(NamedTuple):
    """A clip, and who is in it."""

    clip: Clip
    images: list[np.ndarray]
    true: list[Pose]


def film(people: int, size: int, folder: Path) -> list[Film]:
    """Film people in the studio, two clips each, and read the films back."""
    config = studio.Config(
        people=people,
        outfits=people,
        test_people=people,
        seconds=SECONDS,
        fps=FPS,
        size=size,
        seed=FIRST_PERSON,
        supersample=2,
        mesh_pitch_mm=14.0,
        shadows=True,
    )
    studio.run(config, shard=0, shards=1, output=folder / "films")
    films = []
    for path in sorted((folder / "films").glob("*.mp4")):
        images = [picture.image for picture in Decoding(path)]
        clip = Clip(path.stem, tuple(range(len(images))), path.with_suffix(".npz"))
        films.append(Film(clip, images, load("truth").estimate(images, clip)))
    return films


def make(name: str, source: str) -> PoseEstimator:
    """Make an estimator from its name and what stands behind the `=`."""
    if Path(source).suffix in (".yaml", ".yml"):
        return load(name, Settings(**yaml.safe_load(Path(source).read_text(encoding="utf-8"))))
    if name == "mediapipe":
        return load(name, Settings(config=source))
    return load(name, Settings(weights=source))


def measure(estimator: PoseEstimator, films: list[Film]) -> tuple[PoseErrors, list[float]]:
    """Return the errors over all frames, and ms per frame: of CPU, and of wall time."""
    estimator.estimate(films[0].images[:3], Clip("warm", (0, 1, 2)))
    pairs, seconds = [], np.zeros(2)
    for clip, images, true in films:
        began = np.array([time.process_time(), time.perf_counter()])
        found = estimator.estimate(images, clip)
        seconds += [time.process_time(), time.perf_counter()] - began
        pairs += [(_posed(a), _posed(b)) for a, b in zip(found, true, strict=True)]
    return pose_errors(pairs), list(1000 * seconds / len(pairs))


def row(label: str, errors: PoseErrors, milliseconds: list[float]) -> str:
    cells = (
        *(f"{errors.found:.1%}", f"{errors.error_px:.1f}", f"{errors.pckh:.3f}"),
        *(f"{errors.mpjpe:.0f}", f"{errors.pa_mpjpe:.0f}", f"{errors.auc:.3f}"),
    )
    return "| " + " | ".join((label, *cells, *(f"{ms:.1f}" for ms in milliseconds))) + " |"


def _posed(pose: Pose) -> Posed:
    return Posed(pose.joints_px.astype(float), pose.joints_mm.astype(float))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.estimators")
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("estimators", nargs="*", default=["mediapipe"], metavar="NAME[=SOURCE]")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        films = film(wanted.people, wanted.size, Path(folder))
    frames = sum(len(one.images) for one in films)
    print(f"\n{frames} frames of {wanted.size} px, {wanted.people} people, one thread\n")
    print("| " + " | ".join(HEADER) + " |")
    print("|" + "---|" * len(HEADER))
    for text in wanted.estimators:
        name, _, source = text.partition("=")
        try:
            estimator = make(name, source)
        except ReposeError as error:
            print(f"| {text} | not run: {error} |" + " |" * (len(HEADER) - 2))
            continue
        label = f"{estimator.name} {source}".strip()
        print(row(f"{label} ({estimator.version})", *measure(estimator, films)), flush=True)


if __name__ == "__main__":
    one_thread()
    main()
