"""Comparisons: paired, in the right direction, and no stronger than their interval."""

import numpy as np
import pandas as pd
import pytest

from repose.data.schemas import SCHEMAS
from repose.metrics.bootstrap import Estimate
from repose.metrics.scores import SCORE
from repose.report.compare import Comparison, difference, ratio, read_estimate, summarise
from repose.report.headline import findings, headline, warnings
from repose.report.methods import COPY, Method
from repose.report.results import Results

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


def say(against_copy, against_flat=None):
    """Return headline and findings of a run whose comparisons have these (value, low, high)."""
    methods = [Method(COPY, "source, copied"), Method("flat", "flat", False, False),
               Method("deep", "deep", True, True)]  # fmt: skip
    frame = table(0)
    results = Results(methods, {"deep": frame}, {})
    persons = 4 if np.isfinite(against_copy[1]) else 1
    comparisons = [
        Comparison("deep", COPY, SCORE["l1_fg"], Estimate(*against_copy, 40, persons), 1.0)
    ]
    if against_flat:
        estimate = Estimate(*against_flat, 40, persons)
        comparisons.append(Comparison("deep", "flat", SCORE["ssim_fg"], estimate, 0.0))
    return headline(comparisons, results) + " " + " ".join(findings(comparisons, results))


def test_only_what_is_shown_is_claimed():
    clear = (0.6, 0.5, 0.7)
    assert "makes 0.60 times the foreground error of copying the source" in say(clear)
    assert "95 % interval 0.50 to 0.70; 40 pairs of 4 people" in say(clear)
    unclear = say(clear, (0.01, -0.01, 0.03))
    assert "no difference in foreground similarity (SSIM fg) is shown: +0.010" in unclear
    assert "deep is better than flat" in say(clear, (0.02, 0.01, 0.03))
    assert "deep is worse than flat" in say(clear, (-0.02, -0.03, -0.01))


def test_a_model_that_may_be_worse_than_copying_is_not_praised():
    said = say((0.95, 0.8, 1.1))
    assert "deep is not shown to differ from copying the source" in said
    assert "makes" not in said


def test_one_person_gives_no_interval():
    said = say((0.6, np.nan, np.nan))
    assert "that says nothing about others" in said
    assert "no interval from one person" in said


def test_without_unseen_people_it_says_whom_it_saw():
    frame = table(0)
    frame["split"] = "train"
    deep = Method("deep", "deep", True, True)
    results = Results([deep], {"deep": frame}, {"deep": summarise(frame, 50, 0)})
    assert results.main_split == "train"
    said = " ".join(warnings(results))
    assert "No person was kept apart for testing: these are people seen in training." in said
    assert "Only 5 people were scored" in said
    assert "random_features" not in said


def test_many_models_share_two_sentences():
    names = [f"m{i}" for i in range(7)]
    methods = [Method(COPY, "source, copied"), Method("deep", "deep", True, True)]
    methods += [Method(name, name) for name in names]
    results = Results(methods, {"deep": table(0)}, {})
    shares = [(0.5, 0.4, 0.6), (0.9, 0.8, 1.1), (1.5, 1.2, 2.0)]
    comparisons = [
        Comparison(name, COPY, SCORE["l1_fg"], Estimate(*shares[i % 3], 40, 4), 1.0)
        for i, name in enumerate(["deep", *names])
    ]
    gaps = [(0.1, 0.05, 0.2)] * 5 + [(0.0, -0.1, 0.1), (-0.1, -0.2, -0.05)]
    comparisons += [
        Comparison("deep", name, SCORE["ssim_fg"], Estimate(*gap, 40, 4), 0.0)
        for name, gap in zip(names, gaps, strict=True)
    ]
    of_leader, of_others, against = findings(comparisons, results)
    assert of_leader.startswith("Foreground error (L1) of deep over that of the copied source")
    assert of_others == (
        "Of the other models, shown to make less foreground error than copying: m2 (0.50), m5"
        " (0.50); not shown to differ from copying: m0 (0.90), m3 (0.90), m6 (0.90); shown to make"
        " more of it than copying: m1 (1.50), m4 (1.50)."
    )
    assert against == (
        "In foreground similarity (SSIM fg), as trained here, deep is better than 5 others; worse"
        " than m6; not shown to differ from m5."
    )
