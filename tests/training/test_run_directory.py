"""One run, one folder, one writer."""

import subprocess
import sys

import pytest

from repose.errors import ReposeError
from repose.training.run_directory import fingerprint, open_run


def test_a_fingerprint_depends_on_values_alone():
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_a_second_writer_is_refused_until_the_first_is_gone(tmp_path):
    code = (
        "import sys, pathlib\n"
        "from repose.training.run_directory import open_run\n"
        "with open_run(pathlib.Path(sys.argv[1]), 'x'): pass\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with open_run(tmp_path, "x"):
        other = subprocess.run(command, capture_output=True, text=True)
        assert "run-in-use" in other.stderr
        with pytest.raises(ReposeError, match="run-in-use"), open_run(tmp_path, "x"):
            pass
        with open_run(tmp_path, "y"):
            pass
    assert subprocess.run(command, capture_output=True).returncode == 0
