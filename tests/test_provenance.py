"""A number is followed to files that no stage made, and whatever changed on the way is named."""

import json
import re
import shutil

import pandas as pd
import pytest

from repose.account import facts
from repose.ancestry import fingerprint, read_inputs
from repose.cells import open_sheet
from repose.data.tables import make_table, write_table
from repose.errors import ReposeError
from repose.files import sha256, write_json
from repose.making import made_of
from repose.manifests import manifest_path, read_manifest, write_manifest
from repose.provenance import Archive, home_of, stage_of
from repose.report.spellings import write_all
from repose.report.tables import Cell, Row, Table

CLIP = {
    "clip": "a", "path": "videos/a.mp4", "person": "p", "outfit": "o", "action": "",
    "split": "test", "truth": "", "fps": 1.0, "width": 1, "height": 1, "rotation": 0,
    "declared_frames": 1, "error": "", "note": "",
}  # fmt: skip
ORIGINS = {
    "ssim": "score:m:test:ssim",
    "steps": "run:m:steps",
    "theirs": "published:3",
    "blank": "",
    "clips": "table:ingest/clips.parquet",
}


@pytest.fixture
def project(tmp_path, monkeypatch, request):
    """Videos of a user's own, weights, and a chain of outputs from them to a report."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "results/mine"
    for name in ("videos/a.mp4", "vgg.pth"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    published = tmp_path / "config/published.csv"
    published.parent.mkdir()
    shutil.copy(request.config.rootpath / "config/published.csv", published)
    row = CLIP | {"sha256": sha256(tmp_path / "videos/a.mp4")}
    clips = home / "ingest/clips.parquet"
    write_table(make_table("clips", [row]), clips, "clips", {})
    finish(clips, [tmp_path / "videos"], seed=0)
    train = home / "train/m"
    train.mkdir(parents=True)
    write_json(train / "run.json", {"steps": 3})
    write_json(train / "times.json", {"seconds": 5.0, "machine": {"device_name": "made"}})
    (train / "generator.safetensors").write_text("weights")
    finish(train, [clips, tmp_path / "vgg.pth"], seed=4, model={"network": "unet"})
    scores, summary = (home / f"evaluate/m.{end}" for end in ("parquet", "json"))
    scores.parent.mkdir()
    scores.write_text("scores")
    write_json(summary, {"protocols": {"ssim": "7x7 window"}})
    for path in (scores, summary):
        finish(path, [train], bootstrap_seed=2)
    tables = home / "report/tables"
    tables.mkdir(parents=True)
    cells = [Cell(name, origin=origin) for name, origin in ORIGINS.items()]
    write_all(Table("main", "Scores", ["", *ORIGINS], [Row("m", cells)]), tables)
    finish(home / "report", [clips, train, scores, summary, published])
    return tmp_path


def finish(path, inputs, **settings):
    with made_of({one: fingerprint(one) for one in inputs}):
        write_manifest(path, settings)


def trace(project, column):
    cell = open_sheet(project / "results/mine/report/tables/main.csv").find("m", column)
    return Archive().trace(cell)


def names(paths, project):
    return {path.relative_to(project).as_posix() for path in paths}


def test_a_score_rests_on_its_own_stages_and_on_the_videos(project):
    found = trace(project, "ssim")
    assert names((one.output for one in found.ancestors), project / "results/mine") == {
        *("report", "evaluate/m.json", "evaluate/m.parquet", "train/m", "ingest/clips.parquet")
    }
    assert names(found.outside, project) == {"videos", "videos/a.mp4", "vgg.pth"}
    assert found.faults == []
    told = facts(found)
    assert told["protocol"] == "7x7 window"
    assert told["seeds"] == {"evaluate.bootstrap_seed": 2, "train m.seed": 4, "ingest.seed": 0}
    (weights,) = told["weights"].values()
    assert weights == sha256(project / "results/mine/train/m/generator.safetensors")
    assert told["data"]["clips"] == 1
    assert told["data"]["splits"] == {"test": 1}
    assert told["config"]["train"] == {"seed": 4, "model": {"network": "unet"}}
    assert told["trained"]["m"]["seconds"] == 5.0
    assert told["wall_s"] is None  # nobody wrote down the jobs
    assert told["energy_j"] is None
    json.dumps(told)


def test_a_fact_rests_on_its_training_and_a_blank_on_all(project):
    evaluated = "results/mine/evaluate/m.json"
    assert evaluated not in names((a.output for a in trace(project, "steps").ancestors), project)
    assert evaluated in names((a.output for a in trace(project, "blank").ancestors), project)


def test_a_published_number_is_shown_with_its_line(project):
    told = facts(trace(project, "theirs"))
    lines = pd.read_csv(project / "config/published.csv", dtype=str)
    assert told["published"]["printed"].rstrip("*") == lines["value"][1]
    assert told["published"]["protocol"] == lines["protocol"][1]
    assert told["published"]["source"] == lines["source"][1]
    assert [one["stage"] for one in told["ancestors"]] == ["report"]


CHANGES = {
    "videos/a.mp4": "changed since .*ingest/clips.parquet was made of it",
    "vgg.pth": "changed since .*train/m was made of it",
    "results/mine/ingest/clips.parquet": "changed",
    "results/mine/train/m/run.json": "changed",
    "results/mine/evaluate/m.parquet": "changed",
    "results/mine/evaluate/m.json": "changed",
    "results/mine/report/tables/main.md": "changed",
    "results/mine/report/tables/main.why.json": "changed",
    "results/mine/train/m/manifest.json": "the manifest is damaged",
    "results/mine/evaluate/m.json.manifest.json": "the manifest is damaged",
    "results/mine/ingest/clips.parquet.manifest.json": "the manifest is damaged",
}


@pytest.mark.parametrize("name", CHANGES)
def test_one_changed_byte_is_named(project, name):
    path = project / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:])
    found = trace(project, "ssim")
    (fault,) = found.faults
    assert fault.path == path
    assert re.fullmatch(CHANGES[name], fault.what)
    json.dumps(facts(found))


@pytest.mark.parametrize(
    "name", ["videos/a.mp4", "vgg.pth", "results/mine/evaluate/m.parquet", "results/mine/train/m"]
)
def test_what_is_gone_is_named(project, name):
    path = project / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert {(fault.path, fault.what) for fault in trace(project, "ssim").faults} == {
        (path, "missing")
    }


def test_published_csv_counts_where_a_cell_rests_on_it(project):
    with (project / "config/published.csv").open("a") as file:
        file.write("\n")
    assert trace(project, "ssim").faults == []
    (fault,) = trace(project, "theirs").faults
    assert fault.path.name == "published.csv"


def test_a_stage_that_was_made_anew_with_other_inputs_is_named(project):
    train = project / "results/mine/train/m"
    inputs = read_inputs(train)
    (train / "generator.safetensors").write_text("other weights")
    with made_of(inputs):
        write_manifest(train, read_manifest(train)["settings"])
    faults = trace(project, "ssim").faults
    assert {fault.path for fault in faults} == {train}
    assert all(fault.what.startswith("made anew since ") for fault in faults)
    assert len(faults) == 2  # seen from the scores, and from their summary


def test_other_times_are_no_other_training(project):
    train = project / "results/mine/train/m"
    inputs = read_inputs(train)
    write_json(train / "times.json", {"seconds": 6.0, "machine": {}})
    with made_of(inputs):
        write_manifest(train, read_manifest(train)["settings"])
    assert trace(project, "ssim").faults == []


def test_results_of_a_time_before_say_that_their_inputs_are_not_known(project):
    for path in (project / "results/mine/report", project / "results/mine/evaluate/m.json"):
        write_manifest(path, read_manifest(path)["settings"])
    found = trace(project, "ssim")
    assert found.faults == []
    unknown = names((one.output for one in found.ancestors if one.inputs is None), project)
    assert unknown == {"results/mine/report", "results/mine/evaluate/m.json"}
    assert facts(found)["protocol"] == "7x7 window"


def test_a_project_may_be_moved(project, tmp_path, monkeypatch):
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("results", "videos", "config", "vgg.pth"):
        (project / name).rename(moved / name)
    assert trace(moved, "ssim").faults == []
    for place in ("results", "results/mine", "results/mine/report", "results/mine/report/tables"):
        monkeypatch.chdir(moved / place)
        table = (moved / "results/mine/report/tables/main.csv").relative_to(moved / place)
        found = Archive().trace(open_sheet(table).find("m", "ssim"))
        assert found.faults == []
        assert len(found.ancestors) == 5


def test_a_table_outside_of_a_report_and_an_unknown_origin_are_refused(project, tmp_path):
    tables = project / "results/mine/report/tables"
    alone = tmp_path / "alone.csv"
    shutil.copy(tables / "main.csv", alone)
    with pytest.raises(ReposeError, match="no-report"):
        Archive().trace(open_sheet(alone).find("m", "ssim"))
    (tables / "main.why.json").write_text('[{"row": "m", "origins": {"ssim": "guess:m"}}]')
    write_manifest(tables.parent, {})
    with pytest.raises(ReposeError, match="bad-origin"):
        trace(project, "ssim")


def test_places_tell_stage_and_data_set(project):
    home = project / "results/mine"
    for name, stage in (("evaluate/m.json", "evaluate"), ("report", "report"), ("x/y", "")):
        assert stage_of(home / name) == stage
    assert home_of(home / "train/m") == home_of(home / "report") == home
    assert manifest_path(home / "train/m").is_file()
