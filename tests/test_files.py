import errno
import os
import signal
import socket
import subprocess
import sys

import pytest

from repose.errors import ReposeError
from repose.files import remove_leftovers, whole, whole_folder


def test_a_file_appears_only_when_whole(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with whole(path) as beside:
        beside.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_after_an_error_the_old_file_stands_and_nothing_lies_beside_it(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), whole(path) as beside:
        beside.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_replaces_the_old_one_as_a_whole(tmp_path):
    path = tmp_path / "folder"
    for content in ("first", "second"):
        with whole_folder(path) as beside:
            (beside / content).write_text(content)
        assert [p.name for p in path.iterdir()] == [content]
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_after_an_error_the_old_folder_stands(tmp_path):
    path = tmp_path / "folder"
    with whole_folder(path) as beside:
        (beside / "a").write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_folder(path) as beside:
        (beside / "a").write_text("half")
        raise KeyboardInterrupt
    assert (path / "a").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk-full"), (errno.EACCES, "no-permission"), (errno.EROFS, "read-only")],
)
def test_a_failing_disk_gives_one_line_with_file_and_mend(tmp_path, number, code):
    with pytest.raises(ReposeError) as caught, whole(tmp_path / "a"):
        raise OSError(number, "")
    assert caught.value.code == code
    assert str(tmp_path / "a") in str(caught.value)
    assert caught.value.mend
    assert not list(tmp_path.iterdir())


def test_a_disk_that_really_fills_up_leaves_nothing(tmp_path):
    script = (
        "import resource, signal; from pathlib import Path; from repose.files import whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        f"with whole(Path({str(tmp_path / 'a')!r})) as beside:\n"
        "    beside.write_bytes(bytes(100_000))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "error[disk-full]" in done.stderr
    assert done.returncode != 0
    assert not list(tmp_path.iterdir())


def test_a_process_that_is_killed_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    script = (
        "import time; from pathlib import Path; from repose.files import whole\n"
        f"with whole(Path({str(path)!r})) as beside:\n"
        "    beside.write_text('half'); print('ready', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert path.read_text() == "old"


def test_what_a_killed_process_left_is_swept_and_a_living_one_s_is_not(tmp_path):
    path = tmp_path / "a"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f".a.tmp-{socket.gethostname()}-{dead.pid}"
    left.mkdir()
    living = tmp_path / f".a.tmp-{socket.gethostname()}-1"
    living.write_text("at work")
    with whole(path) as beside:
        beside.write_text("new")
    assert not left.exists()
    assert living.exists()


def test_an_input_that_cannot_be_read_is_not_called_a_failed_write(tmp_path):
    with pytest.raises(PermissionError), whole(tmp_path / "out" / "a"):
        raise PermissionError(errno.EACCES, "", "/somewhere/else")


def test_what_killed_processes_of_other_machines_left_is_removed_and_counted(tmp_path):
    names = (
        ".a.bin.tmp-node-1-77",
        ".a.bin.old-node2-8",
        f".b.tmp-{socket.gethostname()}-{os.getpid()}",
    )
    for name in (*names, "a.bin.tmp-node1-77", ".a.tmp-node1", ".a.tmp-node1-7x"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"12345")
    (tmp_path / ".c.tmp-node1-9/inner").mkdir(parents=True)
    (tmp_path / ".c.tmp-node1-9/.x.tmp-node1-9").write_bytes(b"123")
    assert remove_leftovers(tmp_path) == 13
    left = {path.name for path in tmp_path.rglob("*")}
    assert left == {"in", names[2], "a.bin.tmp-node1-77", ".a.tmp-node1", ".a.tmp-node1-7x"}
