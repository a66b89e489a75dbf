"""How long a slice takes, import and picture included: 10,000 pairs, six methods.

python -m benchmarks.slices
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from repose.data.packs import PackWriter, encode
from repose.data.schemas import SCHEMAS
from repose.data.tables import make_table, write_table
from repose.metrics.scores import SCORE

PAIRS, PERSONS, FRAMES, SIZE = 10_000, 200, 40, 256
METHODS = ("warp3d", "warp2d", "posewarp", "deformable", "copy_source", "true_jpeg90")
ROUNDS = 7
CONDITION = "view_change > 90 and not (visible_share >= 0.8 or warp2d.ssim_fg > 0.7)"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = make_results(Path(folder) / "made")
        picture = Path(folder) / "slice.jpg"
        words = [sys.executable, "-m", "repose.cli", "slice", CONDITION, "--benchmark", str(root)]
        times, start_cpu = [], _cpu_s()
        for _ in range(ROUNDS):
            start = time.perf_counter()
            said = subprocess.run(
                [*words, "--output", str(picture)],
                capture_output=True, text=True, check=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            ).stdout  # fmt: skip
            times.append(time.perf_counter() - start)
        print(said)
        print(
            f"slice of {PAIRS:,} pairs, {PERSONS} people, {len(METHODS)} methods, with picture and"
            f" imports: median {statistics.median(times):.2f} s, best {min(times):.2f} s of"
            f" {ROUNDS}; {(_cpu_s() - start_cpu) / ROUNDS:.2f} s of one core"
        )


def _cpu_s() -> float:
    """Return what all processes that were started and have ended took of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def make_results(root: Path, pairs: int = PAIRS) -> Path:
    """Write what a slice reads: pairs, scores, crops and generated images."""
    rng = np.random.default_rng(0)
    who = rng.integers(0, PERSONS, pairs)
    rows = [_pair(rng, pair, int(person)) for pair, person in enumerate(who)]
    write_table(make_table("pairs", rows), root / "pairs/pairs.parquet", "pairs", {"size": SIZE})
    names = list(SCHEMAS["scores"].columns)
    levels = {name: rng.normal(0.6, 0.1, pairs) for name in SCORE}
    for number, method in enumerate(METHODS):
        scores = make_table("scores", [])
        scores["pair"] = np.arange(pairs, dtype=np.int32)
        scores["person"], scores["split"] = [f"p{w}" for w in who], "test"
        for name in names[3:]:
            own = rng.normal(0, 0.03, pairs) - 0.02 * number
            scores[name] = True if name == "pose_detected" else levels[name] + own
        write_table(scores, root / f"evaluate/{method}.parquet", "scores", {})
        kind = "baselines" if method in ("copy_source", "true_jpeg90") else "generate"
        _images(root / kind / method, pairs, rng)
    _crops(root / "crops", rng)
    return root


def _pair(rng: np.random.Generator, pair: int, person: int) -> dict[str, Any]:
    frames = rng.choice(FRAMES, 2, replace=False)
    ends = {"source_frame": frames[0], "target_frame": frames[1], "source_name": "a",
            "target_name": "b"}  # fmt: skip
    ends |= dict.fromkeys(("source_clip", "target_clip"), f"c{person}")
    facts = {"pose_distance": rng.random(), "view_change_rad": rng.random() * np.pi,
             "visible_share": rng.random(), "scale_change": rng.normal(1, 0.1)}  # fmt: skip
    who = {"person": f"p{person}", "outfit": "o", "split": "test"}
    return {"pair": pair, **ends, **who, **facts}


def _images(folder: Path, pairs: int, rng: np.random.Generator) -> None:
    data = encode(rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8), "jpeg")
    with PackWriter(folder / "images.pack") as pack:
        offset, length, sha256 = pack.add(data)
    stored = {"offset": offset, "length": length, "sha256": sha256}
    rows = ({"pair": pair} | stored for pair in range(pairs))
    write_table(make_table("images", rows), folder / "images.parquet", "images", {})


def _crops(root: Path, rng: np.random.Generator) -> None:
    data = encode(rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8), "jpeg")
    for shard in range(16):
        folder = root / f"{shard:02d}"
        with PackWriter(folder / "crops.pack") as pack:
            offset, length, sha256 = pack.add(data)
        stored = {"offset": offset, "length": length, "sha256": sha256}
        rows = list(_crop_rows(range(shard, PERSONS, 16), stored))
        write_table(make_table("crops", rows), folder / "crops.parquet", "crops", {})


def _crop_rows(people: range, stored: dict[str, Any]) -> Iterator[dict[str, Any]]:
    pose = {"joints_px": np.zeros(57, np.float32), "joints_mm": np.zeros(57, np.float32),
            "score": np.ones(19, np.float32)}  # fmt: skip
    window = {"usable": True, "left": 0.0, "top": 0.0, "side": float(SIZE)}
    for person in people:
        who = {"person": f"p{person}", "outfit": "o", "action": "walk", "split": "test"}
        for frame in range(FRAMES):
            yield {"clip": f"c{person}", "frame": frame, **who, **stored, **window, **pose}


if __name__ == "__main__":
    main()
