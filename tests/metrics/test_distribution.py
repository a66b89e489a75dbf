"""FID and Inception Score: closed forms, scipy's matrix root, torchmetrics, plain loops."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torchmetrics.image.fid import FrechetInceptionDistance

from repose.metrics.distribution import Moments, frechet_distance, inception_score


def gather(features, batch=None):
    moments = Moments(features.shape[1])
    for start in range(0, len(features), batch or len(features)):
        moments.add(features[start : start + (batch or len(features))])
    return moments


def clouds(seed, count, width):
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(2, width, width))
    drawn = rng.normal(size=(2, count, width)) @ mixing + rng.normal(0, 3, (2, 1, width))
    return drawn[0], drawn[1]


@pytest.mark.parametrize(("count", "width"), [(200, 12), (20, 40)])  # the second has no full rank
def test_equal_to_the_formula_with_scipys_root(count, width):
    a, b = clouds(0, count, width)
    root = sqrtm(np.cov(a.T) @ np.cov(b.T)).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum()
    expected += np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root)
    assert frechet_distance(gather(a), gather(b)) == pytest.approx(expected, rel=1e-6)


def test_known_gaussians_have_the_known_distance():
    """Independent axes: |m - n|^2 + sum (s - t)^2, here from samples of exactly these moments."""
    rng = np.random.default_rng(1)
    white = rng.normal(size=(400, 3))
    white -= white.mean(0)
    white = white @ np.linalg.inv(np.linalg.cholesky(np.cov(white.T)).T)  # covariance 1
    a = white * [1, 2, 3] + [1, 0, 0]
    b = white * [2, 2, 1] + [0, 2, 0]
    assert frechet_distance(gather(a), gather(b)) == pytest.approx((1 + 4) + (1 + 0 + 4))


def test_equal_sets_have_no_distance_and_the_order_does_not_matter():
    a, b = clouds(2, 100, 8)
    assert frechet_distance(gather(a), gather(a)) == pytest.approx(0, abs=1e-9)
    one = frechet_distance(gather(a), gather(b))
    assert frechet_distance(gather(b), gather(a)) == pytest.approx(one)


def test_batches_and_a_far_origin_do_not_show():
    a, b = clouds(3, 90, 6)
    whole = frechet_distance(gather(a), gather(b))
    for batch in (1, 8, 64):
        assert frechet_distance(gather(a, batch), gather(b, batch)) == pytest.approx(whole)
    far = frechet_distance(gather(a + 1e6), gather(b + 1e6))
    assert far == pytest.approx(whole, rel=1e-6)


class Crossed(torch.nn.Module):
    """Features of bytes without any weights: means of the channels, and products of them."""

    num_features = 6

    def forward(self, images):
        means = images.double().mean((2, 3)) / 64
        return torch.cat([means, means * means.roll(1, 1)], dim=1)


def test_equal_to_torchmetrics_on_the_same_features():
    draws = torch.Generator().manual_seed(0)
    real = torch.randint(0, 256, (60, 3, 4, 4), generator=draws, dtype=torch.uint8)
    made = torch.randint(0, 180, (60, 3, 4, 4), generator=draws, dtype=torch.uint8)
    theirs = FrechetInceptionDistance(Crossed(), input_img_size=(3, 4, 4))
    theirs.set_dtype(torch.float64)
    theirs.update(real, real=True)
    theirs.update(made, real=False)
    features = Crossed()
    ours = frechet_distance(gather(features(made).numpy()), gather(features(real).numpy()))
    assert ours == pytest.approx(float(theirs.compute()), rel=1e-4)


def test_one_image_is_no_distribution():
    a, b = clouds(4, 10, 3)
    assert np.isnan(frechet_distance(gather(a[:1]), gather(b)))
    assert np.isnan(frechet_distance(gather(a), Moments(3)))


def probabilities(seed, count, classes):
    logits = np.random.default_rng(seed).normal(0, 2, (count, classes))
    return np.exp(logits) / np.exp(logits).sum(1, keepdims=True)


def test_inception_score_equals_a_plain_loop():
    found = probabilities(5, 43, 7)
    scores = []
    for start, stop in zip((0, 15, 29), (15, 29, 43), strict=True):  # as equal as they go
        part = found[start:stop]
        average = [sum(row[c] for row in part) / len(part) for c in range(7)]
        divergences = [sum(row[c] * np.log(row[c] / average[c]) for c in range(7)) for row in part]
        scores.append(np.exp(sum(divergences) / len(part)))
    mean, deviation = inception_score(found, splits=3)
    assert mean == pytest.approx(np.mean(scores))
    assert deviation == pytest.approx(np.std(scores))


def test_inception_score_of_the_sure_and_of_the_unsure():
    sure = np.tile(np.eye(4), (10, 1))  # each class as often, without a doubt
    assert inception_score(sure) == (pytest.approx(4), pytest.approx(0))
    assert inception_score(np.full((40, 4), 0.25))[0] == pytest.approx(1)
    assert np.isnan(inception_score(sure[:9])[0])
