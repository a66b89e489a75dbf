"""The literal command on a cluster, from a copy of what a clone holds; beside it a local run."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
ALL = ("all", "--configfile", "config/test.yaml")
# A user's run asks less often how its jobs are doing; nothing else differs.
IMPATIENT = ("--slurm-init-seconds-before-status-checks", "2")
# 26 jobs of 2 shards and 2 methods; the 4 of each shard after its film are one.
SUBMITTED = {"studio": 2, "ingest": 1, "shard": 2, "pairs": 1, "transforms": 1, "true_poses": 1}
SUBMITTED["leakage"] = 1
SUBMITTED |= {"baselines": 1, "train": 2, "generate": 2, "evaluate": 4, "report": 1}
# Where a stage writes how long something took, and what shows it.
TIMED = re.compile(r"/(times\.json|speed\.\w+|manifest\.json)$")


@dataclass
class Run:
    folder: Path
    returncode: int
    said: str
    submissions: list[str]


def copy_of_a_clone(folder):
    for name in ("workflow", "rules", "config", "slurm"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def counted(folder):
    """Put an sbatch that keeps its command lines in front of the real one."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    sbatch = programs / "sbatch"
    real = shutil.which("sbatch")
    sbatch.write_text(f'#!/bin/sh\necho "$*" >> {programs}/submissions\nexec {real} "$@"\n')
    sbatch.chmod(0o755)
    return programs


def on_the_cluster(folder, *words):
    programs = counted(folder)
    kept = programs / "submissions"
    kept.write_text("")
    done = subprocess.run(
        ["snakemake", "--profile", "slurm", *words, *IMPATIENT],
        cwd=folder,
        env=os.environ | {"PATH": f"{programs}:{BIN}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1500,
    )
    return Run(folder, done.returncode, done.stdout, kept.read_text().splitlines())


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Run the test preset on the cluster and, meanwhile, on this machine."""
    here = copy_of_a_clone(tmp_path_factory.mktemp("here"))
    local = subprocess.Popen(
        [BIN / "snakemake", *ALL, "--cores", "1"],
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    cluster = on_the_cluster(copy_of_a_clone(tmp_path_factory.mktemp("cluster")), *ALL)
    said, _ = local.communicate(timeout=1500)
    return cluster, Run(here, local.returncode, said, [])


@pytest.fixture(scope="module")
def cluster_run(runs):
    assert runs[0].returncode == 0, runs[0].said
    return runs[0]


def sums(folder):
    """Return the sha256 of every output."""
    found = {}
    for stage in sorted((folder / "results/test").iterdir()):
        if stage.name == "logs":
            continue
        for path in stage.rglob("*"):
            name = f"/{path.relative_to(folder)}"
            if path.is_file() and not TIMED.search(name):
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def test_all_outputs_equal_those_of_a_local_run(runs, cluster_run):
    local = runs[1]
    assert local.returncode == 0, local.said
    here, there = sums(local.folder), sums(cluster_run.folder)
    assert sorted(here) == sorted(there)
    assert [name for name in here if here[name] != there[name]] == []
    assert len(here) > 60


def test_every_byte_is_what_its_manifest_says(runs, cluster_run):
    same_as = ("--same-as", runs[1].folder / "results/test")
    done = subprocess.run(
        [BIN / "repose", "verify", cluster_run.folder / "results/test", *same_as],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_jobs_of_a_shard_are_submitted_as_one(cluster_run):
    comments = [
        re.search(r"--comment \S*?(rule|group)_(\w+?)(_wildcards|_crops| |$)", line)
        for line in cluster_run.submissions
    ]
    assert Counter(found[2] for found in comments) == SUBMITTED


def test_training_asks_for_a_gpu_and_a_warning_before_its_limit(cluster_run):
    asked = [line for line in cluster_run.submissions if "rule_train" in line]
    assert len(asked) == 2
    for line in asked:
        assert "-p gpu" in line
        assert "--gpus=1" in line
        assert "--signal=TERM@" in line


def test_each_job_has_its_logs(cluster_run):
    results = cluster_run.folder / "results"
    of_slurm = [path for path in results.glob("logs/**/*.log") if path.stat().st_size]
    assert len(of_slurm) == len(cluster_run.submissions)
    stages = {
        path.relative_to(results / "test/logs").parts[0].removesuffix(".log")
        for path in results.glob("test/logs/**/*.log")
    }
    assert stages == set(SUBMITTED) - {"shard"} | {"frames", "poses", "crops", "masks"}


def test_a_second_run_submits_nothing(cluster_run):
    again = on_the_cluster(cluster_run.folder, *ALL)
    assert again.returncode == 0, again.said
    assert "Nothing to be done" in again.said
    assert again.submissions == []


def test_a_lost_output_is_made_again_and_is_the_same(cluster_run):
    before = sums(cluster_run.folder)
    (cluster_run.folder / "results/test/masks/00.parquet.manifest.json").unlink()
    again = on_the_cluster(cluster_run.folder, "results/test/masks/00.parquet", *ALL[1:])
    assert again.returncode == 0, again.said
    assert len(again.submissions) == 1
    assert sums(cluster_run.folder) == before


def test_a_stage_that_fails_fails_the_run_and_says_why(tmp_path):
    folder = copy_of_a_clone(tmp_path)
    (folder / "empty").mkdir()
    words = ("results/none/ingest/clips.parquet", "--configfile", "config/clips.yaml")
    words += ("--retries", "1", "--config", 'videos=["empty"]', "data_set=none")
    done = on_the_cluster(folder, *words)
    assert done.returncode != 0
    assert len(done.submissions) == 2, "the first attempt and one more"
    assert "error[no-videos]" in done.said
    assert not (folder / "results/none/ingest/clips.parquet").exists()
