"""What the report shows of each model: pairs, inner views, depth swaps, phases, first pairs."""

import re

import numpy as np
import pandas as pd
import pytest

from repose.data.packs import decode
from repose.report.pictures import GAP
from tests.report.families import ORDER, table, unseen
from tests.report.finished import SWAPPED
from tests.report.made import picture


def test_a_pair_is_shown_with_its_pose_and_every_model(families):
    image = decode((families["output"] / "figures/pairs_test.png").read_bytes())
    wide = 128 + GAP
    assert image.shape[1] == 7 * wide - GAP  # source, pose, target, four models
    pose = image[-128:, wide : wide + 128]
    assert (pose.max(axis=2) < 40).mean() > 0.3  # a dark ground
    assert (pose.max(axis=2) > 200).any()  # and bones on it


def test_every_model_with_inner_views_shows_them_under_their_names(families, page):
    figures = {path.stem for path in (families["output"] / "figures").iterdir()}
    assert {"views_posewarp", "views_warp3d"} <= figures
    assert not {"views_warp2d", "views_vunet25d", "views"} & figures
    assert "Inside posewarp: foreground, part masks, background, warped" in page
    assert "Inside warp3d: foreground, alpha, background" in page
    image = decode((families["output"] / "figures/views_posewarp.png").read_bytes())
    wide = 128 + GAP
    assert image.shape[1] == 8 * wide - GAP  # source, pose, target, four views, result
    greys = [int(np.median(image[-128:, i * wide : i * wide + 128])) for i in range(3, 7)]
    assert greys == [0, 40, 80, 120]


def test_depth_swaps_are_shown_and_counted(families, page):
    assert "vunet25d: of the pixels inside the limb&#39;s region 40.0 % changed" in page
    assert "by more than 8 of 255 levels, of those outside 10.0 %: means over 4 pairs" in page
    swaps = table(families, "swaps")
    assert swaps["limb"].tolist()[1:] == ["left thigh", "right forearm", "left shin", "left shin"]
    assert swaps["changed inside"].tolist() == pytest.approx([0.4, *(s[4] for s in SWAPPED)])
    assert swaps["changed outside"].tolist() == pytest.approx([0.1, *(s[5] for s in SWAPPED)])
    ends = swaps.iloc[0][["inside − outside low", "inside − outside high"]]
    assert ends.iloc[0] < 0.3 < ends.iloc[1]
    assert swaps.loc["pair 8", ["from", "to"]].tolist() == ["behind", "in front"]
    grid = page[page.index("Depth swaps of vunet25d") :]
    shown = re.findall(r"Pair (\d+), [a-z ]+ from [a-z ]+ to [a-z ]+: changed", grid)
    assert list(dict.fromkeys(shown)) == ["9", "12", "8"]  # 16 has no picture
    image = decode((families["output"] / "figures/swaps_vunet25d.png").read_bytes())
    wide = 128 + GAP
    greys = [int(np.median(image[-128:, i * wide : i * wide + 128])) for i in range(5)]
    assert greys == [0, 50, 100, 150, 200]


def test_phases_stand_under_the_published_ones(families):
    phases = table(families, "phases")
    assert phases.index.tolist() == [
        "pre-trained generator", "GAN", "posewarp, phase 1", "posewarp, phase 2",
    ]  # fmt: skip
    assert phases["steps"].tolist() == [2000, 2000, 8, 12]
    assert phases["learnt"].tolist() == ["generator", "generator, discriminator"] * 2
    train, unseen_pairs = phases["VGG loss, training pairs"], phases["VGG loss, unseen pairs"]
    assert train.tolist() == [0.1597, 0.2143, 0.31, 0.3312]
    assert unseen_pairs.tolist() == [0.3101, 0.2769, 0.52, 0.4512]
    discriminator = phases["D loss, training pairs"]
    assert discriminator.dropna().tolist() == [0.5638, 1.25]
    notes = (families["output"] / "tables/phases.md").read_text(encoding="utf-8")
    assert "Not comparable with published ones" in notes
    assert "random_features: the VGG loss of posewarp was taken with an untrained" in notes


def test_one_pair_and_a_hundred_are_scored_as_in_the_seed(families):
    few = pd.read_csv(families["output"] / "tables/few.csv")
    assert few.iloc[:2, 1].tolist() == ["one result", "100 results"]
    assert few["Pose loss, m ↓"].tolist()[:2] == [0.05913, 0.03164]
    groups = few["group"].unique().tolist()
    assert groups[1:] == ["This run: the first test pair", "This run: the first 12 test pairs"]
    for group, pairs in zip(groups[1:], (1, 12), strict=True):
        rows = few[few["group"] == group]
        assert rows.iloc[:, 1].tolist() == ORDER[1:5]
        assert rows["pairs"].tolist() == [pairs] * 4
        mean = unseen(families, "warp3d").head(pairs)["ssim_fg"].mean()
        found = rows.set_index(rows.columns[1]).loc["warp3d"]
        assert found["SSIM fg ↑"] == pytest.approx(mean, rel=1e-5)
        assert np.isfinite(found["SSIM fg ↑ low"]) == (pairs > 1)


def test_published_rows_of_the_thesis_have_their_columns(families):
    published = table(families, "published")
    assert published.loc["Yuan 2019, 2.5D poses", ["SSIM ↑", "IS ↑"]].tolist() == [0.785, 3.082]
    assert published.loc["PG2 G1+G2+D", ["SSIM ↑", "IS ↑"]].tolist() == [0.762, 3.09]
    text = (families["output"] / "tables/published.md").read_text(encoding="utf-8")
    assert "*: printed with three digits; from memory, check." in text
    assert "GAN" not in published.index  # has no score, and stands with the phases


def test_every_training_shows_what_was_watched_in_the_order_of_the_table(page):
    captions = re.findall(r"<figcaption>(\w+), as it learnt", page)
    assert captions == ORDER[1:5]


def test_pictures_of_columns_fit_their_rows(page):
    """Each grid has as many cells in every row as heads."""
    for grid in re.findall(r'<table class="pictures.*?</table>', page, re.S):
        heads = grid.count('<th scope="col">')
        rows = [row.count("<td>") for row in re.findall(r"<tr>(.*?)</tr>", grid, re.S)]
        assert heads
        assert set(rows[1:]) == {heads}
        assert grid.count("<img") == heads * (len(rows) - 1)


def test_a_picture_of_a_person_is_not_the_pose_of_another(families, tmp_path):
    """The pose shown is the target's: people step aside frame by frame."""
    image = decode((families["output"] / "figures/views_posewarp.png").read_bytes())
    wide = 128 + GAP
    pairs = pd.read_parquet(families["pairs"]).set_index("pair")
    tall = (image.shape[0] - 4 * wide + GAP) if image.shape[0] > 4 * wide else 0
    for row in range(4):
        top = tall + row * wide
        pose = image[top : top + 128, wide : wide + 128].max(axis=2) > 100
        left = 4 * (4 + 4 * pairs.loc[row, "target_frame"])
        columns = np.flatnonzero(pose.any(axis=0))
        assert left - 8 <= columns.min()
        assert columns.max() <= left + 4 * 8 + 8
        source = picture(pairs.loc[row, "person"], pairs.loc[row, "source_frame"])
        shown = image[top : top + 128, :128][2::4, 2::4].astype(int)
        assert np.abs(shown - source).mean() < 25
