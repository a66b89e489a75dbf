"""Trainings of one model that differ in nothing but their seed: taken together, and one by one.

Per pair the scores of all trainings are averaged, and the interval is formed over persons as for
any method: it covers other people, given these trainings. What another seed would give is seen
from the standard deviation over the trainings, of which three are the least that show one.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd

from repose.report.compare import Comparison, summarise
from repose.report.methods import JOINT, Method

LEAST = 3  # trainings, below which no spread is shown
OF_A_RUN = ("pair", "person", "split")  # the same whatever the training


@dataclass(frozen=True)
class Several:
    """A score of one model under several seeds.

    Attributes:
        mean: Over the seeds.
        by_seed: Of each training.
    """

    mean: float
    by_seed: Mapping[int, float]

    @property
    def spread(self) -> float:
        """Standard deviation over the seeds; NaN with fewer than three."""
        values = np.array(list(self.by_seed.values()), dtype=np.float64)
        return float(values.std(ddof=1)) if len(values) >= LEAST else float("nan")


def together(methods: Sequence[Method]) -> list[Method]:
    """Let one method stand for all trainings of a model that are equal but for their seed.

    Args:
        methods: In the order of the tables.

    Returns:
        The same, with one method in the place of the first of several equal trainings; its
        `members` are these, by seed, and its name is theirs joined by `+`.
    """
    alike: dict[str, list[Method]] = {}
    for method in methods:
        alike.setdefault(_recipe(method), []).append(method)
    found = []
    for group in alike.values():
        seeds = {method.seed for method in group}
        found += [_stand_for(group)] if len(group) > 1 and len(seeds) == len(group) else group
    return found


def pool(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average each score of each pair over the trainings.

    Args:
        tables: The "scores" table of each.

    Returns:
        The pairs that all have; NaN where one of them has no value.
    """
    first = tables[0].set_index("pair")
    common = first.index
    for table in tables[1:]:
        common = common.intersection(pd.Index(table["pair"]))
    names = [name for name in first.columns if name not in OF_A_RUN]
    values = [t.set_index("pair").loc[common, names].to_numpy(np.float64) for t in tables]
    means = pd.DataFrame(np.mean(values, axis=0), index=common, columns=names)
    return first.loc[common, ["person", "split"]].join(means).reset_index()


def pooled(
    method: Method, tables: Mapping[str, pd.DataFrame], summaries: Mapping[str, Any],
    draws: int, seed: int,
) -> tuple[pd.DataFrame, dict[str, Any]]:  # fmt: skip
    """Return scores and summary of all trainings that a method stands for.

    Args:
        method: One with members.
        tables: The "scores" table of each training.
        summaries: The summary of each training.
        draws: Bootstrap draws.
        seed: Of the draws.
    """
    names = [member.name for member in method.members]
    table = pool([tables[name] for name in names])
    own = [summaries[name] for name in names]
    notes = list(dict.fromkeys(note for summary in own for note in summary["notes"]))
    facts = {"method": method.name, "protocols": own[0]["protocols"], "notes": notes}
    facts["sets"] = _mean_sets([summary.get("sets", {}) for summary in own])
    return table, facts | summarise(table, draws, seed)


def _mean_sets(sets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Average the scores of all images together, such as FID; None where a training has none."""
    means = {}
    for kind, first in sets[0].items():
        same = [one[kind] for one in sets if one.get(kind, {}).get("name") == first["name"]]
        values = [one["value"] for one in same]
        known = len(same) == len(sets) and None not in values
        told = {key: value for key, value in first.items() if key != "deviation"}
        means[kind] = told | {"value": float(np.mean(values)) if known else None}
    return means


def of_seeds(method: Method, tables: Mapping[str, pd.DataFrame], score: str) -> Several:
    """Average a score over the pairs that all trainings have, training by training.

    Args:
        method: One with members.
        tables: Scores of one split, of each training and of all together.
        score: Column of the scores.
    """
    known = tables[method.name].set_index("pair")[score].dropna()
    means = {
        member.seed: float(tables[member.name].set_index("pair").loc[known.index, score].mean())
        for member in method.members
    }
    return Several(float(known.mean()) if len(known) else float("nan"), means)


def of_differences(
    comparison: Comparison, methods: Mapping[str, Method], tables: Mapping[str, pd.DataFrame]
) -> Several | None:
    """Take a paired difference seed by seed.

    Where both methods were trained under the same seeds, seed against seed; where one of them was
    not, each training of the other against it.

    Args:
        comparison: A difference, of methods of which one at least has members.
        methods: By name.
        tables: Scores of one split, of each training.

    Returns:
        None for a ratio, and where the seeds of the two are not the same.
    """
    ours, other = methods[comparison.method], methods[comparison.other]
    if comparison.neutral or not (ours.members or other.members):
        return None
    seeds = [m.seed for m in (ours.members or other.members)]
    mine, theirs = _by_seed(ours, seeds), _by_seed(other, seeds)
    if set(mine) != set(theirs):
        return None
    score = comparison.score.name
    a, b = ({s: tables[n].set_index("pair")[score] for s, n in x.items()} for x in (mine, theirs))
    each = {s: a[s].astype(float) - b[s].astype(float) for s in mine}
    all_have = pd.concat(each, axis=1).dropna()
    if all_have.empty:
        return None
    means = {int(s): float(v) for s, v in all_have.mean().items()}
    return Several(float(np.mean(list(means.values()))), means)


def _by_seed(method: Method, seeds: Sequence[int]) -> dict[int, str]:
    """Name the training of each seed; a single method stands for all seeds."""
    if method.members:
        return {member.seed: member.name for member in method.members}
    return dict.fromkeys(seeds, method.name)


def _recipe(method: Method) -> str:
    """Spell all that two trainings of one model have in common."""
    if not method.trained:
        return method.name
    config = {k: v for k, v in method.run.get("config", {}).items() if k != "seed"}
    known = method.run.get("config", {}).get("seed") is not None
    alone = "" if known else method.name  # a training that does not tell its seed stands alone
    return json.dumps([alone, method.run.get("model"), config], sort_keys=True)


def _stand_for(group: Sequence[Method]) -> Method:
    members = tuple(sorted(group, key=lambda method: method.seed))
    names = [member.name for member in members]
    stem = re.sub(r"_?(seed|s)?_?$", "", _shared_start(names)) or names[0]
    first = members[0]
    name, label = JOINT.join(names), f"{stem} ({len(names)} seeds)"
    return Method(name, label, first.warp_3d, first.pose_3d, first.run, {}, members)


def _shared_start(names: Sequence[str]) -> str:
    """Return what all names begin with."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in alike)
