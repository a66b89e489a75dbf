"""What happens to a finished run: flipped bytes, lost records, kills, a second run."""

import json
import os
import random
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from repose.manifests import BESIDE
from repose.settings import flags
from repose.verification import find_outputs, output_faults, verify
from tests.drills.graph import Drill, run_drill
from tests.workflow.running import ROOT, change, copy_of_the_project, planned, snakemake

FLIPS = 1000
KINDS = {  # what a byte is flipped in: where such files lie below results/test
    "manifest": ("*.manifest.json", "manifest.json"),
    "table": ("*.parquet",),
    "pack": ("*.pack",),
    "weights": ("*.safetensors",),
    "report": ("report/**/*.html", "report/**/*.png", "report/**/*.csv", "report/**/*.tex"),
    "video and truth": ("studio/**/*.mp4", "studio/**/*.npz"),
}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("graph")]


@pytest.fixture(scope="module")
def copied(project, tmp_path_factory):
    """A copy that may be damaged, in a project of its own."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("damaged"))
    shutil.copytree(project / "results", folder / "results", copy_function=shutil.copy2)
    return folder


def repose(folder, *words):
    words = [sys.executable, "-m", "repose.cli", *words]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def test_a_finished_run_is_sound_and_of_its_settings(project):
    done = repose(project, "verify", "results", "--configfile", "config/test.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 files are wrong" in done.stdout
    assert "0 outputs are not of these settings" in done.stdout


def test_a_thousand_flipped_bytes_are_found_and_their_files_named(copied):
    results = copied / "results/test"
    files = {
        kind: sorted({path for p in patterns for path in results.rglob(p) if path.is_file()})
        for kind, patterns in KINDS.items()
    }
    draw = random.Random(0)
    owners = {output: output for output in find_outputs(results)}
    for flip in range(FLIPS):
        path = draw.choice(files[list(KINDS)[flip % len(KINDS)]])
        whole = path.read_bytes()
        place = draw.randrange(len(whole))
        changed = bytearray(whole)
        changed[place] ^= draw.randrange(1, 256)
        path.write_bytes(changed)
        found = output_faults(owner(path, owners))
        path.write_bytes(whole)
        assert [fault.path for fault in found] == [path], (flip, path, place)
    assert not verify(results).faults


def owner(path, outputs):
    """Return the output that a file belongs to, as the command groups them."""
    for candidate in (path, path.with_name(path.name.removesuffix(BESIDE)), *path.parents):
        if candidate in outputs:
            return candidate
    raise AssertionError(path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_names_the_file_and_fails(copied, kind):
    results = copied / "results/test"
    path = sorted(results.rglob(KINDS[kind][-1]))[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    done = repose(copied, "verify", "results")
    path.write_bytes(whole)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    named = path.relative_to(copied)
    assert lines[0].startswith(f"{named}: ")
    assert lines[1].startswith("verify: results: 1 files are wrong; ")


def test_a_stage_takes_no_damaged_input(copied):
    """A table that was changed in place is refused by the stage that reads it."""
    path = copied / "results/test/pairs/pairs.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")
    settings = yaml.safe_load((ROOT / "config/config.yaml").read_text())["transforms"]
    places = ["--pairs", "results/test/pairs/pairs.parquet", "--crops", "results/test/crops/00"]
    words = [*shlex.split(flags(settings)), *places, "--output", "new.parquet"]
    done = repose(copied, "transforms", *words)
    path.write_bytes(whole)
    assert done.returncode == 2
    what = "error[bad-manifest]: not the file that was written (changed): results/test/pairs/pairs"
    assert what in done.stderr
    assert not (copied / "new.parquet").exists()


def test_a_changed_setting_is_seen_without_snakemake_s_records(copied):
    """As after `dvc checkout` into a fresh clone: there are results and no .snakemake/."""
    shutil.rmtree(copied / ".snakemake", ignore_errors=True)
    snakemake(copied, "--touch")  # a copy has its times in any order
    shutil.rmtree(copied / ".snakemake")
    assert planned(copied) == set()
    change(copied, "evaluate", "bootstrap_draws", 321)
    try:
        assert planned(copied) == {"evaluate", "report"}
        done = snakemake(copied, "--dry-run")
        assert "made with evaluate.bootstrap_draws 500, now 321" in done.stderr
    finally:
        change(copied, "evaluate", "bootstrap_draws", 500)
    assert planned(copied) == set()


def test_an_output_that_lost_its_manifest_is_made_anew(copied):
    snakemake(copied, "--touch")  # a copy has its times in any order
    path = copied / "results/test/evaluate/warp2d.json.manifest.json"
    whole = path.read_bytes()
    path.unlink()
    assert planned(copied) == {"evaluate", "report"}
    path.write_bytes(whole)


def test_a_killed_run_is_resumed_to_the_same_bytes(project, tmp_path):
    words = ["results/test/pairs/pairs.parquet", "--cores", "2"]
    words += ["--configfile", "config/test.yaml"]
    drill = Drill(words, random.Random(0), mean_s=6.0, partial=True)
    folder = copy_of_the_project(tmp_path / "killed")
    run_drill(drill, 3, project / "results", folder)
    assert drill.wrong == []
    assert drill.kills.total() == 3
    assert drill.proven


def test_resume_refuses_while_a_run_is_at_work(copied):
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"],
        cwd=copied,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    ticks = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
    record = {"words": ["all"], "host": os.uname().nodename, "process": process.pid}
    (copied / ".snakemake").mkdir(exist_ok=True)
    (copied / ".snakemake/last-run.json").write_text(json.dumps(record | {"started": ticks}))
    try:
        done = repose(copied, "resume")
        assert done.returncode == 2
        assert f"error[still-running]: Snakemake is at work: process {process.pid}" in done.stderr
    finally:
        process.kill()
        process.wait()


def test_resume_without_a_run_says_how(tmp_path):
    done = repose(tmp_path, "resume")
    assert done.returncode == 2
    assert "error[no-run]" in done.stderr
    assert "make resume CONFIG=config/demo.yaml" in done.stderr
