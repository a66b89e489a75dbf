"""SSIM against scikit-image, and its laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import structural_similarity

from repose.metrics.ssim import PROTOCOLS, masked_ssim, ssim, ssim_map

# The same protocols as scikit-image spells them.
SKIMAGE = {
    "skimage7": {},
    "gauss1.5": {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False},
}


def images(seed, height, width, noise):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    moved = true.astype(int) + rng.integers(-noise, noise + 1, true.shape)
    return np.clip(moved, 0, 255).astype(np.uint8), true


def test_every_protocol_is_compared():
    assert set(SKIMAGE) == set(PROTOCOLS)


@pytest.mark.parametrize("protocol", SKIMAGE)
@given(
    seed=st.integers(0, 2**31),
    height=st.integers(12, 40),
    width=st.integers(12, 40),
    noise=st.integers(0, 255),
)
@settings(max_examples=25, deadline=None)
def test_equal_to_scikit_image(protocol, seed, height, width, noise):
    generated, true = images(seed, height, width, noise)
    mean, full = structural_similarity(
        generated, true, channel_axis=2, data_range=255, full=True, **SKIMAGE[protocol]
    )
    ours = ssim_map(generated, true, protocol)
    np.testing.assert_allclose(ours, full, atol=1e-9)
    assert ssim(ours, protocol) == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_flat_images_have_no_variance_to_divide_by(protocol):
    black, white = np.zeros((32, 32, 3), np.uint8), np.full((32, 32, 3), 255, np.uint8)
    assert ssim(ssim_map(white, white, protocol), protocol) == pytest.approx(1, abs=1e-12)
    # Only c1 is left of the formula: c1 / (255^2 + c1).
    c1 = 2.55**2
    expected = c1 / (255**2 + c1)
    assert ssim(ssim_map(black, white, protocol), protocol) == pytest.approx(expected, rel=1e-9)


def test_masks_share_the_map_between_them():
    generated, true = images(1, 32, 32, 60)
    similarity = ssim_map(generated, true)
    mask = np.zeros((32, 32), bool)
    mask[5:20, 8:30] = True
    inside, outside = masked_ssim(similarity, mask), masked_ssim(similarity, ~mask)
    share = mask.mean()
    assert share * inside + (1 - share) * outside == pytest.approx(similarity.mean(), abs=1e-12)


def test_change_outside_the_mask_leaves_its_inner_part_alone():
    generated, true = images(2, 40, 40, 60)
    mask = np.zeros((40, 40), bool)
    mask[:, :20] = True
    before = masked_ssim(ssim_map(generated, true), mask)
    generated[:, 24:] = 0  # further away than half a window
    assert masked_ssim(ssim_map(generated, true), mask) == before


def test_nothing_to_average_is_not_a_number():
    similarity = ssim_map(*images(3, 16, 16, 9))
    assert np.isnan(masked_ssim(similarity, np.zeros((16, 16), bool)))


def test_wrong_sizes_are_refused():
    generated, true = images(4, 16, 16, 9)
    with pytest.raises(ValueError, match="two sizes"):
        ssim_map(generated[:-1], true)
    with pytest.raises(ValueError, match="smaller than the window"):
        ssim_map(generated[:5], true[:5])
