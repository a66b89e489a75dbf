"""What `dvc status` takes on 100,000 frames in packs, and on the same frames as loose files.

python -m benchmarks.dvc_status [--loose FRAMES]

Without changes DVC compares the time and size of each file with what it noted, so the number of
files counts and their bytes do not; where it has no notes, after a clone, it reads every byte.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from repose.data.packs import PackWriter, encode
from repose.data.tables import make_table, write_table
from repose.manifests import write_manifest

FRAMES = 100_000
SHARDS = 16
CLIP = 60  # frames of a clip
SIDE = 32  # px; a frame of 256 px has some 40 times the bytes
ROUNDS = 5


class Spent(NamedTuple):
    """Seconds of a command: on the clock, and of processors."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:6.1f} s ({self.cpu:.1f} s of CPU)"


def dvc(folder: Path, *words: str) -> Spent:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    apart = {"DVC_SITE_CACHE_DIR": str(folder / "site"), "DVC_NO_ANALYTICS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *words],
        cwd=folder,
        env=os.environ | apart,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    if words == ("status",) and "up to date" not in done.stdout:
        raise SystemExit(f"not up to date: {done.stdout}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(time.perf_counter() - began, cpu)


def pictures(count: int) -> list[bytes]:
    rng = np.random.default_rng(0)
    shape = (SIDE, SIDE, 3)
    return [encode(rng.integers(0, 256, shape, dtype=np.uint8), "jpeg") for _ in range(count)]


def write_packs(folder: Path, frames: int) -> None:
    """Write what the stage `frames` writes: per shard a pack, its tables, its manifest."""
    images = pictures(97)
    for shard in range(SHARDS):
        place = folder / f"{shard:02d}"
        place.mkdir(parents=True)
        rows = []
        with PackWriter(place / "frames.pack") as pack:
            for number in range(shard, frames, SHARDS):
                # Its number at the end, where a decoder does not look, makes every frame another.
                data = images[number % len(images)] + number.to_bytes(4, "little")
                rows.append(row(number, *pack.add(data)))
        write_table(make_table("frames", rows), place / "frames.parquet", "frames", {})
        write_manifest(place, {})


def row(number: int, offset: int, length: int, sha256: str) -> dict[str, object]:
    return {
        "clip": f"clip{number // (CLIP * SHARDS):05d}",
        "frame": number // SHARDS % CLIP,
        "source_frame": number // SHARDS % CLIP,
        "time_s": number // SHARDS % CLIP / 6,
        "offset": offset,
        "length": length,
        "sha256": sha256,
        "width": SIDE,
        "height": SIDE,
    }


def write_loose(folder: Path, frames: int) -> None:
    images = pictures(97)
    for shard in range(SHARDS):
        (folder / f"{shard:02d}").mkdir(parents=True)
    for number in range(frames):
        data = images[number % len(images)] + number.to_bytes(4, "little")
        (folder / f"{number % SHARDS:02d}/{number:06d}.jpg").write_bytes(data)


def race(title: str, folder: Path) -> Spent:
    """Track `folder/frames`; print the statistics and return the median of `dvc status`."""
    files = [path for path in (folder / "frames").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    print(f"  {title}: {len(files)} files, {size / 2**20:.0f} MiB", flush=True)
    dvc(folder, "init", "--no-scm")
    print(f"    dvc add                     {dvc(folder, 'add', 'frames')}", flush=True)
    status = sorted(dvc(folder, "status") for _ in range(ROUNDS))[ROUNDS // 2]
    print(f"    dvc status                  {status}, median of {ROUNDS}", flush=True)
    shutil.rmtree(folder / "site")
    fresh = dvc(folder, "status")
    print(f"    dvc status, nothing noted   {fresh}: every byte is read", flush=True)
    return status


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loose", type=int, default=FRAMES, help="loose files; 0 for none")
    loose = parser.parse_args().loose
    print(f"dvc status on {FRAMES} frames")
    with tempfile.TemporaryDirectory() as name:
        packs = Path(name, "packs")
        write_packs(packs / "frames", FRAMES)
        of_packs = race(f"packs of {SHARDS} shards", packs)
        shutil.rmtree(packs)
        if loose:
            apart = Path(name, "loose")
            write_loose(apart / "frames", loose)
            of_files = race("loose files", apart)
            ratio = of_files.cpu / of_packs.cpu
            print(f"  loose over packed: {ratio:.1f} times the CPU of dvc status")


if __name__ == "__main__":
    main()
