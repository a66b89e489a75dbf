"""One pair and a hundred: the first ones, and the pose loss in the seed's unit."""

import numpy as np
import pandas as pd
import pytest

from repose.data.schemas import SCHEMAS
from repose.report.compare import summarise
from repose.report.few import few_table
from repose.report.methods import COPY, Method
from repose.report.published import read_published
from repose.report.results import Results


@pytest.fixture
def published(request):
    return read_published(request.config.rootpath / "config/published.csv")


def scored(pairs, split="test"):
    """As many pairs, listed backwards; pair i has a pose loss of i mm."""
    frame = pd.DataFrame(0.0, index=range(pairs), columns=list(SCHEMAS["scores"].columns))
    frame["pair"] = np.arange(pairs)[::-1] + 7
    frame["person"] = [f"p{pair % 5}" for pair in frame["pair"]]
    frame["split"] = split
    return frame.assign(pose_detected=True, pose_loss_mm=frame["pair"].astype(float))


def rows(scores, published):
    methods = [Method(COPY, "source, copied"), Method("warp3d", "warp3d", True, True)]
    tables = {method.name: scores for method in methods}
    results = Results(methods, tables, {name: summarise(scores, 50, 0) for name in tables})
    table = few_table(results, published, 50, 0)
    start = next(i for i, row in enumerate(table.rows) if row.label.startswith("This run"))
    return table, table.rows[start:]


def test_the_first_pair_and_the_first_hundred_in_metres(published):
    table, (one, alone, hundred, all_) = rows(scored(250), published)
    assert (one.label, hundred.label) == (
        "This run: the first test pair",
        "This run: the first 100 test pairs",
    )
    assert [cell.text for cell in alone.cells[:2]] == ["1", "0.00700"]
    assert alone.cells[1].span == ""
    assert [cell.text for cell in all_.cells[:2]] == ["100", "0.05650"]  # mean of 7 to 106 mm
    assert all_.cells[1].span
    assert "There are 250 such pairs here" in table.notes[0]


def test_fewer_pairs_of_people_seen_in_training_are_called_so(published):
    _, ours = rows(scored(3, "train"), published)
    assert [row.label for row in ours if row.heading] == [
        "This run: the first training pair",
        "This run: the first 3 training pairs",
    ]
    (single,) = (row for row in rows(scored(1), published)[1] if row.heading)
    assert single.label == "This run: the first test pair"


def test_published_values_stand_as_printed(published):
    table, _ = rows(scored(3), published)
    texts = {row.label: [cell.text for cell in row.cells] for row in table.rows[:3]}
    assert texts["one result"] == ["", "0.05913", "0.7442", "0.962", "0.56"]
    assert texts["100 results"] == ["", "0.03164", "0.7293", "0.9346", "0.3464"]
