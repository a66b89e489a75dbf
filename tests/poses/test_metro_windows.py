"""A window shows what lies in it where it lies, at any size."""

import numpy as np
import pytest

from repose.poses.metro_windows import from_window, into_window, square_around, view

WINDOWS = [(20, 30, 40), (-30.5, 12.25, 100), (40, 40, 17.3), (0, 0, 640)]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("px", [32, 96])
def test_a_blob_lands_where_into_window_says(window, px):
    window = np.array(window, float)
    y, x = np.mgrid[:400, :640] + 0.5
    blob = np.array([48.7, 51.2])
    sigma = window[2] / 16
    image = 255 * np.exp(-((x - blob[0]) ** 2 + (y - blob[1]) ** 2) / (2 * sigma**2))
    shown = np.repeat(image[..., None], 3, 2).astype(np.uint8)
    seen = view(shown, window, px)[..., 0].astype(float)
    seen[seen < 25] = 0  # what rounding leaves far away
    y, x = np.mgrid[:px, :px] + 0.5
    found = np.array([(x * seen).sum(), (y * seen).sum()]) / seen.sum()
    assert found / px == pytest.approx(into_window(blob, window), abs=0.012)


def test_a_whole_picture_at_its_own_size_is_itself():
    image = np.random.default_rng(0).integers(0, 255, (24, 24, 3)).astype(np.uint8)
    assert (view(image, np.array([0.0, 0, 24]), 24) == image).all()


def test_outside_the_picture_its_border_is_repeated():
    image = np.zeros((20, 20, 3), np.uint8)
    image[:, 0] = 200
    seen = view(image, np.array([-20.0, 0, 20]), 20)
    assert (seen == 200).all()
    assert (view(image, np.array([500.0, 500, 20]), 8) == 0).all()


def test_windows_are_undone_and_squares_hold_their_box():
    window = square_around(np.array([10, 20, 50, 30], np.float32))
    assert window.tolist() == [10, 5, 40]
    points = np.random.default_rng(1).normal(size=(19, 2)) * 50
    assert from_window(into_window(points, window), window) == pytest.approx(points)
