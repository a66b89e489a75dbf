"""What is hostile in a file is said in one line, in little memory; nothing in it is run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_every_hostile_file_is_refused_by_name_in_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.hostile.files", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(said) >= 100
    wrong = [(name, line) for name, code, found, line in said if found != code or "\n" in line]
    assert wrong == []
    assert not [path for path in tmp_path.rglob("canary*") if path.stat().st_size == 0]
