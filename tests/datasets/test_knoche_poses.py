"""Knoche's poses are read whole; what is no pose is refused by name and never run."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from repose.cli import main
from repose.data.tables import read_table
from repose.datasets import pickled
from repose.datasets.knoche_poses import read_poses
from repose.errors import ReposeError
from tests.hostile.pickles import GOOD, hostile


def poses(seed=0, kind=np.float64):
    """Two persons of iPER and one of fashion3d, in the layout of the file."""
    draw = np.random.default_rng(seed)

    def frames(names):
        return {name: draw.uniform(0, 256, (19, 3)).astype(kind) for name in names}

    return {
        "001": {"1": {"1": frames(("0001", "0002", "0120")), "2": frames(("0001",))}},
        "WOMEN": {"Denim": {"id_00001367": {"03": frames(("1_front.jpg", "2_side.jpg"))}}},
    }


def flat(tree, names=()):
    if isinstance(tree, dict):
        return {k: v for name, part in tree.items() for k, v in flat(part, (*names, name)).items()}
    return {"/".join(names): tree}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16, np.int64, ">f4"])
def test_every_pose_is_read(tmp_path, protocol, kind):
    made = poses(kind=kind)
    (tmp_path / "poses.pkl").write_bytes(pickle.dumps(made, protocol))
    found = read_poses(tmp_path / "poses.pkl")
    assert list(found) == list(flat(made))
    for name, joints in flat(made).items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], joints.astype(np.float32))


@pytest.mark.parametrize("protocol", range(2, 6))
def test_arrays_laid_out_otherwise_are_read(tmp_path, protocol):
    whole = np.random.default_rng(0).normal(size=(4, 19, 3))
    made = {"columns": np.asfortranarray(whole[0]), "part": whole[1:, :, ::1][1], "same": whole[0]}
    made |= {"again": made["columns"], 7: whole[2]}
    (tmp_path / "poses.pkl").write_bytes(pickle.dumps(made, protocol))
    found = read_poses(tmp_path / "poses.pkl")
    for name, joints in made.items():
        np.testing.assert_array_equal(found[str(name)], joints.astype(np.float32))


@pytest.mark.parametrize("package", [b"numpy.core", b"numpy._core"])
def test_both_names_of_numpy_are_known(tmp_path, package):
    data = pickle.dumps(poses(), 2)
    for old in (b"numpy._core.", b"numpy.core."):
        data = data.replace(old, package + b".")
    (tmp_path / "poses.pkl").write_bytes(data)
    assert len(read_poses(tmp_path / "poses.pkl")) == 6


def test_hostile_files_are_refused_and_never_run(tmp_path):
    """All in one process of little memory, which would end if one of them had its way."""
    canary = tmp_path / "canary"
    files = hostile(canary)
    assert len(files) >= 85
    (tmp_path / "files").mkdir()
    for number, data in enumerate(files.values()):
        (tmp_path / "files" / f"{number:03d}").write_bytes(data)
    program = (
        "import resource, sys, time\n"
        "from pathlib import Path\n"
        "from repose.datasets.knoche_poses import read_poses\n"
        "from repose.errors import ReposeError\n"
        "used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + (512 << 20),) * 2)\n"
        "for path in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    began = time.process_time()\n"
        "    try:\n"
        "        read_poses(path)\n"
        "        print(path.name, 'ACCEPTED')\n"
        "    except ReposeError as error:\n"
        "        print(path.name, error)\n"
        "    if time.process_time() - began > 30:\n"
        "        print(path.name, 'SLOW')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "files")],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    names = list(files)
    wrong = [f"{names[int(line[:3])]}: {line}" for line in said if "error[bad-pickle]" not in line]
    assert wrong == []
    assert len(said) == len(files)
    assert not canary.exists()


def test_the_hostile_files_would_do_harm(tmp_path):
    canary = tmp_path / "canary"
    for name in ("GLOBAL and REDUCE", "INST", "OBJ", "STACK_GLOBAL", "eval by hand"):
        pickle.loads(hostile(canary)[name])  # noqa: S301
        assert canary.exists(), name
        canary.unlink()


def test_the_error_names_what_was_refused(tmp_path):
    path = tmp_path / "poses.pkl"
    path.write_bytes(hostile(tmp_path / "canary")["GLOBAL and REDUCE"])
    with pytest.raises(ReposeError, match=r"bad-pickle.*it names os\.system.*poses\.pkl"):
        read_poses(path)
    path.write_bytes(hostile(tmp_path / "canary")["NEWOBJ_EX"])
    with pytest.raises(ReposeError, match=r"bad-pickle.*it names os\.system"):
        read_poses(path)
    path.write_bytes(b"K\x01Q.")
    with pytest.raises(ReposeError, match=r"bad-pickle.*the instruction BINPERSID"):
        read_poses(path)


def test_too_large_a_file_is_not_opened(tmp_path, monkeypatch):
    (tmp_path / "poses.pkl").write_bytes(pickle.dumps({"a": GOOD}))
    monkeypatch.setattr(pickled, "MOST_BYTES", 100)
    with pytest.raises(ReposeError, match=r"bad-pickle.*bytes, not 1 to 100"):
        read_poses(tmp_path / "poses.pkl")


def test_more_than_enough_to_remember_is_refused(tmp_path, monkeypatch):
    (tmp_path / "poses.pkl").write_bytes(pickle.dumps(poses()))
    monkeypatch.setattr(pickled, "MOST_REMEMBERED", 20)
    with pytest.raises(ReposeError, match=r"bad-pickle.*more than 20 values"):
        read_poses(tmp_path / "poses.pkl")


def test_the_command_writes_a_table(tmp_path, capsys):
    made = poses()
    (tmp_path / "poses.pkl").write_bytes(pickle.dumps(made))
    words = [str(tmp_path / "poses.pkl"), str(tmp_path / "poses.parquet")]
    assert main(["convert_poses", *words]) == 0
    table = read_table(tmp_path / "poses.parquet", "named_poses").set_index("name")["joints_px"]
    for name, joints in flat(made).items():
        np.testing.assert_array_equal(table[name].reshape(19, 3), joints.astype(np.float32))
    assert "6 poses" in capsys.readouterr().out


def test_the_command_refuses_in_one_line_and_leaves_nothing(tmp_path, capsys):
    (tmp_path / "poses.pkl").write_bytes(b"cos\nsystem\n.")
    words = [str(tmp_path / "poses.pkl"), str(tmp_path / "poses.parquet")]
    assert main(["convert_poses", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["poses.pkl"]
