"""Hostile names go through the whole graph on a cluster, and none is run."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from tests.hostile.names import ALL, REFUSED_AS_FOLDERS
from tests.hostile.project import canaries, make_project

IMPATIENT = ("--slurm-init-seconds-before-status-checks", "2")


def on_the_cluster(folder, *words):
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--profile", "slurm", *IMPATIENT, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=2400,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    settings = make_project(folder, ALL)
    done = on_the_cluster(folder, "all", "--configfile", "config/test.yaml", str(settings))
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    return folder


def test_no_clip_is_lost_and_no_name_is_run(project):
    clips = pd.read_parquet(project / "results/hostile/ingest/clips.parquet")
    inner = {f"plain/{name}/{name}.mp4" for name in REFUSED_AS_FOLDERS}
    outer = {f"{name}/{name}.mp4" for name in ALL if name not in REFUSED_AS_FOLDERS}
    assert len(inner | outer) >= 200
    assert set(clips["path"]) == inner | outer
    assert set(clips["error"]) == {""}
    assert (project / "results/hostile/report/report.html").is_file()
    assert canaries(project.parent) == []


@pytest.mark.parametrize("name", ["$(touch canary)", "`touch canary`", "it's;touch canary;'"])
def test_a_name_on_the_command_line_is_refused_before_a_job_is_submitted(project, name):
    folder = {"videos": [name], "data_set": "other"}
    given = [f"{key}={json.dumps(value)}" for key, value in folder.items()]
    (project / name).mkdir(exist_ok=True)
    done = on_the_cluster(project, "all", "--configfile", "config/clips.yaml", "--config", *given)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "error[wrong-value]: --config videos=... has signs" in said
    assert "has been submitted" not in said
    assert canaries(project.parent) == []
