"""Settings that unfold without end, or that would run, are refused in one short line."""

import subprocess
import sys

import pytest
import yaml

from repose.errors import ReposeError
from repose.settings import check
from tests.hostile.project import ROOT
from tests.workflow.test_graph import copy_of_the_project

BOMB = "".join(
    f"  {key}: &{key} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, key in zip(
        ("end", "steps", "lr", "beta1", "beta2", "seed", "batch", "scale", "flip"),
        ("steps", "lr", "beta1", "beta2", "seed", "batch", "scale", "flip", "splits"),
        strict=True,
    )
)
OVERLAYS = {
    "a bomb of aliases": ("train:\n  precision: &end [aaaaaaaaaaaaaaaa]\n" + BOMB, "wrong-type"),
    "a bomb under a name of its own": ("end: &end a\nbomb:\n" + BOMB, "unknown-key"),
    "a tag that runs": ("shards: !!python/object/apply:os.system ['touch canary']\n", "not valid"),
    "a tag that imports": ("shards: !!python/name:os.system\n", "wrong-type"),
    "a list for a network": ("models: {warp3d: {network: [a]}}\n", "missing-key"),
    "a name that leaves": ("data_set: ../../canary\n", "wrong-value"),
    "a name that runs": ("data_set: $(touch canary)\n", "wrong-value"),
    "a method that runs": ("methods: ['$(touch canary)']\n", "wrong-value"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OVERLAYS)
def test_a_hostile_overlay_is_refused_in_one_line(tmp_path, name):
    text, said = OVERLAYS[name]
    folder = copy_of_the_project(tmp_path)
    (folder / "config/hostile.yaml").write_text(text)
    # Little memory and time: a bomb would use up either.
    little = ["/bin/sh", "-c", 'ulimit -v 4000000; ulimit -t 100; exec "$@"', "sh"]
    overlays = ["--configfile", "config/test.yaml", "config/hostile.yaml"]
    done = subprocess.run(
        [*little, sys.executable, "-m", "snakemake", "-n", "--cores", "1", *overlays, "--", "all"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert len(done.stdout + done.stderr) < 5000
    assert not list(tmp_path.rglob("canary*"))


def test_a_value_is_shown_short():
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    nested: list = ["a"]
    for _ in range(60):
        nested = [nested] * 9
    config["train"]["steps"] = nested
    with pytest.raises(ReposeError, match=r"wrong-type.*'train\.steps'") as caught:
        check(config)
    assert len(str(caught.value)) < 1000


def test_no_user_setting_is_part_of_a_shell_command_unquoted():
    """Words of the config reach a command through functions that quote them."""
    for path in sorted(ROOT.glob("rules/*.smk")):
        text = path.read_text(encoding="utf-8")
        assert "{config" not in text, path
