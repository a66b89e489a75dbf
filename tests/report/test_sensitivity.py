"""What the definition of SSIM decides: means under each, and methods that change places."""

import math

import numpy as np
import pandas as pd
import pytest

from repose.metrics.ssim import PROTOCOLS, column_of
from repose.report.results import read_results
from repose.report.sensitivity import MEANS, PLACES, changes, sensitivity_tables


@pytest.fixture(scope="module")
def results(families):
    return read_results(families["train"], families["scores"], families["summaries"], 100, 0)


def test_each_method_has_its_mean_under_each_protocol(families, results):
    means, _ = sensitivity_tables(results)
    assert means.columns[1:] == [name for name in PROTOCOLS if name != "win51"]  # of 32 px
    assert [row.label for row in means.rows] == [method.label for method in results.methods]
    files = {path.stem: path for path in families["scores"]}
    for row, method in zip(means.rows, results.methods, strict=True):
        scores = pd.read_parquet(files[method.name]).query("split == 'test'")
        for name, cell in zip(means.columns[1:], row.cells, strict=True):
            assert cell.estimate.value == pytest.approx(scores[column_of(name)].mean())
            assert cell.origin == f"score:{method.name}:test:{column_of(name)}"


def test_places_are_counted_from_the_means_of_the_first_table(results):
    means, places = sensitivity_tables(results)
    column = {
        name: [row.cells[i].estimate.value for row in means.rows]
        for i, name in enumerate(means.columns[1:])
    }
    methods = len(means.rows)
    for row in places.rows:
        for other, cell in zip(places.columns[1:], row.cells, strict=True):
            a, b = column[row.label], column[other]
            count = sum(
                np.sign(a[i] - a[j]) == -np.sign(b[i] - b[j]) != 0
                for i in range(methods)
                for j in range(i)
            )
            told = "–" if row.label == other else f"{count} of {math.comb(methods, 2)}"
            assert cell.text == told
    assert "pairs change places somewhere" in places.notes[1]


def test_a_change_of_places_needs_two_orders():
    means = {
        "one": {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.1},
        "other": {"a": 0.5, "b": 0.6, "c": 0.5, "d": float("nan")},
    }
    # a and b change; a and c tie under the other; nothing is known of d there.
    assert changes(means, "one", "other") == ([("a", "b")], 3)
    assert changes(means, "one", "one") == ([], 6)


def test_both_tables_are_in_the_report(families, page):
    tables = families["output"] / "tables"
    for name in (MEANS, PLACES):
        assert {path.suffix for path in tables.glob(f"{name}.*")} >= {".csv", ".md", ".tex"}
    assert "One set of images under every definition of SSIM" in page
    listed = pd.read_csv(tables / "scores.csv")
    assert not any("gauss" in column for column in listed.columns)  # they stand by themselves


def test_one_protocol_alone_has_no_table(families):
    results = read_results(families["train"], families["scores"], families["summaries"], 100, 0)
    for summary in results.summaries.values():
        for split in summary["splits"].values():
            for name in set(PROTOCOLS) - {"grey"}:
                split["scores"][column_of(name)]["value"] = None
    assert sensitivity_tables(results) == []
