"""The profile for SLURM, as far as it shows without a cluster."""

import itertools
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from repose.settings import stages
from tests.workflow.running import copy_of_the_project

ROOT = Path(__file__).parent.parent.parent
PROFILE = yaml.safe_load((ROOT / "slurm/config.yaml").read_text(encoding="utf-8"))

# Of one data set, whose estimators are others.
NOBODY_ASKS = {"metro", "papers"}

# One worker has the run that is planned here at hand.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("profile")]


def test_every_rule_that_the_profile_names_exists():
    named = {*PROFILE["set-resources"], *PROFILE["groups"], *PROFILE["preemptible-rules"]}
    assert named <= set(stages())


def test_a_group_holds_the_jobs_of_one_shard_only():
    for stage in PROFILE["groups"]:
        text = (ROOT / f"rules/{stage}.smk").read_text(encoding="utf-8")
        assert "{{shard}}" in text, stage


def test_the_lines_for_two_nodes_hold_all_that_they_replace():
    lines = (ROOT / "slurm/config.yaml").read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if "Two nodes" in line)
    taken = list(itertools.takewhile(lambda line: line.startswith("    #"), lines[start + 2 :]))
    two_nodes = yaml.safe_load("\n".join(line.replace("# ", "", 1) for line in taken))
    one_node = PROFILE["set-resources"]["train"]
    assert set(two_nodes) & set(one_node) == {
        "gpu",
        "slurm_extra",
    }  # the two that it says it replaces
    assert set(options(one_node)) < set(options(two_nodes))
    per_node = next(word for word in options(two_nodes) if word.startswith("--ntasks-per-node="))
    assert int(per_node.partition("=")[2]) * two_nodes["nodes"] == two_nodes["tasks"]


def options(resources):
    return shlex.split(resources["slurm_extra"].strip("'"))


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """Plan the whole graph at the size of the paper, for a node larger than this machine."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("plan"))
    shutil.copytree(ROOT / "slurm", folder / "slurm")
    words = ("--profile", "slurm", "--dry-run", "--quiet", "host", "--config")
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *words, 'train={"threads": 96}', "--", "all"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    # Everything between the name of one job's rule and the next is what it asks for.
    jobs = re.split(r"^ *(?:local)?rule (\w+):\n", done.stdout, flags=re.M)
    return list(zip(jobs[1::2], jobs[2::2], strict=True))


def resources(plan, rule):
    text = next(text for name, text in plan if name == rule)
    return dict(re.findall(r"(\w+)=([^,\n]+)", text)) | dict(re.findall(r"(threads): (\d+)", text))


def test_a_plan_holds_every_stage(plan):
    assert {rule for rule, _ in plan} == {*stages(), "all"} - NOBODY_ASKS


def test_a_shard_is_one_submission_whatever_the_number_of_clips(plan):
    alone = [rule for rule, _ in plan if rule not in {"all", *PROFILE["groups"]}]
    shards = [rule for rule, _ in plan if rule == "poses"]
    assert len(alone) + len(shards) == 53  # docs/cluster.md says so


def test_a_job_elsewhere_is_not_cut_down_to_the_cores_of_this_machine(plan):
    assert resources(plan, "train")["threads"] == "96"


def test_training_asks_for_a_gpu_and_other_jobs_for_none(plan):
    assert resources(plan, "train")["gpu"] == "1"
    assert "gpu" not in resources(plan, "pairs")


def test_every_job_says_its_memory_time_and_partition(plan):
    for rule in {*stages()} - NOBODY_ASKS:
        assert {"mem_mb", "runtime", "slurm_partition"} <= set(resources(plan, rule)), rule
