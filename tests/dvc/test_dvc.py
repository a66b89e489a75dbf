"""DVC over the graph: what `dvc repro`, `checkout`, `exp`, `push` and `pull` do with a run."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from repose.settings import stages

ROOT = Path(__file__).parent.parent.parent

# One worker makes the run that all tests here look at.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dvc")]


def test_a_fresh_clone_is_reproduced_and_its_outputs_recorded(project):
    asked_for_elsewhere = {"metro", "papers"}  # by an estimator of that name, by several data sets
    assert project.first == {*stages(), "snapshot"} - asked_for_elsewhere
    lock = yaml.safe_load((project.folder / "dvc.lock").read_text())
    (out,) = lock["stages"]["reproduce"]["outs"]
    assert out["path"] == "results/tiny"
    assert out["nfiles"] < 300
    assert "up to date" in project.dvc("status")
    assert project.git("status", "--porcelain") == ""


def test_training_states_and_logs_are_not_recorded(project):
    recorded = json.loads(project.dvc("ls", ".", "results/tiny", "--dvc-only", "--json", "-R"))
    tops = {Path(entry["path"]).parts[0] for entry in recorded}
    assert {"train", "evaluate", "report", "snapshot.json"} <= tops
    assert not tops & {"runs", "logs"}
    assert not any(".snakemake" in entry["path"] for entry in recorded)


def test_a_second_run_does_nothing(project):
    assert "didn't change, skipping" in project.dvc("repro")
    assert project.nothing_to_do()


def test_a_changed_setting_redoes_its_stage_and_what_follows_and_can_be_taken_back(project):
    pack = project.results / "frames/00/frames.pack"
    before = pack.stat()
    project.change("evaluate", "bootstrap_draws", 321)
    assert project.reproduce() == {"evaluate", "report", "snapshot"}
    assert pack.stat().st_ino == before.st_ino, "the stages before it are left alone"
    # Snakemake's records are of the other settings now; the results that come back are not.
    project.go_back()
    assert project.nothing_to_do()


def test_deleted_results_are_checked_out_and_need_no_run(project):
    shutil.rmtree(project.results)
    project.dvc("checkout")
    assert project.nothing_to_do()
    # The same where Snakemake never ran.
    shutil.rmtree(project.results)
    shutil.rmtree(project.folder / ".snakemake")
    project.dvc("checkout")
    assert project.nothing_to_do()
    assert "didn't change, skipping" in project.dvc("repro")
    # What was made with other settings is made again, although nobody recorded it.
    project.change("evaluate", "bootstrap_draws", 321)
    said = project.snakemake("--dry-run", "all")
    planned = {rule for rule in stages() if re.search(rf"^{rule} +\d+$", said, re.M)}
    assert planned == {"evaluate", "report"}


@pytest.mark.parametrize("kind", ["hardlink", "symlink"])
def test_a_cache_that_is_linked_to_is_not_written_through(project, kind):
    project.dvc("config", "--local", "cache.type", kind)
    shutil.rmtree(project.results)
    project.dvc("checkout")
    table = project.results / "masks/00.parquet"
    assert table.is_symlink() if kind == "symlink" else table.stat().st_nlink > 1
    assert project.nothing_to_do()
    targets = [f"results/tiny/{name}" for name in ("masks/00.parquet", "baselines/copy_source")]
    project.snakemake("--forcerun", *targets, "--until", *targets, "--", *targets)
    assert not table.is_symlink()
    assert table.stat().st_nlink == 1
    assert_sound_cache(project.folder)
    project.dvc("config", "--local", "--unset", "cache.type")
    shutil.rmtree(project.results)


def assert_sound_cache(folder):
    files = [path for path in (folder / ".dvc/cache/files/md5").rglob("*") if path.is_file()]
    assert files
    for path in files:
        name = (path.parent.name + path.name).removesuffix(".dir")
        assert hashlib.md5(path.read_bytes()).hexdigest() == name, path


def test_an_experiment_is_run_compared_and_drawn(project, tmp_path):
    settings = ("config/tiny.yaml:train.steps=24", "config/config.yaml:evaluate.bootstrap_seed=9")
    ran = project.reproduce("exp", "run", "--name", "longer", *(f"-S{s}" for s in settings))
    assert ran == {"train", "generate", "evaluate", "report", "snapshot"}
    project.go_back()
    assert project.nothing_to_do()

    shown = json.loads(project.dvc("metrics", "show", "--json"))[""]["data"]
    assert set(shown) == {
        f"results/tiny/report/metrics/{method}.json"
        for method in ("warp3d", "copy_source", "true_jpeg90")
    }
    diff = json.loads(project.dvc("metrics", "diff", "HEAD", "longer", "--json"))
    changed = diff["results/tiny/report/metrics/warp3d.json"]
    assert changed["l1_fg"]["diff"] != 0
    assert list(diff) == ["results/tiny/report/metrics/warp3d.json"], "the baselines are the same"
    params = json.loads(project.dvc("params", "diff", "HEAD", "longer", "--json"))
    steps = params["config/tiny.yaml"]["train.steps"]
    assert (steps["old"], steps["new"]) == (12, 24)

    project.dvc("plots", "diff", "HEAD", "longer", "--out", str(tmp_path))
    page = (tmp_path / "index.html").read_text()
    losses = drawn(page)
    assert {rev: len(rows) for rev, rows in losses.items()} == {"HEAD": 12, "longer": 24}
    assert [row["loss"] for row in losses["HEAD"]] == [
        row["loss"] for row in losses["longer"][:12]
    ], "the same training, twice as long"


def drawn(page):
    """Read the points of the loss curve out of a page of plots, by revision."""
    found = re.findall(r'"values": (\[\{.*?\}\])', page)
    rows = [row for values in found for row in json.loads(values) if "loss" in row]
    return {
        rev: sorted((r for r in rows if r["rev"] == rev), key=lambda r: int(r["step"]))
        for rev in dict.fromkeys(row["rev"] for row in rows)
    }


def test_the_loss_curve_is_shown(project, tmp_path):
    project.dvc("plots", "show", "--out", str(tmp_path))
    losses = drawn((tmp_path / "index.html").read_text())
    assert [int(row["step"]) for row in losses["workspace"]] == list(range(1, 13))


def test_a_clone_pulls_from_a_folder(project, tmp_path):
    remote = tmp_path / "remote"
    project.dvc("remote", "add", "--local", "--force", "folder", str(remote))
    project.dvc("push", "--remote", "folder")
    assert_a_clone_is_whole(project, tmp_path, {"folder": {"url": str(remote)}})


def test_a_clone_pulls_from_s3(project, tmp_path, s3):
    url, keys = s3
    project.dvc("remote", "add", "--local", "--force", "cloud", "s3://poses/results")
    project.dvc("remote", "modify", "--local", "cloud", "endpointurl", url)
    project.dvc("push", "--remote", "cloud", **keys)
    remote = {"url": "s3://poses/results", "endpointurl": url}
    assert_a_clone_is_whole(project, tmp_path, {"cloud": remote}, **keys)


def assert_a_clone_is_whole(project, place, remotes, **environment):
    clone = type(project)(place / "clone", place / "site")
    project.run("git", "clone", "--quiet", ".", str(clone.folder))
    ((name, settings),) = remotes.items()
    lines = [f"['remote \"{name}\"']", *(f"{key} = {value}" for key, value in settings.items())]
    (clone.folder / ".dvc/config.local").write_text("\n".join(lines) + "\n")
    clone.dvc("pull", "--remote", name, **environment)
    assert "up to date" in clone.dvc("status")
    assert clone.nothing_to_do()
    assert "didn't change, skipping" in clone.dvc("repro")


@pytest.fixture
def s3():
    """An S3 server on loopback with one bucket; its address and the keys to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    keys = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }
    command = [
        str(Path(sys.executable).parent / "moto_server"),
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with subprocess.Popen(
        command,
        env=os.environ | keys,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            make_bucket(f"http://127.0.0.1:{port}", server)
            yield f"http://127.0.0.1:{port}", keys
        finally:
            server.terminate()


def make_bucket(url, server):
    waited = time.monotonic() + 120
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            opener.open(urllib.request.Request(f"{url}/poses", method="PUT"), timeout=30)
            return
        except OSError:
            assert server.poll() is None, "the S3 server did not start"
            assert time.monotonic() < waited, "the S3 server does not answer"
            time.sleep(0.3)


def test_every_preset_fills_the_folder_of_its_name():
    for path in ROOT.glob("config/*.yaml"):
        if path.stem != "config":
            assert yaml.safe_load(path.read_text())["data_set"] == path.stem
    assert yaml.safe_load((ROOT / "params.yaml").read_text()) == {"preset": "studio"}
