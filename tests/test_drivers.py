import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from repose import drivers
from repose.errors import ReposeError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(drivers.MARK, raising=False)
    return tmp_path


@pytest.fixture
def sleeper(folder):
    """Start a process that sleeps: `sleeper(name)` in this folder, under the name of a program."""
    started = []

    def start(*words, name="sleeper", **options):
        program = folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        if not program.exists():
            program.write_text(f"#!{sys.executable}\nimport time\nprint('up', flush=True)\n")
            with program.open("a") as file:
                file.write("time.sleep(60)\n")
            program.chmod(0o755)
        options = {"cwd": folder, **options}
        process = subprocess.Popen([program, *words], stdout=subprocess.PIPE, **options)
        assert process.stdout.readline() == b"up\n"
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_the_words_of_the_last_run_are_remembered():
    assert drivers.last_run() is None
    drivers.remember(["all", "--configfile", "config/a b.yaml"])
    run = drivers.last_run()
    assert run.words == ["all", "--configfile", "config/a b.yaml"]
    assert run.here
    assert run.lives


def test_a_process_that_drives_this_folder_is_seen(sleeper):
    process = sleeper("all", name="snakemake")
    assert drivers.living() == [process.pid]
    process.kill()
    process.wait()
    assert drivers.living() == []


def test_a_dry_run_a_job_and_the_driver_of_another_folder_are_no_drivers(sleeper, folder):
    sleeper("all", "-n", name="snakemake")
    sleeper("--mode", "subprocess", name="snakemake")
    (folder / "other").mkdir()
    sleeper("all", name="snakemake", cwd=folder / "other")
    sleeper("snakemake")
    assert drivers.living() == []


def test_a_number_that_came_again_is_not_the_driver(folder, sleeper):
    process = sleeper()
    drivers.remember([])
    record = drivers.RECORD.read_text().replace(str(os.getpid()), str(process.pid), 1)
    drivers.RECORD.write_text(record)
    assert not drivers.last_run().lives
    assert drivers.living() == []


def test_the_run_of_another_machine_cannot_be_seen_from_here(monkeypatch):
    with monkeypatch.context() as there:
        there.setattr("socket.gethostname", lambda: "elsewhere")
        drivers.remember([])
    assert not drivers.last_run().here


def test_a_damaged_record_is_none():
    drivers.remember([])
    drivers.RECORD.write_text('{"words": []}')
    assert drivers.last_run() is None


def test_jobs_carry_the_mark_of_their_folder_and_tee_is_left_alone(sleeper):
    environment = os.environ | {drivers.MARK: str(Path.cwd())}
    job = sleeper(name="job", env=environment)
    sleeper(name="other", env=os.environ | {drivers.MARK: "/another/folder"})
    tee = subprocess.Popen(["tee"], stdin=subprocess.PIPE, env=environment)
    for _ in range(100):
        if Path(f"/proc/{tee.pid}/comm").read_text() == "tee\n":
            break
        time.sleep(0.05)
    assert drivers.left_behind() == [job.pid]
    tee.communicate()


def test_mark_reaches_what_is_started(monkeypatch):
    monkeypatch.setenv(drivers.MARK, "")
    drivers.mark()
    script = f"import os; print(os.environ[{drivers.MARK!r}])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == str(
        Path.cwd()
    )


def test_slurm_jobs_of_this_folder_are_told_from_others(folder, monkeypatch):
    squeue = folder / "squeue"
    squeue.write_text(f"#!/bin/sh\necho '7 {Path.cwd()}'\necho '8 {Path.cwd()}/other'\n")
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    assert drivers.slurm_jobs() == ["7"]


@pytest.mark.parametrize("squeue", ["exit 1", "sleep 9", None])
def test_a_slurm_that_does_not_answer_is_no_proof_that_no_job_lives(folder, monkeypatch, squeue):
    path = folder / "bin"
    path.mkdir()
    if squeue:
        (path / "squeue").write_text(f"#!/bin/sh\n{squeue}\n")
        (path / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", f"{path}:/bin" if squeue else str(path))
    asked = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: asked(*a, **(k | {"timeout": 1})))
    drivers.remember(["all"])
    assert drivers.slurm_jobs() == []
    drivers.remember(["all", "--profile", "mine"], remote=True)
    with pytest.raises(ReposeError, match=r"still-running.*SLURM does not answer"):
        drivers.slurm_jobs()
