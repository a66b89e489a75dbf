"""`repose score`: from a folder that is sound to scores, a table and a page beside ours."""

import json
import os

import numpy as np
import pandas as pd
import pytest

from repose.data.packs import encode
from repose.data.tables import read_table
from repose.files import read_json
from repose.manifests import check_manifest
from repose.report.origins import files_of
from repose.report.spellings import WHY
from repose.scoring import outside
from repose.stages import evaluate
from repose.verification import SCORED, verify
from tests.report.finished import make_training
from tests.scoring.bench import (
    evaluate_own,
    habit_cfld,
    honest,
    make_bench,
    method_folder,
    picture,
    write_folder,
)
from tests.scoring.spoiled_files import saved_as_jpeg


def test_ten_offenders_are_named_and_the_others_counted(bench, score, tmp_path):
    write_folder(tmp_path / "few", bench)
    for path in sorted((tmp_path / "few").iterdir())[:15]:
        path.unlink()
    status, out, err = score(tmp_path / "few")
    assert (status, "error[wrong-images]: missing (15)" in err) == (2, True)
    assert not method_folder(bench, "few").exists()
    assert out.count("    pair ") == 10
    assert "and 5 more" in out


def windowed(bench):
    """An overlay by which 44 of the 64 columns are scored."""
    path = bench.home / "config/window.yaml"
    path.write_text("evaluate:\n  window: [64, 44]\n")
    return ("--configfile", "config/made.yaml", "config/window.yaml")


def test_images_of_the_window_are_taken_and_lying_ones_are_not(bench, score, tmp_path):
    def cut(row):
        return honest(row)[:, 10:54]

    write_folder(tmp_path / "cut", bench, cut)
    status, out, _ = score(tmp_path / "cut", *windowed(bench))
    assert (status, "37 images of 37 pairs, nothing wrong" in out) == (0, True)
    write_folder(tmp_path / "lying", bench, lambda row: cut(row).transpose(1, 0, 2))
    status, out, _ = score(tmp_path / "lying", *windowed(bench))
    assert status == 2
    assert "transposed: width and height exchanged (37)" in out
    assert "64x44 px, not 64x64 or 44x64" in out


def test_junk_is_passed_over_and_folders_within_are_searched(bench, score, tmp_path):
    write_folder(tmp_path / "outer/images", bench)
    for name in (".DS_Store", "Thumbs.db", "images/.hidden.png", "images/desktop.ini"):
        (tmp_path / "outer" / name).write_bytes(b"\0")
    (tmp_path / "outer/__MACOSX").mkdir()
    (tmp_path / "outer/__MACOSX/000001.png").write_bytes(b"\0")
    (tmp_path / "outer/log.txt").write_text("epoch 1")
    status, out, _ = score(tmp_path / "outer", "--method", "with_junk")
    assert status == 0
    assert "1 files that are no images are passed over" in out


def test_jpeg_is_taken_where_the_user_says_so_and_the_page_tells(bench, score, tmp_path):
    saved_as_jpeg(tmp_path / "jpegs", bench)
    assert score(tmp_path / "jpegs", "--accept-jpeg")[0] == 0
    page = (method_folder(bench, "jpegs") / "report.html").read_text(encoding="utf-8")
    assert "accepted as it is: JPEG instead of PNG" in page
    assert read_json(method_folder(bench, "jpegs") / "manifest.json")["settings"]["accepted"] == [
        "jpeg"
    ]
    status, _, err = score(tmp_path / "jpegs", "--accept", "truth")
    assert (status, "unknown-value" in err, "'truth' cannot be accepted" in err) == (2, True, True)


def test_images_of_people_seen_in_training_come_all_or_none(bench, score, tmp_path):
    folder = write_folder(tmp_path / "with_seen", bench)
    rows = list(bench.pairs.query("split == 'train'").itertuples())
    for row in rows[:3]:
        (folder / habit_cfld(row)).write_bytes(encode(honest(row), "png"))
    status, out, _ = score(folder)
    assert (status, "missing: pairs without an image (1)" in out) == (2, True)
    (folder / habit_cfld(rows[3])).write_bytes(encode(honest(rows[3]), "png"))
    assert score(folder)[0] == 0
    scores = read_table(method_folder(bench, "with_seen") / "scores.parquet", "scores")
    assert scores["split"].value_counts().to_dict() == {"test": 37, "train": 4}


