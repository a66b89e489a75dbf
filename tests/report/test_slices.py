"""A slice: the means of its pairs, of the others, and of the differences between methods."""

import numpy as np
import pandas as pd
import pytest

from repose.data.schemas import SCHEMAS
from repose.data.tables import make_table, write_table
from repose.errors import ReposeError
from repose.metrics.bootstrap import mean_estimate
from repose.report.slice_gallery import gallery
from repose.report.slices import cut, read_scored, slice_table, worst
from tests.report.made import SIZE, copy_source, make_images, make_run, picture, wrong_by

METHODS = ("warp3d", "warp2d", "copy_source", "true_jpeg90")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Pairs whose view change grows with their number; the first lacks it."""
    run = make_run(tmp_path_factory.mktemp("set"))
    pairs = pd.read_parquet(run.pairs)
    pairs["view_change_rad"] = np.radians(10.0 * pairs["pair"])
    pairs.loc[pairs["pair"] == 8, "view_change_rad"] = np.nan
    write_table(pairs, run.pairs, "pairs", {"size": SIZE})
    rng = np.random.default_rng(0)
    for number, method in enumerate(METHODS):
        scores = make_table("scores", [])
        for name in ("pair", "person", "split"):
            scores[name] = pairs[name]
        for name in list(SCHEMAS["scores"].columns)[3:]:
            scores[name] = rng.normal(0.7 - 0.1 * number, 0.05, len(pairs))
        scores["pose_detected"] = True
        write_table(scores, run.root / f"evaluate/{method}.parquet", "scores", {})
    make_images(run.root / "generate/warp3d", run, wrong_by(5))
    make_images(run.root / "generate/warp2d", run, wrong_by(60))
    make_images(run.root / "baselines/copy_source", run, copy_source)
    return run.root


def scores(root, method):
    table = pd.read_parquet(root / f"evaluate/{method}.parquet")
    return table[table["split"] == "test"].set_index("pair")


def test_the_means_are_those_of_the_pairs_that_meet_it(root):
    scored = read_scored(root, ["warp3d", "warp2d"], "")
    assert scored.split == "test"
    part = cut(scored, "view_change > 125")
    table = slice_table(scored, part, "ssim_fg", 200, 0)
    a, b = scores(root, "warp3d"), scores(root, "warp2d")
    inside, outside = a.index > 12, (a.index <= 12) & (a.index != 8)
    rows = {row.label: row.cells for row in table.rows}
    for mask, place in ((inside, 0), (outside, 2)):
        own = a["ssim_fg"][mask]
        cell = rows["warp3d"][place]
        assert cell.estimate == mean_estimate(own, a["person"][mask], draws=200, seed=0)
        assert rows["warp3d"][place + 1].text == f"{mask.sum()} / {a['person'][mask].nunique()}"
        less = (a["ssim_fg"] - b["ssim_fg"])[mask].mean()
        found = rows["warp3d less warp2d"][place]
        assert found.estimate.value == pytest.approx(less)
        assert found.text.startswith("+")
    assert "1 pairs lack a value" in table.notes[0]


def test_trained_models_come_first_and_frames_are_named(root):
    scored = read_scored(root, [], "")
    assert list(scored.scores) == ["warp2d", "warp3d", "copy_source", "true_jpeg90"]
    labels = [
        r.label for r in slice_table(scored, cut(scored, "pose_distance < 1"), "l1", 50, 0).rows
    ]
    assert labels == [
        "warp2d", "warp3d", "source, copied", "true image, JPEG 90", "Pair by pair",
        "warp2d less warp3d", "warp2d less source, copied",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("person == 'p3'", lambda t: t["person"] == "p3"),
        ("ssim_fg > 0.7", lambda t: t["ssim_fg"] > 0.7),
        ("ssim_fg > warp2d.ssim_fg and not lpips < 0.7", None),
        ("visible_share > 0.5", lambda t: t["pair"] >= 0),
    ],
)
def test_conditions_look_at_pairs_and_at_scores(root, text, wanted):
    scored = read_scored(root, ["warp3d", "warp2d"], "test")
    part = cut(scored, text)
    own = scores(root, "warp3d").reset_index()
    if wanted is None:
        other = scores(root, "warp2d").reset_index()
        mask = (own["ssim_fg"] > other["ssim_fg"]) & ~(own["lpips"] < 0.7)
    else:
        mask = wanted(own)
    assert part.inside.tolist() == mask.tolist()
    assert (part.inside ^ part.outside).all()


@pytest.mark.parametrize(("score", "sign"), [("ssim_fg", 1), ("l1_fg", -1)])
def test_the_worst_come_first(root, score, sign):
    scored = read_scored(root, ["warp3d"], "")
    found = worst(scored, cut(scored, "view_change > 95"), score, 3)
    own = scores(root, "warp3d")[score]
    assert found == (sign * own[own.index > 9]).sort_values().index[:3].tolist()


def test_the_gallery_shows_source_target_and_what_was_made(root):
    scored = read_scored(root, [], "")
    grid = gallery(scored, [13, 10], "ssim_fg")
    assert grid.columns == ["source", "target", "warp2d", "warp3d"]
    row = scored.pairs.loc[13]
    source, target, *made = grid.rows[0].images
    assert (source.image == picture(row["person"], row["source_frame"])).all()
    assert (target.image == picture(row["person"], row["target_frame"])).all()
    assert made[1].caption == f"{scores(root, 'warp3d').loc[13, 'ssim_fg']:.3f}"
    assert (made[1].image != target.image).any()
    assert grid.rows[0].label == f"pair 13, {row['person']}"


def test_nothing_to_show_is_said_with_what_there_is(root):
    scored = read_scored(root, ["warp3d"], "")
    with pytest.raises(ReposeError, match=r"empty-slice.*view_change goes from 90 to 190"):
        cut(scored, "view_change > 300")
    with pytest.raises(ReposeError, match=r"person is one of p2, p3, p4"):
        cut(scored, "person == 'nobody'")


def test_methods_and_splits_that_are_not_there_are_named(root, tmp_path):
    with pytest.raises(ReposeError, match=r"unknown-model.*did you mean 'warp3d'"):
        read_scored(root, ["wrap3d"], "")
    with pytest.raises(ReposeError, match="no pair of split 'valid'"):
        read_scored(root, [], "valid")
    with pytest.raises(ReposeError, match="no-scores"):
        read_scored(tmp_path, [], "")
