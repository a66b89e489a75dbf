"""How long it takes to score the largest benchmark by all that needs no network, streamed.

As many pairs as DeepFashion's test has, 256x176 px of them, every SSIM included: the stage
`evaluate` itself, on generated textures that are read from packs as any method's are.

python -m benchmarks.scores [PAIRS]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from io import StringIO
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from benchmarks.timing import one_thread, resident_mib, show
from repose.data.packs import PackWriter, decode, encode
from repose.data.tables import make_table, read_table, vectors, write_parts, write_table
from repose.metrics.ssim import PROTOCOLS
from repose.skeleton import JOINTS, PARTS
from repose.stages import evaluate

PAIRS = 8570  # test pairs of DeepFashion
PLAIN = 100  # of them, scored by scikit-image
SIZE, WIDTH = 256, 176  # px
CHUNK = 64  # masks in one part of their table, as the stage writes them
TEXTURES = 64  # different images of either kind; all pairs are read and decoded
SETTINGS = {
    **{"ssim_protocol": "skimage7", "all_protocols": True, "window": (SIZE, WIDTH), "batch": 64},
    **{"lpips_net": "alex", "lpips_weights": "", "lpips_sha256": ""},
    **{"vgg_weights": "", "vgg_sha256": ""},
    **{"inception_kind": "torchvision", "inception_weights": "", "inception_sha256": ""},
    **{"fid_reference": "test", "bootstrap_draws": 10_000, "bootstrap_seed": 0},
}


def texture(random: np.random.Generator) -> np.ndarray:
    """Sum noise of several sizes: flat and busy places, as clothes have."""
    image = np.full((SIZE, SIZE, 3), 128.0)
    for side in (4, 16, 64, 256):
        noise = random.normal(0, 200 / side**0.6, (side, side, 3))
        image += cv2.resize(noise, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    return np.clip(image, 0, 255).astype(np.uint8)


def store(pack: PackWriter, image: np.ndarray) -> dict[str, object]:
    return dict(zip(("offset", "length", "sha256"), pack.add(encode(image, "png")), strict=True))


def write_masks(path: Path, clips: list[str]) -> None:
    body = np.zeros((len(PARTS), SIZE, SIZE), bool)
    body[:, 30:230, 90:160] = True
    rest = {"frame": 0, "volume": b"", "image": np.packbits(body).tobytes()}
    parts = (clips[start : start + CHUNK] for start in range(0, len(clips), CHUNK))
    tables = (pd.DataFrame({"clip": part} | rest) for part in parts)
    write_parts(tables, path, "masks", {"size": SIZE})


def make_pairs(folder: Path, count: int) -> dict[str, object]:
    """Write crops, masks, pairs and a method's images; returns the paths that `evaluate` takes."""
    random = np.random.default_rng(0)
    crops, images = folder / "crops", folder / "made"
    with PackWriter(crops / "crops.pack") as true, PackWriter(images / "images.pack") as made:
        looks = [texture(random) for _ in range(TEXTURES)]
        truths = [store(true, look) for look in looks]
        fuzzy = [
            store(made, cv2.GaussianBlur(look, (0, 0), 1 + i % 3)) for i, look in enumerate(looks)
        ]
    clips = [f"clip{i:05d}" for i in range(count)]
    standing = random.uniform((60, 20, 0), (190, 236, 1), (count, len(JOINTS), 3))
    who = {"outfit": "o", "split": "test"}
    people = [f"p{i // 8:04d}" for i in range(count)]
    rows = pd.DataFrame([truths[i % TEXTURES] for i in range(count)])
    rows = rows.assign(clip=clips, frame=0, person=people, action="", usable=True, **who)
    rows = rows.assign(left=0.0, top=0.0, side=float(SIZE))
    rows["joints_px"] = rows["joints_mm"] = vectors(standing)
    rows["score"] = vectors(np.ones((count, len(JOINTS))))
    write_table(rows, crops / "crops.parquet", "crops", {"size": SIZE})
    table = pd.DataFrame([fuzzy[i % TEXTURES] for i in range(count)]).assign(pair=range(count))
    write_table(table, images / "images.parquet", "images", {})
    write_masks(folder / "masks.parquet", clips)
    ends = {"source_clip": clips, "target_clip": clips, "source_frame": 0, "target_frame": 0}
    pairs = pd.DataFrame(dict.fromkeys(make_table("pairs", []).columns, 0.0), index=range(count))
    pairs = pairs.assign(pair=range(count), person=people, **ends, **who)
    pairs = pairs.assign(source_name="", target_name="")
    write_table(pairs, folder / "pairs.parquet", "pairs", {"size": SIZE})
    return {
        "images": images,
        "crops": [crops],
        "masks": [folder / "masks.parquet"],
        "pairs": folder / "pairs.parquet",
        "true_poses": None,
        "output": folder / "scores.parquet",
        "summary": folder / "scores.json",
    }


