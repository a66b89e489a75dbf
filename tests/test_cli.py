import os
import signal
import subprocess
import sys

import pytest

from repose.cli import main
from repose.settings import stages


def repose(*words, **options):
    return subprocess.run(
        [sys.executable, "-m", "repose.cli", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_help_lists_every_stage_with_its_summary():
    done = repose("--help")
    assert done.returncode == 0
    for stage in stages():
        assert stage in done.stdout


def test_help_and_errors_import_nothing_heavy():
    script = (
        "import sys; from repose.cli import main\n"
        "try: main(['train', '--help'])\nexcept SystemExit: pass\n"
        "assert not {'torch', 'pandas', 'mediapipe', 'av'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_an_unknown_stage_is_refused():
    done = repose("fly")
    assert done.returncode == 2
    assert "fly" in done.stderr


def test_a_mendable_error_is_one_line(tmp_path):
    words = ["ingest", "--videos", str(tmp_path / "nowhere"), "--output", str(tmp_path / "c")]
    done = repose(*words, *defaults("ingest"))
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("repose ingest: error[")
    assert "nowhere" in lines[0]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_no_half_file(tmp_path, number, monkeypatch):
    stage = (
        "import os, signal, sys; from pathlib import Path; import repose.stages.pairs as stage\n"
        "from repose.cli import main; from repose.files import whole\n"
        "def run(config, *, crops, output):\n"
        "    with whole(output) as beside:\n"
        "        beside.write_text('half')\n"
        f"        os.kill(os.getpid(), {int(number)}); signal.pause()\n"
        "stage.run = run\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    words = ["pairs", "--crops", "none", "--output", str(tmp_path / "pairs.parquet")]
    done = subprocess.run(
        [sys.executable, "-c", stage, *words, *defaults("pairs")],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 128 + number
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_wrong_boolean_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["pairs", "--official-split", "maybe"])
    assert "not true or false" in capsys.readouterr().err


def defaults(stage):
    """Spell the repository's own settings of a stage."""
    import shlex
    from pathlib import Path

    import yaml

    from repose.settings import flags

    config = yaml.safe_load((Path(__file__).parent.parent / "config/config.yaml").read_text())
    return shlex.split(flags(config[stage]))
