"""Videos, folders and people with hostile names go through the whole graph, and none is run."""

import json
import os
import re
import subprocess
import sys

import pandas as pd
import pytest

from repose.errors import shown
from tests.hostile.names import ALL, REFUSED_AS_FOLDERS
from tests.hostile.project import canaries, make_project
from tests.ingested import DEFAULTS, TABLES

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile")]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    settings = make_project(folder, ALL)
    overlays = ["--configfile", "config/test.yaml", str(settings)]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "all", "--cores", "2", *overlays],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    (folder / "said").write_text(done.stdout + done.stderr, encoding="utf-8")
    return folder


def test_there_are_more_than_two_hundred_names():
    assert len(ALL) - len(REFUSED_AS_FOLDERS) >= 200


def test_no_name_is_run(project):
    assert canaries(project.parent) == []


def test_no_clip_is_lost(project):
    results = project / "results/hostile"
    clips = pd.read_parquet(results / "ingest/clips.parquet")
    inner = {f"plain/{name}/{name}.mp4" for name in REFUSED_AS_FOLDERS}
    outer = {f"{name}/{name}.mp4" for name in ALL if name not in REFUSED_AS_FOLDERS}
    assert set(clips["path"]) == inner | outer
    assert set(clips["error"]) == {""}
    assert clips["clip"].str.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*").all()
    assert clips["clip"].str.lower().is_unique
    assert set(clips["person"]) == {name.strip() or "" for name in ALL} - {""} | set(
        clips.loc[clips["person"] == clips["clip"], "clip"]
    )
    crops = pd.concat(pd.read_parquet(p) for p in results.glob("crops/*/crops.parquet"))
    assert set(crops.loc[crops["usable"], "clip"]) == set(clips["clip"])


def test_the_page_holds_names_as_text_only(project):
    page = (project / "results/hostile/report/report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;" in page
    assert not re.search(r"<script|<svg onload|<img src=x|<[^>]*\son(error|load|mouseover)=", page)
    assert shown(page.replace("\n", " ")).count("\\x1b") == page.count("\\x1b")


def test_no_table_holds_a_formula_or_a_command_to_a_terminal(project):
    tables = list((project / "results/hostile/report/tables").iterdir())
    assert len(tables) > 20
    for path in tables:
        text = path.read_text(encoding="utf-8")
        assert shown(text.replace("\n", "")) == text.replace("\n", ""), path
    clips = pd.read_csv(project / "results/hostile/report/tables/clips.csv", dtype=str)
    assert "'=1+1" in set(clips["person"])
    people = clips["person"].dropna()
    assert set(people[people.str.match(r"[=@+-]")]) == {"+1", "-1"}  # numbers are no formulas


def test_the_latex_table_has_no_command_of_a_name(project):
    text = (project / "results/hostile/report/tables/clips.tex").read_text(encoding="utf-8")
    assert "\\input" not in text
    assert text.count("\\end{tabular}") == 1
    columns = {len(re.findall(r"(?<!\\)&", line)) for line in text.splitlines() if "&" in line}
    assert len(columns) == 1


def test_what_is_printed_gives_a_terminal_no_command(project):
    logs = [project / "said", *project.glob("results/hostile/logs/**/*.log")]
    assert len(logs) > 10
    for path in logs:
        assert "\x1b" not in path.read_text(encoding="utf-8"), path


def test_names_that_are_not_utf8_are_refused_in_one_line(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    (tmp_path / "canary").touch()
    os.close(os.open(os.fsencode(folder) + b"/\xff\xfe$(a).mp4", os.O_CREAT))
    flags = {**DEFAULTS, **TABLES, "on_bad_clip": "skip", "videos": folder}
    words = [w for k, v in flags.items() for w in (f"--{k.replace('_', '-')}", str(v))]
    done = subprocess.run(
        [sys.executable, "-m", "repose.cli", "ingest", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("repose ingest: error[bad-file-name]")
    assert done.stderr.count("\n") == 1


def test_settings_from_the_command_line_are_no_commands_either(project):
    videos = json.dumps(["$(touch canary)", "`touch canary`"])
    words = ["--configfile", "config/test.yaml", "--config", f"videos={videos}", "data_set=other"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-n", "--cores", "1", *words, "--", "all"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert canaries(project) == []
