"""`repose slice`: a table on the terminal, a picture on the disk, one line for what is wrong."""

import subprocess
import sys

import pytest

from repose import cli
from repose.data.packs import decode
from tests.report.test_slices import root  # noqa: F401  (a fixture)


def test_it_prints_the_table_and_writes_the_picture(root, tmp_path, capsys):  # noqa: F811
    for name in ("worst.png", "worst.jpg"):
        words = ["slice", "view_change > 95 and not person == 'p2'", "--benchmark", str(root)]
        words += ["--method", "warp3d", "warp2d", "--output", str(tmp_path / name), "--worst", "2"]
        assert cli.main(words) == 0
        said = capsys.readouterr().out
        assert "SSIM fg ↑ of people kept for the test where view_change > 95" in said
        assert "warp3d less warp2d" in said
        assert f"slice: {tmp_path / name}: the 2 pairs that warp3d is worst at" in said
        image = decode((tmp_path / name).read_bytes())
        assert image.shape[1] > 4 * 128
        assert image.shape[0] > 2 * 128


def test_a_data_set_is_found_by_its_name(root, tmp_path, capsys, monkeypatch):  # noqa: F811
    (tmp_path / "results").mkdir()
    (tmp_path / "results/studio").symlink_to(root)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["slice", "scale < 9 or person == 'p3'", "--benchmark", "studio",
                     "--worst", "0"]) == 0  # fmt: skip
    assert not (tmp_path / "slice.jpg").exists()
    assert cli.main(["slice", "person == 'p3'", "--benchmark", "stduio"]) == 2
    assert "did you mean 'studio'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["view_chage > 9"], "error[bad-condition]: no column 'view_chage' at letter 1; did you"),
        (["view_change > 9", "--score", "ssim_gf"], "error[unknown-score]"),
        (
            ["view_change > 9", "--output", "x.gif"],
            "error[wrong-value]: a picture is .png or",
        ),
    ],
)
def test_what_is_wrong_is_one_line(root, words, said, capsys):  # noqa: F811
    assert cli.main(["slice", *words, "--benchmark", str(root)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"repose slice: {said}")
    assert err.count("\n") == 1


def test_it_starts_without_heavy_libraries():
    heavy = "torch", "pandera", "matplotlib", "scipy.stats", "mediapipe"
    text = f"import sys, json, repose.report.slice_gallery as _; print(json.dumps(" \
           f"[n for n in {heavy} if n in sys.modules]))"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
