"""All scores of a pair at once: which is which, and what is left open."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from repose.metrics.scorers import mask_ssim, pixel_protocols, pixel_scores
from repose.metrics.scores import SCORE
from repose.metrics.ssim import PROTOCOLS, column_of, ssim, ssim_map


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    return rng.integers(0, 200, (2, 64, 64, 3), dtype=np.uint8)


def blob(height=64, width=64):
    mask = np.zeros((height, width), bool)
    mask[20:40, 10:50] = True
    return mask


def test_every_protocol_has_its_column_and_the_main_one_is_among_them(pair):
    scores = pixel_scores(*pair, blob(), "gauss1.2", PROTOCOLS, blob())
    for name in PROTOCOLS:
        assert scores[column_of(name)] == ssim(ssim_map(*pair, name), name)
    assert scores["ssim"] == scores["ssim_gauss1_2"]
    assert np.isfinite(list(scores.values())).all()
    assert set(scores) <= set(SCORE)
    assert set(pixel_protocols("gauss1.2", PROTOCOLS)) == set(scores)


def test_only_the_main_protocol_where_no_other_is_asked_for(pair):
    scores = pixel_scores(*pair, None, "win51")
    assert np.isfinite(scores["ssim"])
    assert all(np.isnan(scores[column_of(name)]) for name in PROTOCOLS)
    open_ones = {"ssim_fg", "ssim_bg", "l1_fg", "mask_ssim"}
    assert all(np.isnan(scores[name]) for name in open_ones)
    assert not {column_of(name) for name in PROTOCOLS} & set(pixel_protocols("win51"))


def test_an_image_too_small_for_a_window_has_no_score_of_it(pair):
    small = pair[:, :10, :30]
    scores = pixel_scores(*small, blob(64, 64)[:10, :30], "win51", PROTOCOLS, None)
    given = {name for name in PROTOCOLS if np.isfinite(scores[column_of(name)])}
    assert given == {"skimage7", "gauss1.2", "grey"}
    assert np.isnan(scores["ssim"])
    assert np.isfinite(scores["psnr"])


def test_mask_ssim_is_that_of_images_black_around_the_mask(pair):
    mask = blob()
    black = [image.copy() for image in pair]
    for image in black:
        image[~mask] = 0
    expected = structural_similarity(*black, channel_axis=2, data_range=255)
    assert mask_ssim(*pair, mask, "skimage7") == pytest.approx(expected, abs=1e-9)
    assert mask_ssim(pair[0], pair[0], mask, "skimage7") == pytest.approx(1)
    assert expected > structural_similarity(*pair, channel_axis=2, data_range=255)  # black counts
    assert np.isnan(mask_ssim(*pair, ~mask & mask, "skimage7"))


def test_each_protocol_says_what_it_looks_at():
    told = pixel_protocols("range_per_image", PROTOCOLS, "of the middle 176x256 px")
    assert told["ssim"].startswith("range_per_image: 11x11 Gaussian window of sigma 1.5")
    assert "luma" in told["ssim_grey"]
    assert all(text.endswith("; of the middle 176x256 px") for text in told.values())
