"""The pose estimators behind the numbers: the one that gave the poses, and the one that judges.

A tool that judges images drawn from its own poses may overlook what it always gets wrong, or
reward its own habits; so the report says whether the two are one.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from repose.report.results import Results

NONE = "none"


def estimator_facts(poses: pd.DataFrame, results: Results) -> dict[str, str]:
    """Name both estimators with their versions, for the facts of a report."""
    return {
        "poses given to the models by": " and ".join(_of_poses(poses)) or NONE,
        "pose scores judged by": _judge(results.summaries) or NONE,
    }


def estimator_warnings(poses: pd.DataFrame, results: Results) -> list[str]:
    """Say when one tool gave the poses and judges the images drawn from them."""
    judge = _judge(results.summaries).partition(" ")[0]
    if not judge or judge not in {told.partition(" ")[0] for told in _of_poses(poses)}:
        return []
    return [
        f"{judge} gave the poses and judges the images drawn from them: what it always gets wrong"
        " no pose score shows. Set true_poses.estimator to another one; `metro` is trained here."
    ]


def _of_poses(poses: pd.DataFrame) -> list[str]:
    named = poses[["estimator", "version"]].drop_duplicates().sort_values(["estimator", "version"])
    return [f"{row.estimator} {row.version}" for row in named.itertuples()]


def _judge(summaries: Mapping[str, Any]) -> str:
    """Return the estimator that all methods were scored by, "" where none was."""
    return next((judge for s in summaries.values() if (judge := s.get("pose_judge"))), "")
