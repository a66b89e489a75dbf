"""Grids, strips and charts."""

import base64

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from repose.data.packs import decode
from repose.errors import ReposeError
from repose.metrics.bootstrap import Estimate
from repose.metrics.scores import SCORE
from repose.report.figures import INK, colours_of, draw_curves, draw_intervals, save_png, to_svg
from repose.report.pictures import (
    GAP,
    TITLE,
    Grid,
    GridRow,
    Shown,
    choose_pairs,
    compose,
    data_uri,
    overlay_strip,
)
from repose.report.stored import stored_frames, stored_images
from tests.report.made import FRAMES, SIZE, copy_source, make_images, make_run, picture


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"))


@pytest.mark.parametrize("side", [64, 256])
def test_images_travel_within_the_page(side):
    image = np.full((side, side, 3), 90, np.uint8)
    head, data = data_uri(image).split(",")
    assert head == f"data:image/{'png' if side == 64 else 'jpeg'};base64"
    assert np.abs(decode(base64.b64decode(data)).astype(int) - 90).max() <= 2


def test_a_grid_puts_every_image_in_its_place():
    images = [np.full((8, 8, 3), 20 * i, np.uint8) for i in range(6)]
    rows = [GridRow("", [Shown(image) for image in images[3 * r : 3 * r + 3]]) for r in (0, 1)]
    whole = compose(Grid("g", "", ["a", "b", "c"], rows), least_px=8)
    assert whole.shape == (TITLE + GAP + 2 * 8 + GAP, 3 * 8 + 2 * GAP, 3)
    for i, image in enumerate(images):
        top, left = TITLE + GAP + (i // 3) * (8 + GAP), (i % 3) * (8 + GAP)
        np.testing.assert_array_equal(whole[top : top + 8, left : left + 8], image)


def scores(values):
    return pd.DataFrame({"pair": range(10, 10 + len(values)), "ssim_fg": values})


def test_best_median_and_worst_are_chosen():
    values = [0.5, 0.9, 0.1, 0.4, 0.6, np.nan, 0.7, 0.2, 0.3, 0.8]
    chosen = choose_pairs(scores(values), "ssim_fg", 5, higher=True)
    assert len(chosen) == 5
    known = scores(values).dropna().set_index("pair")["ssim_fg"]
    names = {name: pair for pair, name in chosen.items() if name}
    assert known[names["best"]] == 0.9
    assert known[names["worst"]] == 0.1
    assert known[names["median"]] == known.median()
    shown = [known[pair] for pair in chosen]
    assert shown == sorted(shown, reverse=True)
    turned = choose_pairs(scores(values), "ssim_fg", 5, higher=False)
    assert known[next(iter(turned))] == 0.1


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_pairs_are_all_shown(count):
    assert len(choose_pairs(scores([0.5] * count), "ssim_fg", 8, higher=True)) == count


def test_pairs_are_shown_though_nothing_was_measured():
    assert choose_pairs(scores([np.nan, np.nan]), "ssim_fg", 2, higher=True)


def test_stored_images_come_back_by_name(made, tmp_path):
    crops, rows = stored_frames(made.crops, "crops")
    assert len(crops) == len(rows) == 10 * FRAMES
    np.testing.assert_array_equal(crops["p3_c1", 2], picture("p3", 2))
    images = stored_images(make_images(tmp_path / "copy", made, copy_source))
    np.testing.assert_array_equal(images[0], picture("p0", 0))
    with pytest.raises(ReposeError, match="missing-image"):
        images[999]


def test_a_strip_marks_frames_without_a_person(made):
    from repose.data.tables import read_table

    frames, _ = stored_frames(made.frames, "frames")
    poses = read_table(made.poses, "poses")
    own = poses[poses["clip"] == "p0_c0"]
    strip = overlay_strip("p0_c0", frames, own, FRAMES, SIZE)
    assert strip.shape == (SIZE, FRAMES * SIZE + (FRAMES - 1) * GAP, 3)
    # Only the second frame has no pose: a red stroke starts in its corner; the stripes are grey.
    corners = [strip[0, i * (SIZE + GAP)].astype(int) for i in range(FRAMES)]
    assert [bool(red - green > 50) for red, green, _ in corners] == [False, True, False, False]
    assert overlay_strip("p0_c0", frames, own.iloc[:0], 3, SIZE) is None


def chart():
    log = pd.DataFrame({"step": range(50), "l1": np.linspace(1, 0.2, 50)})
    return draw_curves("L1", {"deep": log}, "l1", colours_of(["deep"]))


def test_charts_take_the_ink_of_the_page(tmp_path):
    svg = to_svg(chart(), "curve_l1")
    assert svg.startswith("<svg")
    assert INK not in svg
    assert "currentColor" in svg
    assert "viewBox" in svg
    assert 'id="curve_l1-' in svg
    save_png(chart(), tmp_path / "chart.png")
    assert decode((tmp_path / "chart.png").read_bytes()).std() > 5


def test_charts_are_the_same_every_time():
    assert to_svg(chart(), "a") == to_svg(chart(), "a")


def test_intervals_of_what_was_not_measured_are_not_drawn():
    nothing = Estimate(np.nan, np.nan, np.nan, 0, 0)
    estimates = {"a": Estimate(0.5, 0.4, 0.6, 8, 4), "b": Estimate(0.4, np.nan, np.nan, 8, 1)}
    figure = draw_intervals(
        SCORE["ssim"], estimates | {"c": nothing}, colours_of(["a", "b"], ["c"])
    )
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    assert len(axes.lines) == 3  # a line and a dot for a, a dot for b
