import os
import signal
import subprocess
import sys

import pytest

from repose.cli import GIVEN, WRITTEN, main
from repose.manifests import write_manifest
from repose.settings import signature, stages


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
    words = ["pairs", "--crops", "--output", str(tmp_path / "pairs.parquet")]
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


def test_an_input_counts_only_with_its_manifest(tmp_path, capsys):
    (tmp_path / "crops").mkdir()
    words = ["--crops", str(tmp_path / "crops"), "--output", str(tmp_path / "out")]
    assert main(["pairs", *words, *defaults("pairs")]) == 2
    assert f"error[no-manifest]: not whole: {tmp_path}/crops; " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_cut_input_is_named_before_anything_is_read(tmp_path, capsys):
    path = tmp_path / "crops/crops.pack"
    path.parent.mkdir()
    path.write_bytes(bytes(100))
    write_manifest(path.parent, {})
    path.write_bytes(bytes(99))
    words = ["--crops", str(path.parent), "--output", str(tmp_path / "out")]
    assert main(["masks", *words, *defaults("masks")]) == 2
    assert f"error[bad-manifest]: not the file that was written (changed): {path}" in (
        capsys.readouterr().err
    )


def test_every_path_of_a_stage_is_an_input_or_named_as_something_else():
    paths = {name for stage in stages() for name in signature(stage).paths}
    assert {*WRITTEN, *GIVEN} <= paths
    assert paths - {*WRITTEN, *GIVEN} == {
        *("clips", "frames", "poses", "crops", "pairs", "masks", "transforms", "weights"),
        *("images", "true_poses", "train", "scores", "summaries"),  # inputs
        *("shard", "shards", "model"),  # no paths
    }


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
