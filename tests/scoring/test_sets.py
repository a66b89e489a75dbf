"""FID and Inception Score of images, with a network of random weights."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from repose.scoring.sets import Sets, describe
from tests.scoring.made import Small

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    real = rng.integers(0, 256, (70, 24, 18, 3), dtype=np.uint8)
    made = rng.integers(0, 256, (70, 24, 18, 3), dtype=np.uint8) // rng.integers(
        1, 4, (70, 1, 1, 1)
    )
    return list(made.astype(np.uint8)), list(real)


def gathered(images, batch):
    sets = Sets(Small(), CPU)
    for side, real in zip(images, (False, True), strict=True):
        for start in range(0, len(side), batch):
            sets.add(side[start : start + batch], real=real)
    return sets


def test_equal_to_the_formulas_on_the_features_of_single_images(images):
    network = Small()
    sides = []
    for side in images:
        seen = [network(torch.from_numpy(image).permute(2, 0, 1)[None]) for image in side]
        sides.append([torch.cat(parts).double().numpy() for parts in zip(*seen, strict=True)])
    (made, classes), (real, _) = sides
    gap = made.mean(0) - real.mean(0)
    covariances = np.cov(made.T), np.cov(real.T)
    root = sqrtm(covariances[0] @ covariances[1]).real
    fid = gap @ gap + np.trace(covariances[0] + covariances[1] - 2 * root)
    sets = gathered(images, 64)
    assert sets.fid() == pytest.approx(fid, rel=1e-4)
    parts = [classes[start : start + 7] for start in range(0, 70, 7)]
    scores = [np.exp((p * np.log(p / p.mean(0))).sum(1).mean()) for p in parts]
    found = sets.inception_score()
    assert found == (pytest.approx(np.mean(scores)), pytest.approx(np.std(scores)))


def test_the_size_of_batches_does_not_show(images):
    found = [gathered(images, batch) for batch in (1, 8, 64)]
    assert found[0].fid() > 0.01
    for sets in found[1:]:
        assert sets.fid() == pytest.approx(found[0].fid(), abs=1e-6)
        assert sets.inception_score() == pytest.approx(found[0].inception_score(), abs=1e-6)


def test_what_was_counted_is_said(images):
    told = describe(gathered(images, 64), "tf", "test", "test")
    assert told["fid"]["name"] == "fid_tf"
    assert (told["fid"]["images"], told["fid"]["real_images"]) == (70, 70)
    assert "true images of the scored pairs" in told["fid"]["protocol"]
    assert "1008 classes" in told["inception"]["protocol"]
    nothing = describe(None, "torchvision", "train", "test")
    assert nothing["fid"]["value"] is nothing["inception"]["value"] is None
    assert nothing["fid"]["images"] == 0
    assert np.isnan(Sets(Small(), CPU).fid())
