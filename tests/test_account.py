"""The command that makes a table again is that of whoever made it."""

from pathlib import Path

import pytest

from repose.account import again
from repose.cells import Found
from repose.provenance import Ancestor, Provenance

GRAPH = ["all", "--configfile", "config/test.yaml"]
SEVERAL = ["--config", "benchmarks=[a,b]"]


def found(report, stage, job, other=None):
    cell = Found(Path(report, "tables/a.csv"), 1, "", "row", "column", "1", ("", ""), "")
    jobs = [
        one and {"command": f"repose {stage} --flag", "started": str(at), **one}
        for at, one in enumerate((job, other))
    ]
    ancestors = [
        Ancestor(Path(report), stage, {}, {}, jobs[0]),
        Ancestor(Path("results/a/evaluate/m.json"), "evaluate", {}, {}, jobs[1]),
    ]
    return Provenance(cell, Path(report), [], ancestors)


@pytest.mark.parametrize(
    ("report", "stage", "job", "wanted"),
    [
        ("results/a/report", "report", {"graph": None},
         "snakemake --cores all --configfile config/test.yaml -- results/a/report"),
        ("results/papers", "papers", {"graph": SEVERAL},
         "snakemake --cores all --config 'benchmarks=[a,b]' -- results/papers"),
        ("results/papers", "papers", {"graph": None}, "repose papers --flag"),
        ("results/a/score/m", "score", {"graph": GRAPH}, "repose score --flag"),
        ("results/a/score/m", "score", None, "not recorded"),
    ],
)  # fmt: skip
def test_by_whom_it_was_made(report, stage, job, wanted):
    assert again(found(report, stage, job, {"graph": GRAPH})) == wanted
