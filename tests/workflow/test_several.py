"""Several data sets in one graph."""

import re
import shutil
import subprocess
import sys

import pytest
import yaml

from repose.settings import stages
from tests.workflow.running import ROOT, snakemake

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("graph")]


@pytest.fixture
def several(project):
    """The data set that was made, another one like it, and a graph of both."""
    overlay = yaml.safe_load((project / "config/test.yaml").read_text())
    files = {
        "more": overlay | {"data_set": "more"},
        "both": {"data_set": "both", "benchmarks": ["test", "more"]},
    }
    paths = [project / f"config/{name}.yaml" for name in files]
    for path, values in zip(paths, files.values(), strict=True):
        path.write_text(yaml.safe_dump(values))
    yield project
    for path in paths:
        path.unlink()


def planned(done):
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"^(\w+)\s+\d+$", done.stdout + done.stderr, re.M))


def test_what_one_of_them_made_alone_counts_and_the_other_is_planned(several):
    found = planned(snakemake(several, "--dry-run", overlay="both"))
    made = {rule for rule in found if rule.startswith("more_")}
    assert {"more_train", "more_report", "more_studio"} <= made
    assert made <= {f"more_{stage}" for stage in stages()}
    assert not [rule for rule in found if rule.startswith("test_")], "done anew among others"


def test_a_setting_of_all_redoes_its_stage_in_each(several):
    words = ("--dry-run", "--config", "evaluate={bootstrap_draws: 77}")
    found = planned(snakemake(several, *words, overlay="both"))
    assert {rule for rule in found if rule.startswith("test_")} == {"test_evaluate", "test_report"}


def test_an_error_in_one_of_them_names_its_overlay(several):
    path = several / "config/more.yaml"
    path.write_text(path.read_text() + "\ntrainn: {}\n")
    done = snakemake(several, "--dry-run", overlay="both")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "unknown key 'trainn'" in said
    assert "config/more.yaml" in said


def test_a_profile_asks_for_the_rules_of_each(several):
    shutil.copytree(ROOT / "slurm", several / "slurm")
    try:
        words = [sys.executable, "-m", "snakemake", "--profile", "slurm", "--dry-run"]
        words += ["--quiet", "host", "--configfile", "config/both.yaml", "--", "all"]
        done = subprocess.run(
            words, cwd=several, capture_output=True, text=True, check=False, timeout=300
        )
    finally:
        shutil.rmtree(several / "slurm")
    assert done.returncode == 0, done.stderr
    told = done.stdout + done.stderr
    training = re.search(r"rule more_train:\n(.*?)\n\n", told, re.S).group(1)
    assert "slurm_partition=gpu" in training
