"""The graph of a data set of many clips: seconds and memory of a dry run, and how many jobs.

The clips are names of one tiny file: a dry run opens no video. Outputs are empty and have their
manifests, so that the second dry run finds all that a finished run leaves. `ingest` opens every
video, so it is timed on real ones.

python -m benchmarks.graph
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import yaml

from benchmarks.timing import show
from repose.manifests import write_manifest

ROOT = Path(__file__).parent.parent
SIZES = (100, 1_000, 10_000)
SHARDS = {100: (16,), 1_000: (16,), 10_000: (32, 16, 256)}  # first what config.yaml advises

# In between stands a small process: what a child held at most counts from its parent's size on.
WATCH = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("used", used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(code)
"""


class Measured(NamedTuple):
    """What a command printed, its wall and CPU seconds, and its peak memory."""

    text: str
    seconds: float
    cpu: float
    mib: float


def measure(command: list[str], folder: Path) -> Measured:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", WATCH, *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(done.stdout)
    text, _, used = done.stdout.rpartition("used")
    cpu, peak_kib = used.split()
    return Measured(text, seconds, float(cpu), int(peak_kib) / 1024)


def film(path: Path) -> Path:
    """Write a video of 8 frames."""
    random = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=6)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(8):
            image = random.integers(0, 255, (64, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(stream.encode(None))
    return path


def make_project(folder: Path, clips: int, video: Path) -> Path:
    """Copy the graph, and give it a folder of so many clips."""
    for part in ("workflow", "rules", "config", "slurm"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "videos").mkdir()
    for clip in range(clips):
        (folder / "videos" / f"clip{clip:05d}.mp4").hardlink_to(video)
    return folder


def dry_run(project: Path, shards: int, *words: str) -> Measured:
    config = ["--config", f"videos={json.dumps(['videos'])}", f"shards={shards}"]
    command = [sys.executable, "-m", "snakemake", "--dry-run", *words, *config, "--", "all"]
    return measure(command, project)


def jobs_of(plan: str) -> dict[str, int]:
    """Return how many jobs of each rule a dry run lists, `total` among them."""
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", plan, re.M)}


def batch_jobs(jobs: dict[str, int], profile: Path) -> int:
    """Count the jobs that go to SLURM: grouped rules make one per shard, `all` makes none."""
    grouped = yaml.safe_load(profile.read_text(encoding="utf-8"))["groups"]
    alone = sum(n for rule, n in jobs.items() if rule not in {"total", "all", *grouped})
    return alone + max(jobs[rule] for rule in grouped)


def make_outputs(plan: str, project: Path) -> None:
    """Make every output that a dry run lists, empty, with the manifest of its settings."""
    config = yaml.safe_load((project / "config/config.yaml").read_text(encoding="utf-8"))
    for rule, listed in re.findall(r"^rule (\w+):\n(?:    .*\n)*?    output: (.*)$", plan, re.M):
        for name in listed.split(", "):
            path = project / name
            if name.endswith(".manifest.json"):
                continue
            if path.suffix:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            else:
                path.mkdir(parents=True)
            write_manifest(path, config[rule])


def plans(project: Path, clips: int, shards: int) -> Iterator[tuple[object, ...]]:
    """Plan with nothing made, for this machine and for SLURM, and with everything made."""
    new = dry_run(project, shards, "--cores", "2", "--quiet", "host")
    jobs = jobs_of(new.text)
    yield f"{clips}", shards, "nothing made", jobs["total"], *new[1:]
    slurm = dry_run(project, shards, "--profile", "slurm")
    sent = batch_jobs(jobs_of(slurm.text), project / "slurm/config.yaml")
    yield f"{clips}", shards, "the same, for SLURM", f"{sent} sbatch", *slurm[1:]
    make_outputs(new.text, project)
    again = dry_run(project, shards, "--cores", "2")
    yield f"{clips}", shards, "all made", jobs_of(again.text).get("total", 0), *again[1:]


def ingest(videos: Path, output: Path) -> Measured:
    """List all clips with their hashes and sizes."""
    settings = {"dataset": "folder", "listing": "", "test-share": "0.2", "seed": "0"}
    settings |= {"on-bad-clip": "stop", "videos": str(videos), "output": str(output)}
    flags = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return measure([sys.executable, "-m", "repose.cli", "ingest", *flags], ROOT)


def main() -> None:
    planned: list[tuple[object, ...]] = []
    listed: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        video = film(scratch / "clip.mp4")
        for clips, shards in ((n, s) for n in SIZES for s in SHARDS[n]):
            project = make_project(scratch / f"{clips}-{shards}", clips, video)
            planned += plans(project, clips, shards)
            if shards == SHARDS[clips][0]:
                found = ingest(project / "videos", scratch / f"{clips}.parquet")
                listed.append((f"{clips}", 1e3 * found.cpu / clips, *found[1:]))
    times = ("seconds", "CPU s", "MiB")
    show("dry runs", ("clips", "shards", "", "jobs", *times), planned)
    show("ingest of clips of 8 frames", ("clips", "CPU ms per clip", *times), listed)


if __name__ == "__main__":
    main()
