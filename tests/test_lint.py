"""Snakemake's own linter."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

# One environment holds all rules, on purpose: estimator, training and graph share their pins.
ON_PURPOSE = "Specify a conda environment or container for each rule."


def test_the_linter_finds_nothing_but_the_shared_environment():
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--lint"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lints = re.findall(r"^    \* (.*):$", done.stdout + done.stderr, re.M)
    assert set(lints) == {ON_PURPOSE}, done.stdout + done.stderr