def test_it_stands_beside_ours_in_the_same_table_scored_as_ours(tmp_path, score, request, bench,
                                                                 monkeypatch):  # fmt: skip
    """Ours were scored by 7x7 windows; their column of the protocol asked for stands there."""
    own = make_bench(tmp_path / "own", request.config.rootpath / "config")
    monkeypatch.chdir(own.home)
    evaluate_own(own, "copy_source", lambda row: picture(row.person, row.source_frame))
    evaluate_own(own, "alone", honest, all_protocols=False)
    evaluate_own(own, "twin", honest)
    make_training(own.root / "train/twin", {"network": "posewarp"})
    write_folder(tmp_path / "theirs", own)
    status, out, _ = score(tmp_path / "theirs")
    assert status == 0
    folder = method_folder(own, "theirs")
    table = pd.read_csv(folder / "tables/models.csv").set_index("Unnamed: 1")
    assert table.index.tolist() == ["source, copied", "twin", "theirs"]
    theirs = read_table(folder / "scores.parquet", "scores")
    twin = read_table(own.root / "evaluate/twin.parquet", "scores")
    twin = twin[twin["split"] == "test"]
    np.testing.assert_array_equal(theirs["ssim"], twin["ssim_gauss1_5"])
    np.testing.assert_array_equal(theirs["psnr"], twin["psnr"])
    assert table.loc["theirs", "SSIM ↑"] == pytest.approx(theirs["ssim"].mean(), rel=1e-5)
    assert table.loc["twin", "SSIM ↑"] == table.loc["theirs", "SSIM ↑"]
    assert np.isnan(table.loc["twin", "SSIM fg ↑"])  # of another SSIM
    assert "Not shown, being scored by another SSIM only: alone" in out
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "theirs on made, people kept for the test: SSIM (gauss1.5) 0." in page
    assert page.count("<img") >= 8
    assert {p.suffix for p in (folder / "tables").iterdir()} == {".csv", ".md", ".tex", ".json"}
    origins = json.loads((folder / f"tables/models.{WHY}").read_text())
    for line in origins:
        for origin in line["origins"].values():
            assert all((own.root / path).is_file() for path in files_of(origin))


def test_what_is_written_is_whole_and_has_its_manifests(bench, score, tmp_path):
    write_folder(tmp_path / "whole", bench)
    assert score(tmp_path / "whole")[0] == 0
    folder = method_folder(bench, "whole")
    settings = check_manifest(folder)["settings"]
    assert (settings["method"], settings["ssim_protocol"]) == ("whole", "gauss1.5")
    inputs = check_manifest(folder / "scores.parquet")["inputs"]
    assert "../../pairs/pairs.parquet" in inputs
    assert str(tmp_path / "whole") in inputs
    assert verify(folder).faults == []
    assert folder.parent.name == SCORED  # which no snapshot of the graph counts
    job = read_json(bench.root / "logs/jobs/score/whole.json")
    assert job["stage"] == "score"


def test_a_failure_while_scoring_leaves_what_was_there(bench, score, tmp_path, monkeypatch):
    write_folder(tmp_path / "again", bench)
    assert score(tmp_path / "again")[0] == 0
    before = (method_folder(bench, "again") / "manifest.json").read_bytes()

    def fail(*_arguments, **_paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluate, "write_table", fail)
    assert score(tmp_path / "again")[0] == 130
    assert (method_folder(bench, "again") / "manifest.json").read_bytes() == before
    assert not [p.name for p in (bench.root / "score").iterdir() if p.name.startswith(".")]


def test_a_file_that_changes_between_check_and_score_is_noticed(
    bench, score, tmp_path, monkeypatch
):
    folder = write_folder(tmp_path / "restless", bench)
    check = outside.check_images

    def check_and_write(*given):
        found = check(*given)
        first = sorted(folder.iterdir())[0]
        first.write_bytes(encode(picture("t3", 3), "png"))
        return found

    monkeypatch.setattr(outside, "check_images", check_and_write)
    status, _, err = score(folder)
    assert (status, "changed-image" in err) == (2, True)
    assert not method_folder(bench, "restless").exists()


def test_a_benchmark_that_was_not_made_names_the_command(bench, score, tmp_path, request):
    write_folder(tmp_path / "some", bench)
    status, _, err = score(tmp_path / "some", benchmark="mode")
    assert status == 2
    assert "error[no-benchmark]" in err
    assert "did you mean 'made'?" in err
    assert "snakemake --cores all -- results/mode/ingest/clips.parquet" in err
    half = make_bench(tmp_path / "half", request.config.rootpath / "config")
    (half.root / "masks/00.parquet").unlink()
    os.chdir(half.home)
    _, _, err = score(tmp_path / "some")
    assert "no masks/00.parquet" in err
    command = (
        "snakemake --cores all --configfile config/made.yaml -- results/made/masks/00.parquet"
    )
    assert command in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--protocol", "gauss1.6"), "error[unknown-protocol]"),
        (("--method", "copy_source"), "not the name of one of ours"),
        (("--method", "a b"), "error[wrong-value]"),
        (("--method", "score"), "error[wrong-value]"),
        (("--generated", "nowhere"), "error[missing-folder]"),
        (("--generated", "config"), "error[no-images]"),
        (("--configfile", "config/nothing.yaml"), "error[missing-file]"),
    ],
)
def test_what_cannot_be_is_said(score, tmp_path, words, said):
    status, _, err = score(tmp_path, *words)
    assert (status, said in err) == (2, True), err
