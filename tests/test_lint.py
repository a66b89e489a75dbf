"""Snakemake's own linter."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

# One environment holds all rules, on purpose: estimator, training and graph share their pins.
ON_PURPOSE = "Specify a conda environment or container for each rule."


def test_the_linter_finds_nothing_but_the_shared_environment():
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--lint", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)
    lints = [lint for place in found["rules"] + found["snakefiles"] for lint in place["lints"]]
    assert [lint for lint in lints if lint["title"] != ON_PURPOSE] == []
    assert lints, "the linter found not even the shared environment: does it still run?"