def scoring(paths: dict[str, object], workers: int) -> Callable[[], object]:
    def run() -> None:
        with redirect_stdout(StringIO()):
            evaluate.run(evaluate.Config(**SETTINGS, workers=workers), **paths)

    return run


def by_scikit_image(paths: dict[str, object], count: int) -> Callable[[], object]:
    """Score as one would without this: every protocol by itself, and no masks."""
    table = read_table(paths["images"] / "images.parquet", "images").iloc[:count]
    crops = read_table(paths["crops"][0] / "crops.parquet", "crops").iloc[:count]
    packs = [paths["images"] / "images.pack", paths["crops"][0] / "crops.pack"]
    stored = [pack.read_bytes() for pack in packs]

    def read(data: bytes, row: object) -> np.ndarray:
        image = decode(data[row.offset : row.offset + row.length])
        return image[:, (SIZE - WIDTH) // 2 : (SIZE + WIDTH) // 2]

    def run() -> None:
        for rows in zip(table.itertuples(), crops.itertuples(), strict=True):
            both = [read(data, row) for data, row in zip(stored, rows, strict=True)]
            for name, protocol in PROTOCOLS.items():
                asked = {"win_size": protocol.window, "data_range": 255}
                if protocol.sigma:
                    bell = {"gaussian_weights": True, "sigma": protocol.sigma}
                    asked |= bell | {"use_sample_covariance": False}
                shown = both
                if name == "patn_repad":
                    side = (SIZE - WIDTH) // 2
                    wide = ((0, 0), (side, side), (0, 0))
                    shown = [np.pad(image, wide, constant_values=255) for image in both]
                if name == "grey":
                    shown = [
                        cv2.cvtColor(np.ascontiguousarray(i), cv2.COLOR_RGB2GRAY) for i in both
                    ]
                structural_similarity(
                    *shown, channel_axis=None if name == "grey" else 2, full=True, **asked
                )
            peak_signal_noise_ratio(*both, data_range=255)

    return run


def seconds(run: Callable[[], object]) -> tuple[float, float]:
    """Return wall clock and CPU time."""
    began = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - began[0], time.process_time() - began[1]


def measured(paths: dict[str, object], workers: int) -> tuple[float, float, float]:
    """Score in a process of its own; returns what it held at most, too, modules included."""
    return *seconds(scoring(paths, workers)), resident_mib("VmHWM")


def main() -> None:
    one_thread()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    with tempfile.TemporaryDirectory() as name:
        paths = make_pairs(Path(name), count)
        with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as fresh:
            two, one = (fresh.submit(measured, paths, workers).result() for workers in (2, 1))
        plain = min(PLAIN, count)
        wall, cpu = (took * count / plain for took in seconds(by_scikit_image(paths, plain)))
    other = f"scikit-image, from {plain} pairs"
    found = {"two threads": two, "one thread": one, other: (wall, cpu, "–")}
    rows = [
        (name, took[0], took[1], 1e3 * took[1] / count, took[0] / two[0], took[2])
        for name, took in found.items()
    ]
    title = f"{count} pairs, {SIZE}x{WIDTH} px: {len(PROTOCOLS)} SSIM, fg, bg, mask, PSNR, L1"
    show(title, ("", "wall s", "CPU s", "CPU ms/pair", "wall ratio", "peak MiB"), rows)


if __name__ == "__main__":
    main()
