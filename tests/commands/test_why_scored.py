"""`repose why` follows the tables of somebody's method to that method's files, and to ours."""

import json

import pytest

from repose.account import facts
from repose.cells import open_sheet
from repose.cli import main
from repose.manifests import read_manifest, write_manifest
from repose.provenance import Archive, home_of, stage_of
from tests.scoring.bench import (
    evaluate_own,
    honest,
    make_bench,
    method_folder,
    picture,
    write_folder,
)


@pytest.fixture
def scored(tmp_path, score, request, monkeypatch):
    """Two methods of others beside one of ours."""
    own = make_bench(tmp_path / "own", request.config.rootpath / "config")
    monkeypatch.chdir(own.home)
    evaluate_own(own, "copy_source", lambda row: picture(row.person, row.source_frame))
    write_folder(tmp_path / "first", own)
    write_folder(tmp_path / "second", own, lambda row: honest(row) // 4 * 4 + 2)
    for name in ("first", "second"):
        assert score(tmp_path / name)[0] == 0
    return own


def trace(bench, row, column="SSIM"):
    table = method_folder(bench, "second") / "tables/models.csv"
    return Archive().trace(open_sheet(table).find(row, column))


def below(bench, found):
    return {one.output.relative_to(bench.root).as_posix() for one in found.ancestors}


def test_the_stage_the_protocol_and_the_command_are_told(scored, capsys):
    table = method_folder(scored, "second") / "tables/models.csv"
    assert main(["why", str(table), "second", "SSIM", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["method"], told["score"]) == ("score/second", "ssim_gauss1_5")
    assert told["protocol"].startswith("gauss1.5: ")
    assert told["again"].startswith("repose score --generated /")
    assert "--protocol gauss1.5" in told["again"]
    assert "score" in told["config"]
    assert {one["stage"] for one in told["ancestors"]} >= {"score", "crops", "masks", "pairs"}
    assert all(one["job"] for one in told["ancestors"] if one["stage"] == "score")
    assert main(["why", str(table), "second", "SSIM"]) == 0
    assert "forceall" not in capsys.readouterr().out


def test_ours_are_told_by_the_protocol_that_was_asked_for(scored):
    found = trace(scored, "source, copied")
    assert {"evaluate/copy_source.json", "score/second"} < below(scored, found)
    assert facts(found)["protocol"].startswith("gauss1.5: ")
    assert found.faults == []


def test_another_method_of_others_is_followed_to_its_files(scored, tmp_path):
    found = trace(scored, "first")
    assert {"score/first/scores.json", "score/first/first"} < below(scored, found)
    assert len([path for path in found.outside if path.suffix == ".png"]) == 74
    assert found.faults == []


@pytest.mark.parametrize("name", ["first", "second"])
def test_a_changed_file_of_theirs_is_named(scored, tmp_path, name):
    path = sorted((tmp_path / name).iterdir())[5]
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (fault,) = trace(scored, name).faults
    assert (fault.path.resolve(), "changed since" in fault.what) == (path.resolve(), True)


def test_a_score_of_ours_that_was_made_anew_is_named(scored):
    path = scored.root / "evaluate/copy_source.json"
    write_manifest(path, {**read_manifest(path)["settings"], "window": [8, 8]})
    (fault,) = trace(scored, "source, copied").faults
    assert (fault.path, "made anew since" in fault.what) == (path, True)


def test_every_cell_resolves(scored):
    archive = Archive()
    for table in (method_folder(scored, "second") / "tables").glob("*.csv"):
        for cell in open_sheet(table).cells():
            assert archive.trace(cell).faults == []


def test_places(scored):
    for name in ("score/report", "score/report/scores.json", "score/report/report"):
        assert stage_of(scored.root / name) == "score"
        assert home_of(scored.root / name) == scored.root
    assert stage_of(scored.root / "evaluate/score.json") == "evaluate"


def test_the_same_folder_scored_again_has_the_same_manifests(scored, score, tmp_path):
    for _ in range(2):
        assert score(tmp_path / "first")[0] == 0  # the second stands there now
        files = method_folder(scored, "first").rglob("*manifest.json")
        found = {path: path.read_bytes() for path in files}
    before = dict(found)
    assert score(tmp_path / "first")[0] == 0
    assert {path: path.read_bytes() for path in before} == before
