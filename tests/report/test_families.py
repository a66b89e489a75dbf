"""The report of several families: one table of all models, and what may be said of them."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest

from repose.files import read_json, write_json
from repose.report.terminal import COLUMNS
from repose.stages import report
from repose.verification import is_timed
from tests.report.families import CONFIG, ORDER, table, unseen
from tests.report.finished import make_times


def test_one_row_per_model_in_the_order_of_the_config_with_families_together(families):
    models = table(families, "models")
    assert models.index.tolist() == ORDER
    assert models["parameters"].tolist()[1:3] == [47_005_427, 142_000]
    assert models["steps"].tolist()[1:5] == [1500] * 4
    assert np.isnan(models["parameters"].iloc[0])
    mean = unseen(families, "posewarp")["ssim_fg"].mean()
    assert models.loc["posewarp", "SSIM fg ↑"] == pytest.approx(mean, rel=1e-5)


def test_each_models_error_over_copying_stands_beside_its_error(families):
    models = table(families, "models")
    copied = unseen(families, "copy_source")["l1_fg"].mean()
    for name in ORDER[1:5]:
        share = unseen(families, name)["l1_fg"].mean() / copied
        assert models.loc[name, "L1 fg ÷ copy ↓"] == pytest.approx(share, rel=1e-5)
    assert (models["L1 fg ÷ copy ↓ low"] <= models["L1 fg ÷ copy ↓"])[ORDER[1:5]].all()
    assert models.loc["vunet25d", "L1 fg ÷ copy ↓ low"] > 1
    assert np.isnan(models.loc["source, copied", "L1 fg ÷ copy ↓"])


def test_times_stand_in_the_table_of_the_page_of_speed_alone(families, page):
    speed = table(families, "speed")
    assert speed.index.tolist() == ORDER
    assert speed["s to train"].tolist()[1:5] == [1234.5] * 4
    assert speed.loc[["posewarp", "warp3d", "vunet25d"], "s per image"].tolist() == [
        0.0123,
        0.5,
        2,
    ]
    assert np.isnan(speed.loc["warp2d", "s per image"])
    shared = speed.drop(columns=["s to train", "s per image"])
    pd.testing.assert_frame_equal(shared, table(families, "models"))
    assert "s to train" not in page
    page = (families["output"] / "speed.html").read_text(encoding="utf-8")
    assert {"s to train", "a made machine", "26.7"} <= set(re.findall(r">([^<>]+)<", page))


def test_the_papers_table_keeps_to_its_own_models(families, page):
    main = table(families, "main")
    ours = main[main["group"].str.startswith("This run")]
    assert ours.index.tolist() == ["source, copied", "warp2d", "warp3d", "true image, JPEG 90"]
    assert main["SSIM ↑"].tolist()[:4] == [0.872, 0.875, 0.877, 0.883]
    assert page.index("L1 fg ÷ copy") < page.index("3D warp")


def test_the_header_says_which_models_beat_copying(families, page):
    copied = unseen(families, "copy_source")["l1_fg"].mean()
    shares = {n: unseen(families, n)["l1_fg"].mean() / copied for n in ("posewarp", "vunet25d")}
    header = page[page.index("<header>") : page.index("</header>")]
    assert (
        f"warp3d makes {unseen(families, 'warp3d')['l1_fg'].mean() / copied:.2f} times" in header
    )
    less, more = header.split("shown to make more of it than copying")
    assert "shown to make less foreground error than copying: posewarp" in less
    assert f"posewarp ({shares['posewarp']:.2f})" in less
    assert f"vunet25d ({shares['vunet25d']:.2f})" in more
    assert "is better than posewarp, warp2d, vunet25d" in header
    assert header.count("warp2d") == 2


def test_a_run_ends_with_one_table_and_the_sentences(families, tmp_path, capsys):
    output = tmp_path / families["output"].parent.name / "report"
    report.run(CONFIG, **(families | {"output": output}))
    printed = capsys.readouterr().out
    assert printed.count("─\n") == 3
    assert max(map(len, printed.splitlines()[:-1])) <= COLUMNS
    assert "1,234" in printed
    assert "0.0123" in printed
    assert "Of the other models" in printed
    assert (output / "speed.txt").read_text(encoding="utf-8") in printed
    summary = (output / "summary.txt").read_text(encoding="utf-8")
    assert "47.0 M" in summary
    assert "1,234" not in summary


def test_slower_machines_change_nothing_but_what_is_named_speed(families, tmp_path):
    slow = tmp_path / "other"
    trained = []
    for folder in families["train"]:
        trained.append(shutil.copytree(folder, slow / "train" / folder.name))
        times = read_json(trained[-1] / "times.json")
        write_json(trained[-1] / "times.json", times | {"seconds": 9999.0})
    images = [shutil.copytree(path, slow / "images" / path.name) for path in families["images"]]
    make_times(images[0], 7.5)
    output = tmp_path / families["output"].parent.name / "report"
    report.run(CONFIG, **(families | {"output": output, "train": trained, "images": images}))
    changed = {
        path.name
        for path in families["output"].rglob("*.*")
        if path.read_bytes() != (output / path.relative_to(families["output"])).read_bytes()
    }
    tables = {f"speed.{ending}" for ending in ("csv", "md", "tex")}
    assert changed == {"speed.html", "speed.txt", "manifest.json"} | tables
    assert all(is_timed(name) for name in changed - {"manifest.json"})
