"""The plain numbers are those of the table; a curve keeps its ends and its shape."""

import json
from itertools import pairwise

import pandas as pd

from repose.report.plain import POINTS, main_scores, thin, write_plain
from repose.report.results import Results


def summary(**values):
    scores = {
        name: {"value": value, "low": None, "high": None, "pairs": 2, "persons": 1}
        for name, value in values.items()
    }
    return {"splits": {"test": {"scores": scores}, "train": {"scores": {}}}}


def results():
    names = ["ssim", "ssim_fg", "ssim_bg", "psnr", "l1", "l1_fg", "pose_loss_mm", "pose_auc"]
    values = dict.fromkeys([*names, "pose_detected"], 0.25) | {"lpips": None, "l1": 0.125}
    table = pd.DataFrame({"split": ["train", "test"]})
    return Results([], {"warp3d": table}, {"warp3d": summary(**values)})


def test_scores_are_the_means_of_unseen_people_and_what_was_not_scored_is_left_out():
    found = main_scores(results(), "warp3d")
    assert found["l1"] == 0.125
    assert "lpips" not in found
    assert len(found) == 9


def test_one_file_of_scores_and_one_of_losses_per_method(tmp_path):
    train = tmp_path / "train/warp3d"
    train.mkdir(parents=True)
    pd.DataFrame({"step": [1, 2], "loss": [0.5, 0.1]}).to_csv(train / "losses.csv", index=False)
    write_plain(results(), [train], tmp_path / "report")
    scores = json.loads((tmp_path / "report/metrics/warp3d.json").read_text())
    assert scores == main_scores(results(), "warp3d")
    (row,) = pd.read_csv(tmp_path / "report/plots/scores.csv").to_dict("records")
    assert row == {"method": "warp3d"} | scores
    losses = pd.read_csv(tmp_path / "report/plots/losses/warp3d.csv")
    assert losses.to_dict("list") == {"step": [1, 2], "loss": [0.5, 0.1]}


def test_a_short_curve_is_kept_and_a_long_one_thinned_evenly_to_its_last_step():
    def curve(steps):
        return pd.DataFrame({"step": range(1, steps + 1)})

    assert len(thin(curve(POINTS))) == POINTS
    steps = thin(curve(150_000)).step.tolist()
    assert len(steps) <= POINTS
    assert steps[-1] == 150_000
    assert {b - a for a, b in pairwise(steps)} == {150}
