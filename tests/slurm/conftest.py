"""A SLURM for these tests: the one of ours that is up, or one for as long as they take."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "cluster.sh"


def cluster_sh(word):
    return subprocess.run([SCRIPT, word], capture_output=True, text=True, check=False)


@pytest.fixture(scope="session", autouse=True)
def cluster():
    was_up = cluster_sh("status").returncode == 0
    done = cluster_sh("up")  # also brings back a node that an interrupted test took down
    if done.returncode != 0:
        if not was_up:
            cluster_sh("down")
        pytest.exit(done.stderr.strip(), returncode=3)
    yield
    if not was_up:
        cluster_sh("down")
