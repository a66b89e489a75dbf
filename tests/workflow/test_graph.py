"""The whole graph at the size of the test preset, and what a change of settings redoes."""

import json
import re
import signal
import subprocess
import time

import pandas as pd
import pytest
import yaml

from repose.settings import stages
from tests.workflow.running import (
    ROOT,
    change,
    command,
    copy_of_the_project,
    planned,
    snakemake,
)

# One worker makes the run that most tests here look at.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("graph")]


@pytest.fixture
def changed(project):
    """A project whose overlay may be changed, and is put back afterwards."""
    path = project / "config/test.yaml"
    before = path.read_bytes()
    yield project
    path.write_bytes(before)


def test_the_run_ends_in_a_report_with_every_method(project):
    report = project / "results/test/report"
    page = (report / "report.html").read_text(encoding="utf-8")
    overlay = yaml.safe_load((ROOT / "config/test.yaml").read_text())
    for method in overlay["methods"]:
        assert method in page
    assert not re.search(r"""(src|href)=["']?https?://""", page), "the page is not offline"
    assert list(report.glob("tables/*.tex"))
    assert list(report.glob("tables/*.csv"))
    assert list(report.glob("figures/*.png"))


def test_no_clip_is_lost_on_the_way(project):
    results = project / "results/test"
    clips = set(pd.read_parquet(results / "ingest/clips.parquet")["clip"])
    for pattern in ("frames/*/accounting.parquet", "poses/*.parquet", "crops/*/crops.parquet"):
        found = pd.concat(pd.read_parquet(path) for path in results.glob(pattern))
        assert set(found["clip"]) == clips, pattern


def test_a_second_run_has_nothing_to_do(project):
    done = snakemake(project)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_changed_block_redoes_its_stage_and_what_follows(changed):
    change(changed, "evaluate", "bootstrap_draws", 321)
    assert planned(changed) == {"evaluate", "report"}


def test_a_change_at_the_start_redoes_everything(changed):
    change(changed, "studio", "seed", 99)
    asked_for_elsewhere = {"metro", "papers"}  # by an estimator of that name, by several data sets
    assert planned(changed) == set(stages()) - asked_for_elsewhere


def test_a_network_of_our_own_is_trained_where_it_is_the_estimator(changed):
    change(changed, "true_poses", "estimator", "metro")
    assert planned(changed) == {"metro", "true_poses", "evaluate", "report"}
    change(changed, "true_poses", "weights", "elsewhere/metro")
    assert planned(changed) == {"true_poses", "evaluate", "report"}


def test_a_wrong_config_is_refused_in_one_line(changed):
    change(changed, "train", "stepps", 3)
    done = snakemake(changed)
    assert done.returncode != 0
    assert "unknown key 'train.stepps'" in done.stdout + done.stderr
    assert "did you mean 'steps'?" in done.stdout + done.stderr


def test_an_interrupted_run_leaves_nothing_half_and_goes_on(tmp_path):
    folder = copy_of_the_project(tmp_path)
    process = subprocess.Popen(
        command(target="results/test/ingest/clips.parquet"),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # Interrupt while the studio writes: its folder of work in progress tells when.
    waited = time.monotonic() + 90
    while not list(folder.glob("results/test/studio/.*.tmp-*")) and time.monotonic() < waited:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=120)
    assert process.returncode != 0
    assert not (folder / "results/test/ingest/clips.parquet").exists()
    done = snakemake(folder, target="results/test/ingest/clips.parquet")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stage_that_fails_fails_the_run_with_its_one_line(tmp_path):
    folder = copy_of_the_project(tmp_path)
    (folder / "empty").mkdir()
    words = ("--config", 'videos=["empty"]', "data_set=none")
    done = snakemake(folder, *words, target="results/none/ingest/clips.parquet", overlay="clips")
    assert done.returncode != 0
    assert "error[no-videos]" in done.stdout + done.stderr
    assert not (folder / "results/none/ingest/clips.parquet").exists()


def test_snakemake_writes_its_own_report(project):
    done = snakemake(project, "--report", "report.zip")
    assert done.returncode == 0, done.stderr
    assert (project / "report.zip").stat().st_size > 10_000


def test_a_folder_of_videos_may_have_blanks_and_quotes(tmp_path):
    folder = copy_of_the_project(tmp_path)
    name = "it's raw; $HOME"
    (folder / name).mkdir()
    (folder / name / "a {b}.mp4").write_bytes(b"not a video")
    words = ("--config", f"videos={json.dumps([name])}", "data_set=odd")
    done = snakemake(folder, *words, target="results/odd/ingest/clips.parquet", overlay="clips")
    assert f"{name}/a {{b}}.mp4" in done.stdout + done.stderr


def test_a_folder_with_braces_is_refused_in_one_line(tmp_path):
    folder = copy_of_the_project(tmp_path)
    (folder / "{raw}").mkdir()
    done = snakemake(folder, "--config", 'videos=["{raw}"]', overlay="clips")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "error[wrong-value]: a path that Snakemake cannot carry, with { } < >" in said


def test_a_folder_that_is_not_there_is_named_in_one_line(tmp_path):
    folder = copy_of_the_project(tmp_path)
    done = snakemake(folder, "--config", 'videos=["nowhere"]', overlay="clips")
    assert done.returncode != 0
    assert "error[missing-videos]: no such folder: nowhere" in done.stdout + done.stderr
