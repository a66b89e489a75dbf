"""A job's last words reach its log, also when Ctrl-C comes to all of its processes at once."""

import os
import re
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [*ROOT.glob("rules/*.smk"), *ROOT.glob("workflow/*"), *ROOT.glob("slurm/*")]

# Stops as a training does: it keeps the signal, and speaks when its state is safe.
STOPS = """
trap 'echo stopped, state saved >&2; exit 2' INT
echo ready
while true; do sleep 0.1; done
"""


def pipes():
    texts = (path.read_text(encoding="utf-8") for path in SOURCES if path.is_file())
    return {found for text in texts for found in re.findall(r"2>&1 \| tee[^\"]*\{log\}", text)}


def test_all_rules_keep_their_log_alike():
    assert len(pipes()) == 1


def test_ctrl_c_leaves_the_log_its_reader(tmp_path):
    log = tmp_path / "log"
    pipe = pipes().pop().replace("{log}", str(log))
    (tmp_path / "job.sh").write_text(STOPS)
    job = subprocess.Popen(
        ["bash", "-c", f"set -euo pipefail; bash {tmp_path}/job.sh {pipe}"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert job.stdout.readline() == "ready\n"
    os.killpg(job.pid, signal.SIGINT)
    job.communicate(timeout=60)
    assert job.returncode != 0
    assert log.read_text() == "ready\nstopped, state saved\n"
