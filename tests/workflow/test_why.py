"""Every number of a finished run is followed to the raw data; what changed on the way is named."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter

import pandas as pd
import pytest

from repose.account import facts
from repose.cells import open_sheet
from repose.manifests import NOT_OURS, manifest_path
from repose.provenance import Archive
from repose.report.origins import parse

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("graph")]
OF_EVERY_RUN = {
    *("studio", "ingest", "frames", "poses", "crops", "pairs", "masks", "transforms", "train"),
    *("generate", "baselines", "true_poses", "evaluate", "report"),
}
MAIN = "results/test/report/tables/main.csv"
# Cells of no origin: marks of baselines, and their blanks; most have one.
LEAST_WITH_ORIGIN = 0.95


@pytest.fixture(scope="module")
def copied(project, tmp_path_factory):
    """A copy that may be damaged, at another place."""
    folder = tmp_path_factory.mktemp("why")
    for name in ("results/test", "config"):
        shutil.copytree(project / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def sheets(copied):
    tables = sorted((copied / "results/test/report/tables").glob("*.csv"))
    return {path.stem: open_sheet(path) for path in tables}


def why(folder, *words):
    words = [sys.executable, "-m", "repose.cli", "why", *words]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def test_every_cell_of_every_table_resolves(sheets, copied):
    archive, kinds, told = Archive(), Counter(), {}
    published = pd.read_csv(copied / "config/published.csv", dtype=str)["value"]
    for cell in (cell for sheet in sheets.values() for cell in sheet.cells()):
        found = archive.trace(cell)
        assert found.faults == [], cell
        kind = parse(cell.origin)[0] if cell.origin else ""
        kinds[kind] += 1
        made_by = {one.stage for one in found.ancestors}
        assert "" not in made_by, cell
        assert all(one.job for one in found.ancestors), cell
        assert all(one.inputs is not None for one in found.ancestors), cell
        if kind == "published":
            assert [path.name for path in found.outside] == ["published.csv"], cell
            line = published[int(cell.origin.removeprefix("published:")) - 2]
            assert not is_number(cell.value) or float(cell.value) == float(line), cell
        else:
            assert {"ingest", "studio"} <= made_by, cell
        told.setdefault(kind if kind in ("published", "run") else cell.origin, found)
    assert kinds.keys() >= {"score", "compare", "run", "published", "table"}
    assert kinds[""] < (1 - LEAST_WITH_ORIGIN) * kinds.total(), kinds
    for found in told.values():
        check(facts(found))


def is_number(text):
    return bool(re.fullmatch(r"[0-9.]+", text))


def check(told):
    """What must be known of every cell."""
    json.dumps(told)
    assert len(told["environment"]) == 1
    assert told["commit"]
    assert told["wall_s"] > 0
    assert told["config"]["report"]
    assert "--configfile config/test.yaml" in told["again"]
    if "published" in told:
        assert all(told["published"][name] for name in ("paper", "table", "protocol", "source"))
        return
    assert told["data"]["clips"] == 6
    if "method" in told and told["method"] == "warp3d":
        assert told["weights"]
        assert told["seeds"]["train warp3d.seed"] == 0
    if "score" in told and told["value"]:
        assert told["protocol"] != "not recorded"


def test_the_numbers_are_those_that_the_origin_names(sheets, copied):
    summary = json.loads((copied / "results/test/evaluate/warp3d.json").read_text())
    for cell in (cell for cell in sheets["scores"].cells() if "low" not in cell.column):
        _kind, (method, split, score) = parse(cell.origin)
        if method == "warp3d" and cell.value and not cell.column.endswith("high"):
            value = summary["splits"][split]["scores"][score]["value"]
            assert float(cell.value) == pytest.approx(value, rel=1e-5)
    run = json.loads((copied / "results/test/train/warp2d/run.json").read_text())
    assert sheets["runs"].find("fingerprint", "warp2d").value == run["fingerprint"]


def test_a_changed_byte_in_any_ancestor_is_named(sheets):
    """In the largest file of each stage, and in its manifest."""
    blank = next(cell for cell in sheets["main"].cells() if not cell.origin)
    one_of = {one.stage: one.output for one in Archive().trace(blank).ancestors}
    assert one_of.keys() >= OF_EVERY_RUN
    for path in (path for output in one_of.values() for path in pick(output)):
        whole = path.read_bytes()
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        faults = Archive().trace(blank).faults
        path.write_bytes(whole)
        assert [fault.path for fault in faults] == [path]


def pick(output):
    files = [output] if output.is_file() else sorted(output.rglob("*"))
    files = [file for file in files if file.is_file() and file.name not in NOT_OURS]
    return max(files, key=lambda file: file.stat().st_size), manifest_path(output)


def test_the_command_tells_and_fails_when_something_changed(copied):
    done = why(copied, MAIN, "warp3d", "ssim fg")
    assert done.returncode == 0, done.stderr
    said = done.stdout
    for part in ("protocol", "commit", "environment", "weights", "seed", "wall time", "energy"):
        assert f"\n{part} " in said
    assert "log: results/test/logs/train/warp3d.log" in said
    assert "sound: " in said
    path = copied / "results/test/transforms/transforms.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")
    done = why(copied, MAIN, "warp3d", "ssim fg", "--json")
    path.write_bytes(whole)
    assert done.returncode == 1
    (fault,) = json.loads(done.stdout)["faults"]
    assert fault == {"path": "results/test/transforms/transforms.parquet", "what": "changed"}


def test_an_unknown_cell_is_one_line(copied):
    done = why(copied, MAIN, "warp9d", "ssim")
    assert done.returncode == 2
    assert done.stderr.startswith("repose why: error[unknown-cell]: no row 'warp9d': results/test")


def test_the_command_of_a_job_makes_the_same_manifest_again(sheets, copied):
    """Byte by byte, and with it the inputs that it names."""
    found = Archive().trace(sheets["main"].find("warp3d", "ssim"))
    (one,) = found.of("transforms")
    before = manifest_path(one.output).read_bytes()
    words = [sys.executable, "-m", "repose.cli", *shlex.split(one.job["command"])[1:]]
    one.output.unlink()
    subprocess.run(words, cwd=copied, capture_output=True, check=True)
    assert manifest_path(one.output).read_bytes() == before
    assert Archive().trace(found.cell).faults == []
