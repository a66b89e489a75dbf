"""A drill certifies a sound training, and finds one that forgets."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from repose.commands import drill as command
from repose.drill import certificate, plan
from repose.drill.plan import draw
from repose.drill.trial import WrongError, compare
from repose.manifests import write_manifest

ROOT = Path(__file__).parents[2]
DRILL = "import sys\nfrom repose.cli import main\nsys.exit(main(sys.argv[1:]))\n"

# A training that takes its weights back, but not what Adam knows.
FORGETS = (
    "from repose.training import state\n"
    "restore = state.restore\n"
    "def forget(tensors, modules, optimisers):\n"
    "    restore(tensors, modules, optimisers)\n"
    "    for optimiser in optimisers.values():\n"
    "        optimiser.state.clear()\n"
    "state.restore = forget\n"
)
ONE_COMMIT = "from repose.training import machine\nmachine.commit = lambda: 'one'\n"


def drill(folder, before="", kills=2):
    words = ["drill", "--kills", str(kills), "--seed", "4", "--folder", str(folder)]
    return subprocess.run(
        [sys.executable, "-c", ONE_COMMIT + before + DRILL, *words],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_sound_training_passes(tmp_path):
    done = drill(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "certificate.txt").read_text()
    assert done.stdout == text
    assert text.endswith("\nPASSED\n")
    assert [path.name for path in tmp_path.iterdir()] == ["certificate.txt"]
    sums = dict(line.rsplit(maxsplit=1) for line in text.splitlines() if "safetensors" in line)
    assert sums["undisturbed, generator.safetensors"] == sums["killed, generator.safetensors"]


@pytest.mark.slow
def test_a_training_that_forgets_fails(tmp_path):
    # Only a start from a checkpoint shows it.
    stops = (
        "from repose.drill import plan\n"
        "plan.MOMENTS = {'loop': 1.0}\n"
        "plan.SIGNALS = {plan.signal.SIGTERM: 1.0}\n"
    )
    done = drill(tmp_path, FORGETS + stops)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED: " in done.stdout
    assert "differs from" in done.stdout
    assert "repose drill: see " in done.stderr


def test_outside_of_the_repository_it_says_what_it_misses(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "repose.cli", "drill", "--kills", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "error[missing-file]" in done.stderr
    assert "config/config.yaml" in done.stderr


def test_the_shares_are_shares_and_the_same_seed_draws_the_same():
    import random

    assert sum(plan.MOMENTS.values()) == pytest.approx(1)
    assert sum(plan.SIGNALS.values()) == pytest.approx(1)
    a, b = (draw(random.Random(3)) for _ in range(2))
    drawn = [next(a) for _ in range(400)]
    assert drawn == [next(b) for _ in range(400)]
    assert 0.4 < sum(blow.moment == "save" for blow in drawn) / 400 < 0.6


def test_every_byte_is_compared_but_times(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    for folder in (a, b):
        folder.mkdir()
        (folder / "weights").write_bytes(b"123")
        (folder / "times.json").write_text(folder.name)
        write_manifest(folder, {})
    compare(a, b)
    (a / "weights").write_bytes(b"124")
    with pytest.raises(WrongError, match="weights is changed"):
        compare(a, b)
    write_manifest(a, {})
    with pytest.raises(WrongError, match=r"differs from .*: weights: other bytes"):
        compare(a, b)
    (a / "weights").write_bytes(b"123")
    (a / "more").touch()
    write_manifest(a, {})
    with pytest.raises(WrongError, match="more: only one of the two has it"):
        compare(a, b)


def test_an_overlay_is_read_as_the_graph_reads_it(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    overlay = tmp_path / "over.yaml"
    overlay.write_text("train: {lr: 1e-4}\n")  # text to YAML
    words = command._words([*command.OVERLAYS, overlay])
    assert float(words[words.index("--lr") + 1]) == 1e-4


def test_a_failure_stands_at_the_end_of_the_certificate():
    text = certificate.write(1, Counter(kills=3, SIGKILL=3), {}, 60.0, "weights differ")
    assert text.endswith("\nFAILED: weights differ\n")
