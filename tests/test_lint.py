"""Snakemake's own linter."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_linter_finds_nothing():
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--lint"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lints = re.findall(r"^    \* (.*):$", done.stdout + done.stderr, re.M)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not lints
