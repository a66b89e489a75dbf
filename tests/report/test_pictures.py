"""Grids, and images by name."""

import base64

import numpy as np
import pandas as pd
import pytest

from repose.data.packs import decode
from repose.errors import ReposeError
from repose.report.pictures import (
    GAP,
    LINE,
    WIDE,
    Grid,
    GridRow,
    Shown,
    choose_pairs,
    compose,
    cut,
    data_uri,
)
from repose.report.stored import stored_frames, stored_images
from tests.report.made import FRAMES, copy_source, make_images, make_run, picture


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
    assert whole.shape == (LINE + GAP + 2 * 8 + GAP, 3 * 8 + 2 * GAP, 3)
    for i, image in enumerate(images):
        top, left = LINE + GAP + (i // 3) * (8 + GAP), (i % 3) * (8 + GAP)
        np.testing.assert_array_equal(whole[top : top + 8, left : left + 8], image)


def grid(columns, side):
    row = GridRow("", [Shown(np.full((side, side, 3), 90, np.uint8))] * len(columns))
    return Grid("g", "", columns, [row])


def test_a_long_title_goes_on_more_lines_and_stays_over_its_column():
    short, long = (compose(grid(["a", name], 128)) for name in ("b", "vunet25d_stickman_6layers"))
    assert long.shape[0] == short.shape[0] + LINE
    written = (long[: 2 * LINE] < 128).all(axis=2)
    assert written[LINE:, :128].any()  # the short one stands on the image
    assert not written[:LINE, :128].any()
    assert written[:LINE, 128 + GAP :].any()
    assert not written[:, 128 : 128 + GAP].any()


@pytest.mark.parametrize(("columns", "side"), [(5, 256), (15, 240), (40, 128)])
def test_a_grid_of_many_large_images_is_shrunk(columns, side):
    whole = compose(grid(["a"] * columns, 256))
    assert whole.shape == (LINE + GAP + side, columns * side + (columns - 1) * GAP, 3)
    assert columns * side <= max(WIDE, 128 * columns)


def test_a_wide_picture_is_cut_into_squares():
    wide = np.concatenate([np.full((8, 8, 3), i, np.uint8) for i in range(3)], axis=1)
    assert [int(shown.image.mean()) for shown in cut(wide)] == [0, 1, 2]


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
