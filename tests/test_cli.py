import os
import signal
import subprocess
import sys

import pytest

from repose.cli import GIVEN, WRITTEN, main
from repose.files import write_json
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
    for name in ("stills", "poses", "pairs", "splits"):
        words += [f"--output-{name}", str(tmp_path / name)]
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
        "def run(config, *, output, **inputs):\n"
        "    with whole(output) as beside:\n"
        "        beside.write_text('half')\n"
        f"        os.kill(os.getpid(), {int(number)}); signal.pause()\n"
        "stage.run = run\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    words = [*pairs_words(tmp_path / "inputs"), "--output", str(tmp_path / "pairs.parquet")]
    done = subprocess.run(
        [sys.executable, "-c", stage, *words, *defaults("pairs")],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 128 + number
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["inputs"]


def pairs_words(folder):
    """Spell the inputs of the stage pairs but its crops, whole and empty."""
    words = ["pairs", "--frames", "--crops"]
    for name in ("stills", "official"):
        write_json(folder / name, {})
        write_manifest(folder / name, {})
        words += [f"--{name}", str(folder / name)]
    return words


def test_an_input_counts_only_with_its_manifest(tmp_path, capsys):
    (tmp_path / "crops").mkdir()
    words = [*pairs_words(tmp_path), "--crops", str(tmp_path / "crops")]
    assert main([*words, "--output", str(tmp_path / "out"), *defaults("pairs")]) == 2
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
        *("clips", "stills", "given_poses", "official"),
        *("frames", "poses", "crops", "pairs", "masks", "transforms", "weights"),
        *("images", "true_poses", "metro", "train", "scores", "summaries", "leakage"),  # inputs
        "benchmarks",  # reports of several data sets
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
