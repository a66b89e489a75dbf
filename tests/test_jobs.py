"""What a job was is written down beside its log, and found again by what it made."""

import json
import os

import pytest

from repose import drivers, jobs
from repose.errors import ReposeError
from repose.making import made_of
from repose.manifests import read_manifest, write_manifest


@pytest.fixture
def root(tmp_path, monkeypatch):
    for name in (*jobs._RANKS, drivers.MARK):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results/mine"


def write_manifest_of(output):
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("made")
    write_manifest(output, {})


def work(output, stage, words=("evaluate", "--seed", "0")):
    with made_of({}) as making, jobs.recorded(stage, words, [output], making):
        write_manifest_of(output)
    return read_manifest(output)["manifest_sha256"]


def test_a_job_is_found_by_the_manifest_that_it_wrote(root):
    (root / "logs/evaluate").mkdir(parents=True)
    (root / "logs/evaluate/a.log").touch()
    first = work(root / "evaluate/a.parquet", "evaluate", ["evaluate", "--model", "{'a b'}"])
    work(root / "evaluate/b.parquet", "evaluate")
    job = jobs.read_jobs(root, "evaluate").get(first)
    assert job["command"] == "repose evaluate --model '{'\"'\"'a b'\"'\"'}'"
    assert job["log"] == "logs/evaluate/a.log"
    assert job["wall_s"] >= 0
    assert job["cpu_s"] >= 0
    assert len(job["sources"]) == len(job["environment"]) == 64
    assert job["graph"] is None
    assert os.uname().nodename not in json.dumps(job)
    assert jobs.read_jobs(root, "evaluate").get("of another") is None


def test_a_stage_whose_output_is_named_after_it_has_its_place(root):
    work(root / "report", "report")
    assert (root / "logs/jobs/report/report.json").is_file()


def test_a_job_knows_the_graph_that_ran_it(root, monkeypatch):
    monkeypatch.setenv(drivers.MARK, str(root.parents[1]))
    drivers.remember(["all", "--configfile", "config/test.yaml"])
    found = work(root / "evaluate/a.parquet", "evaluate")
    words = ["all", "--configfile", "config/test.yaml"]
    assert jobs.read_jobs(root, "evaluate").get(found)["graph"] == words


@pytest.mark.parametrize("case", ["failed", "elsewhere", "second rank"])
def test_others_leave_no_record(root, monkeypatch, case):
    if case == "failed":
        output = root / "evaluate/a.json"
        with (
            pytest.raises(ReposeError),
            made_of({}) as making,
            jobs.recorded("evaluate", [], [output], making),
        ):
            write_manifest_of(output)
            raise ReposeError("no-pairs", "no pairs")
    elif case == "elsewhere":
        work(root / "somewhere/a.json", "evaluate")
    else:
        monkeypatch.setenv("SLURM_PROCID", "1")
        work(root / "evaluate/a.json", "evaluate")
    assert not list(root.parents[1].rglob("logs"))


def test_a_record_that_cannot_be_read_is_passed_over(root):
    found = work(root / "evaluate/b.parquet", "evaluate")
    for name, text in (("a", "{"), ("0", "[]"), ("1", "{}"), ("2", "null")):
        (root / f"logs/jobs/evaluate/{name}.json").write_text(text)
    assert jobs.read_jobs(root, "evaluate").get(found)["stage"] == "evaluate"
