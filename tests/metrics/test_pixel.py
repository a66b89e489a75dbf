"""PSNR and L1 against scikit-image and by hand."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from repose.metrics.pixel import l1, psnr


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    shape = (20, 24, 3)
    return rng.integers(0, 256, shape, dtype=np.uint8), rng.integers(0, 256, shape, dtype=np.uint8)


def test_psnr_equals_scikit_image(pair):
    expected = peak_signal_noise_ratio(pair[1], pair[0], data_range=255)
    assert psnr(*pair) == pytest.approx(expected, abs=1e-9)


def test_equal_images(pair):
    assert psnr(pair[0], pair[0]) == np.inf
    assert l1(pair[0], pair[0]) == 0


def test_l1_does_not_wrap_around_in_bytes():
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert l1(black, white) == l1(white, black) == 1


def test_l1_of_a_mask_and_of_the_rest_make_the_whole(pair):
    mask = np.random.default_rng(1).random((20, 24)) < 0.3
    parts = mask.mean() * l1(*pair, mask) + (~mask).mean() * l1(*pair, ~mask)
    assert parts == pytest.approx(l1(*pair))
    assert np.isnan(l1(*pair, np.zeros((20, 24), bool)))
