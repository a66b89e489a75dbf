"""Comparisons: paired, in the right direction, and no stronger than their interval."""

import numpy as np
import pandas as pd
import pytest

from repose.data.schemas import SCHEMAS
from repose.metrics.bootstrap import Estimate
from repose.metrics.scores import SCORE
from repose.report.compare import Comparison, difference, ratio, read_estimate, summarise
from repose.report.headline import headline
from repose.report.methods import COPY, Method

PERSONS = 5


def table(seed, **columns):
    """40 pairs of five people; columns not given are 0."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(0.0, index=range(40), columns=list(SCHEMAS["scores"].columns))
    frame["pair"] = rng.permutation(40)
    frame["person"] = [f"p{pair % PERSONS}" for pair in frame["pair"]]
    frame["split"] = "test"
    frame["pose_detected"] = True
    for name, values in columns.items():
        frame[name] = values(frame["pair"].to_numpy()) if callable(values) else values
    return frame


def test_pairs_are_matched_by_number_not_by_order():
    a = table(0, ssim=lambda pair: pair / 40 + 0.1)
    b = table(1, ssim=lambda pair: pair / 40)
    c = difference({"a": a, "b": b}, "a", "b", "ssim", 200, 0)
    assert c.estimate.value == pytest.approx(0.1)
    assert (c.estimate.low, c.estimate.high) == pytest.approx((0.1, 0.1))
    assert c.verdict == "better"


def test_for_errors_lower_is_better():
    a, b = table(0, l1=0.1), table(0, l1=0.2)
    tables = {"a": a, "b": b}
    assert difference(tables, "a", "b", "l1", 200, 0).verdict == "better"
    assert difference(tables, "b", "a", "l1", 200, 0).verdict == "worse"
    halved = ratio(tables, "a", "b", "l1", 200, 0)
    assert halved.estimate.value == pytest.approx(0.5)
    assert halved.verdict == "better"


def test_what_an_interval_with_zero_in_it_carries():
    rng = np.random.default_rng(0)
    a, b = (table(0, ssim=rng.normal(0.5, 0.1, 40)) for _ in range(2))
    assert difference({"a": a, "b": b}, "a", "b", "ssim", 200, 0).verdict == "no difference shown"


def test_pairs_that_one_side_lacks_are_left_out():
    a, b = table(0, pose_auc=0.5), table(0, pose_auc=0.4)
    a.loc[:9, "pose_auc"] = np.nan
    c = difference({"a": a, "b": b}, "a", "b", "pose_auc", 200, 0)
    assert c.estimate.pairs == 30


def test_unscored_poses_do_not_count_as_undetected():
    scores = table(0, pose_auc=0.5, pose_loss_mm=20.0)
    scores.loc[:19, ["pose_auc", "pose_loss_mm"]] = np.nan
    scores.loc[:19, "pose_detected"] = False
    found = summarise(scores, 200, 0)["splits"]["test"]["scores"]["pose_detected"]
    assert (found["value"], found["pairs"]) == (1, 20)


def test_summaries_survive_json():
    summary = summarise(table(0, ssim=0.5, lpips=np.nan), 200, 0)
    scores = summary["splits"]["test"]["scores"]
    assert scores["lpips"]["value"] is None
    assert np.isnan(read_estimate(scores["lpips"]).value)
    assert read_estimate(scores["ssim"]) == Estimate(0.5, 0.5, 0.5, 40, PERSONS)


def say(low, high, value, neutral=0.0, score="ssim_fg", other="flat", persons=4):
    leader = Method("deep", "deep", True, True)
    against_copy = Comparison(
        "deep", COPY, SCORE["l1_fg"], Estimate(0.6, 0.5, 0.7, 40, persons), 1.0
    )
    c = Comparison("deep", other, SCORE[score], Estimate(value, low, high, 40, persons), neutral)
    return headline([against_copy, c], leader, "people not seen in training")


def test_headline_claims_only_what_is_shown():
    assert "no difference in foreground similarity (SSIM) is shown" in say(-0.01, 0.03, 0.01)
    assert "deep is better than flat" in say(0.01, 0.03, 0.02)
    assert "deep is worse than flat" in say(-0.03, -0.01, -0.02)
    assert "0.60 times the foreground error of copying the source" in say(0.01, 0.03, 0.02)


def test_headline_with_one_person_says_that_there_is_no_interval():
    nothing = Estimate(0.6, np.nan, np.nan, 40, 1)
    c = Comparison("deep", COPY, SCORE["l1_fg"], nothing, 1.0)
    said = headline([c], Method("deep", "deep"), "people not seen in training")
    assert "1 person: no interval" in said


def test_headline_does_not_praise_a_model_that_is_worse_than_copying():
    worse = Comparison("deep", COPY, SCORE["l1_fg"], Estimate(1.2, 0.9, 1.6, 40, 4), 1.0)
    said = headline([worse], Method("deep", "deep"), "people not seen in training")
    assert "no difference is shown" in said
