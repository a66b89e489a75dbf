"""Who gave the poses and who judges is said, and that they are one is a warning."""

from types import SimpleNamespace

import pandas as pd

from repose.report.estimators import estimator_facts, estimator_warnings

POSES = pd.DataFrame({"estimator": ["mediapipe"] * 3, "version": ["1+a", "1+a", "1+b"]})


def judged(*names):
    return SimpleNamespace(
        summaries={str(i): {"pose_judge": name} for i, name in enumerate(names)}
    )


def test_one_tool_in_both_places_is_a_warning_and_two_are_none():
    (said,) = estimator_warnings(POSES, judged("mediapipe 1+a"))
    assert said.startswith("mediapipe gave the poses and judges")
    assert len(estimator_warnings(POSES, judged("mediapipe 2"))) == 1  # only newer
    assert estimator_warnings(POSES, judged("metro 0123456789ab")) == []
    assert estimator_warnings(POSES, judged("", "")) == []
    assert estimator_warnings(POSES.iloc[:0], judged("mediapipe 1+a")) == []


def test_both_are_named_with_all_versions():
    facts = estimator_facts(POSES, judged("", "metro 0123456789ab"))
    assert facts["poses given to the models by"] == "mediapipe 1+a and mediapipe 1+b"
    assert facts["pose scores judged by"] == "metro 0123456789ab"
    pooled = SimpleNamespace(summaries={"a": {}})  # of several trainings, whose own say it
    assert estimator_facts(POSES, pooled)["pose scores judged by"] == "none"
