"""Crops are found by clip and frame, whole, in one order, cached or not."""

import numpy as np
import pandas as pd
import pytest
import torch

from repose.data.samples import Crops, as_images, as_tensor
from repose.data.tables import read_table, vectors, write_table
from repose.errors import ReposeError
from tests.training.toy import SIZE, draw, make_crops


@pytest.fixture
def folder(tmp_path):
    return make_crops(tmp_path / "0")


def rewrite(folder, change):
    table = read_table(folder / "crops.parquet", "crops")
    write_table(change(table), folder / "crops.parquet", "crops", {})


def test_images_and_joints_belong_together(folder):
    crops = Crops([folder], cache_mb=1)
    assert crops.size == SIZE
    images = crops.images(np.arange(len(crops)))
    assert images.dtype == np.uint8
    for image, joints in zip(images, crops.joints, strict=True):
        on_the_neck = image[int(joints[0, 1]), int(joints[0, 0])]
        redrawn = draw(joints, tuple(int(v) for v in on_the_neck))
        np.testing.assert_array_equal(image, redrawn)


def test_cached_or_not_the_images_are_the_same(folder):
    rows = np.array([5, 0, 5])
    cached, read = (Crops([folder], cache_mb=mb).images(rows) for mb in (10, 0))
    np.testing.assert_array_equal(cached, read)


def test_shards_change_nothing(tmp_path):
    whole = make_crops(tmp_path / "whole")
    table = read_table(whole / "crops.parquet", "crops")
    shards = []
    for shard in (1, 0):
        folder = tmp_path / str(shard)
        folder.mkdir()
        mine = table["clip"].str[-1].astype(int) % 2 == shard
        write_table(table[mine], folder / "crops.parquet", "crops", {})
        (folder / "crops.pack").hardlink_to(whole / "crops.pack")
        shards.append(folder)
    one, two = Crops([whole], cache_mb=1), Crops(shards, cache_mb=0)
    pd.testing.assert_frame_equal(one.table, two.table)
    assert one.fingerprint() == two.fingerprint()
    everything = np.arange(len(one))
    np.testing.assert_array_equal(one.images(everything), two.images(everything))


def test_rows_are_found_by_clip_and_frame(folder):
    crops = Crops([folder], cache_mb=1)
    rows = crops.rows(["clip2", "clip0"], [3, 1])
    assert crops.table.iloc[rows]["clip"].tolist() == ["clip2", "clip0"]
    assert crops.table.iloc[rows]["frame"].tolist() == [3, 1]
    with pytest.raises(ReposeError, match=r"missing-crop.*clip0, frame 99"):
        crops.rows(["clip0"], [99])


def test_unusable_crops_are_not_there(folder):
    rewrite(folder, lambda table: table.assign(usable=table["frame"] != 2))
    crops = Crops([folder], cache_mb=1)
    assert 2 not in set(crops.table["frame"])
    rewrite(folder, lambda table: table.assign(usable=False))
    with pytest.raises(ReposeError, match="no-crops"):
        Crops([folder], cache_mb=1)


def test_infinite_joints_are_refused_and_missing_ones_are_not(folder):
    for value in (np.nan, np.inf):
        joints = [np.full(57, value, np.float32)]
        rewrite(folder, lambda table, j=joints: table.assign(joints_px=j * len(table)))
        if np.isnan(value):
            assert np.isnan(Crops([folder], cache_mb=1).joints).all()
        else:
            with pytest.raises(ReposeError, match="bad-joints"):
                Crops([folder], cache_mb=1)


def test_a_damaged_image_is_named(folder):
    row = read_table(folder / "crops.parquet", "crops").set_index(["clip", "frame"])
    offset, length = row.loc[("clip1", 4), ["offset", "length"]]
    pack = folder / "crops.pack"
    data = bytearray(pack.read_bytes())
    data[offset + length // 2] ^= 1
    pack.write_bytes(data)
    with pytest.raises(ReposeError, match=r"bad-pack.*clip1, frame 4 .*crops\.pack"):
        Crops([folder], cache_mb=1)


def test_crops_of_two_sizes_are_an_error(folder, tmp_path):
    other = make_crops(tmp_path / "1", size=48)
    rewrite(other, lambda table: table.assign(clip="z" + table["clip"]))
    with pytest.raises(ReposeError, match=r"bad-size.*zclip0, frame 0"):
        Crops([folder, other], cache_mb=1)


def test_the_fingerprint_tells_data_apart(folder, tmp_path):
    other = make_crops(tmp_path / "other", seed=1)
    assert Crops([folder], 1).fingerprint() != Crops([other], 1).fingerprint()


def test_images_survive_the_way_to_a_tensor_and_back():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    tensor = as_tensor(images)
    assert tensor.shape == (1, 3, 16, 16)
    assert (tensor.min(), tensor.max()) == (-1, 1)
    np.testing.assert_array_equal(as_images(tensor), images)
    assert as_images(torch.full((1, 3, 1, 1), 1.5)).max() == 255


def test_joints_without_depth_lie_in_the_image_plane(folder):
    flat = np.array([1, 1, np.nan], np.float32)

    def flatten(table):
        joints = np.stack(table["joints_px"].to_list()).reshape(len(table), -1, 3)
        joints[0, 3] = np.nan  # a joint that is missing stays so
        return table.assign(joints_px=vectors(joints * flat))

    deep = Crops([folder], cache_mb=0)
    rewrite(folder, flatten)
    crops = Crops([folder], cache_mb=0)
    assert deep.has_depth
    assert not crops.has_depth
    assert np.isnan(crops.joints[0, 3]).all()
    known = np.isfinite(crops.joints).all(axis=-1)
    assert known.sum() == known.size - 1
    assert (crops.joints[known][:, 2] == 0).all()
    np.testing.assert_array_equal(crops.joints[known][:, :2], deep.joints[known][:, :2])
