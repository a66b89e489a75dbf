"""One run, one folder, one writer."""

import errno
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from repose.errors import ReposeError
from repose.training.run_directory import check_held, fingerprint, open_run

HOLD = (
    "import sys, pathlib, time\n"
    "from repose.training.run_directory import open_run\n"
    "with open_run(pathlib.Path(sys.argv[1]), 'x'):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(float(sys.argv[2]))\n"
)


def start(folder, seconds):
    command = [sys.executable, "-c", HOLD, str(folder), str(seconds)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env=os.environ | {"SLURM_JOB_ID": "77"}, **pipes)


def test_a_fingerprint_depends_on_values_alone():
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_a_second_writer_is_refused_until_the_first_is_gone(tmp_path):
    with open_run(tmp_path, "x"):
        process = start(tmp_path, 0)
        assert "run-in-use" in process.communicate()[1]
        with pytest.raises(ReposeError, match="run-in-use"), open_run(tmp_path, "x"):
            pass
        with open_run(tmp_path, "y"):
            pass
    process = start(tmp_path, 0)
    process.communicate()
    assert process.returncode == 0


def test_the_holder_is_named_and_its_death_by_kill_sets_the_run_free(tmp_path):
    process = start(tmp_path, 600)
    assert process.stdout.readline() == "held\n"
    who = rf"host {socket.gethostname()}, pid {process.pid}, SLURM job 77, since 20\d\d-"
    for _ in range(2):  # the refused one has not wiped the name out
        with pytest.raises(ReposeError, match=who), open_run(tmp_path, "x"):
            pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    began = time.monotonic()
    with open_run(tmp_path, "x") as folder:
        assert json.loads((folder / "lock").read_text())["pid"] == os.getpid()
    assert time.monotonic() - began < 5
    process.stdout.close()
    process.stderr.close()


def test_who_was_not_seen_by_the_lock_is_seen_by_its_name(tmp_path):
    """As where locks do not reach from host to host: the last one stays, the other stops."""
    with open_run(tmp_path, "x") as folder:
        check_held(folder)
        (folder / "lock").write_text('{"host": "n2", "pid": 5, "SLURM job": "8", "since": "now"}')
        with pytest.raises(ReposeError, match=r"run-in-use.*host n2, pid 5, SLURM job 8"):
            check_held(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00\x00"])
def test_a_lock_that_names_nobody_is_nobodys(tmp_path, content):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "lock").write_text(content)
    check_held(tmp_path / "x")
    check_held(tmp_path)
    with open_run(tmp_path, "x") as folder:
        check_held(folder)


@pytest.mark.parametrize("again", [False, True])
def test_a_folder_that_was_taken_away_is_no_longer_held(tmp_path, again):
    with open_run(tmp_path, "x") as folder:
        shutil.rmtree(folder)
        if again:  # by whoever came next
            folder.mkdir()
            (folder / "lock").write_text("")
        with pytest.raises(ReposeError, match="run-removed"):
            check_held(folder)
    check_held(folder)


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch, number):
    def refuse(*_args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(ReposeError, match=r"no-lock.*-o flock"), open_run(tmp_path, "x"):
        pass
