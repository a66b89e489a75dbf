"""SSIM against scikit-image under every protocol, and its laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import structural_similarity

from repose.metrics.ssim import (
    PROTOCOLS,
    column_of,
    masked_ssim,
    ssim,
    ssim_map,
    ssim_maps,
)

BELL = {"gaussian_weights": True, "use_sample_covariance": False}
# The same protocols as scikit-image spells them; "of image" is the generated one's range.
SKIMAGE = {
    "skimage7": {"data_range": 255},
    "gauss1.5": {**BELL, "sigma": 1.5, "data_range": 255},
    "gauss1.2": {**BELL, "sigma": 1.2, "data_range": "of image"},
    "win51": {"win_size": 51, "data_range": 255},
    "range_per_image": {**BELL, "sigma": 1.5, "data_range": "of image"},
    "patn_repad": {**BELL, "sigma": 1.5, "data_range": "of image"},
    "grey": {"data_range": 255},
}


def images(seed, height, width, noise):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    moved = true.astype(int) + rng.integers(-noise, noise + 1, true.shape)
    # Not the whole range, so that one of the image's own is another one.
    return np.clip(moved, 20, 190).astype(np.uint8), true


def looked_at(image, protocol):
    """What a protocol looks at, made by other means than ours."""
    if protocol == "grey":  # Rec. 601 with 15 bits behind the point
        return (image.astype(np.int64) @ [9798, 19235, 3735] + 2**14 >> 15).astype(np.uint8)
    if protocol == "patn_repad":
        height, width = image.shape[:2]
        kept, margin = round(height * 176 / 256), round(height * 40 / 256)
        left = (width - kept) // 2
        wide = np.full((height, kept + 2 * margin, 3), 255, np.uint8)
        wide[:, margin : margin + kept] = image[:, left : left + kept]
        return wide
    return image


def by_scikit_image(generated, true, protocol):
    generated, true = looked_at(generated, protocol), looked_at(true, protocol)
    asked = dict(SKIMAGE[protocol])
    if asked["data_range"] == "of image":
        asked["data_range"] = float(generated.max()) - float(generated.min())
    channel = None if protocol == "grey" else 2
    mean, full = structural_similarity(generated, true, channel_axis=channel, full=True, **asked)
    return mean, full.reshape(*true.shape[:2], -1)


def test_every_protocol_is_compared():
    assert set(SKIMAGE) == set(PROTOCOLS)


@pytest.mark.parametrize("protocol", SKIMAGE)
@given(
    seed=st.integers(0, 2**31),
    height=st.integers(51, 70),
    width=st.integers(51, 90),
    noise=st.integers(1, 255),
)
@settings(max_examples=15, deadline=None)
def test_equal_to_scikit_image(protocol, seed, height, width, noise):
    generated, true = images(seed, height, width, noise)
    mean, full = by_scikit_image(generated, true, protocol)
    ours = ssim_map(generated, true, protocol)
    np.testing.assert_allclose(ours, full, atol=1e-9)
    assert ssim(ours, protocol) == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize("shape", [(256, 176), (256, 256), (128, 64), (13, 11)])
def test_equal_at_the_sizes_of_the_papers_and_at_the_smallest(shape):
    generated, true = images(5, *shape, 60)
    fit = [name for name, protocol in PROTOCOLS.items() if protocol.fits(shape)]
    maps = ssim_maps(generated, true, fit)
    for name in fit:
        mean, full = by_scikit_image(generated, true, name)
        np.testing.assert_allclose(maps[name], full, atol=1e-9)
        assert ssim(maps[name], name) == pytest.approx(mean, abs=1e-9), name
    assert (
        set(PROTOCOLS) - set(fit)
        == {
            (256, 176): set(),
            (256, 256): set(),
            (128, 64): {"patn_repad"},  # narrower than the columns it keeps
            (13, 11): {"win51"},
        }[shape]
    )


def test_the_columns_of_256_are_those_of_the_paper():
    kept = PROTOCOLS["patn_repad"].columns((256, 256))
    assert (kept.start, kept.stop) == (40, 216)
    assert PROTOCOLS["patn_repad"].columns((256, 176)) == slice(0, 176)


@pytest.mark.parametrize("protocol", ["skimage7", "gauss1.5", "win51", "grey"])
def test_flat_images_have_no_variance_to_divide_by(protocol):
    black, white = np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8)
    assert ssim(ssim_map(white, white, protocol), protocol) == pytest.approx(1, abs=1e-12)
    # Only c1 is left of the formula: c1 / (255^2 + c1).
    c1 = 2.55**2
    expected = c1 / (255**2 + c1)
    assert ssim(ssim_map(black, white, protocol), protocol) == pytest.approx(expected, rel=1e-9)


def test_an_image_of_one_colour_has_no_range_of_its_own():
    true = images(6, 64, 64, 9)[1]
    flat = np.full_like(true, 80)
    assert np.isnan(ssim(ssim_map(flat, true, "range_per_image"), "range_per_image"))
    # The white margin gives it one.
    assert np.isfinite(ssim(ssim_map(flat, true, "patn_repad"), "patn_repad"))


def test_masks_share_the_map_between_them():
    generated, true = images(1, 32, 32, 60)
    similarity = ssim_map(generated, true)
    mask = np.zeros((32, 32), bool)
    mask[5:20, 8:30] = True
    inside, outside = masked_ssim(similarity, mask), masked_ssim(similarity, ~mask)
    share = mask.mean()
    assert share * inside + (1 - share) * outside == pytest.approx(similarity.mean(), abs=1e-12)


def test_a_mask_is_cut_and_padded_with_the_image():
    generated, true = images(7, 64, 64, 60)
    mask = np.random.default_rng(0).random((64, 64)) < 0.5
    similarity = ssim_map(generated, true, "patn_repad")
    inner = similarity[:, 10:54][mask[:, 10:54]].mean()  # 44 columns between two times 10
    assert masked_ssim(similarity, mask, "patn_repad") == pytest.approx(inner, abs=1e-12)


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


def test_columns_of_scores_are_names_that_a_table_can_have():
    assert column_of("gauss1.5") == "ssim_gauss1_5"
    assert all(column_of(name).isidentifier() for name in PROTOCOLS)
