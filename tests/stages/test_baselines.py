"""The baselines are the source itself, and the target after JPEG."""

import cv2
import numpy as np
import pytest

from repose.data.packs import Pack
from repose.data.samples import Crops
from repose.data.tables import read_table
from repose.manifests import check_manifest
from repose.stages import baselines
from tests.training.toy import make_crops, make_pairs


@pytest.fixture
def made(tmp_path):
    crops = make_crops(tmp_path / "crops")
    pairs = make_pairs(tmp_path / "pairs.parquet")
    config = baselines.Config(jpeg_quality=90)
    folders = {name: tmp_path / name for name in ("copy_source", "true_jpeg90")}
    baselines.run(config, crops=[crops], pairs=pairs, **folders)
    for folder in folders.values():
        assert check_manifest(folder)["settings"] == {"jpeg_quality": 90}
    return Crops([crops], cache_mb=1), read_table(pairs, "pairs"), tmp_path


def true(crops, pairs, end):
    return crops.images(crops.rows(pairs[f"{end}_clip"], pairs[f"{end}_frame"]))


def stored(folder, pairs):
    table = read_table(folder / "images.parquet", "images")
    assert table["pair"].to_list() == pairs["pair"].to_list()
    pack = Pack(folder / "images.pack")
    where = zip(table["offset"], table["length"], table["sha256"], strict=True)
    return np.stack([pack.image(*place) for place in where])


def test_copy_source_is_the_source(made):
    crops, pairs, folder = made
    copied = stored(folder / "copy_source", pairs)
    np.testing.assert_array_equal(copied, true(crops, pairs, "source"))


def test_true_jpeg90_is_near_the_target_but_not_it(made):
    crops, pairs, folder = made
    degraded, target = stored(folder / "true_jpeg90", pairs), true(crops, pairs, "target")
    assert not np.array_equal(degraded, target)
    assert np.abs(degraded.astype(int) - target).mean() < 6


def test_lower_quality_is_worse():
    image = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
    image = cv2.resize(image, (64, 64))
    errors = [
        np.abs(baselines.jpeg(image, quality).astype(int) - image).mean()
        for quality in (100, 90, 30)
    ]
    assert errors == sorted(errors)
    assert errors[0] < errors[1] < errors[2]
