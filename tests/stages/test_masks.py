import numpy as np
import pytest
import torch

from repose.data.tables import read_table, stack, table_metadata
from repose.errors import ReposeError
from repose.parts import part_masks
from repose.skeleton import JOINT, PART
from repose.stages.masks import Config, run
from tests.poses.made import standing_px, store_crops

CONFIG = Config(depth=8, height=16, width=16, chunk=2, compat=False)
SIZE = 64


def unpack(packed, shape):
    bits = np.unpackbits(np.frombuffer(packed, np.uint8))
    return bits[: np.prod(shape)].reshape(shape).astype(bool)


@pytest.mark.parametrize("compat", [False, True])
def test_masks_are_those_of_the_poses_at_both_sizes(tmp_path, compat, capsys):
    crops = store_crops(tmp_path / "0", SIZE, [{} for _ in range(5)])
    config = Config(**vars(CONFIG) | {"compat": compat})
    run(config, crops=crops, output=tmp_path / "masks.parquet")
    table = read_table(tmp_path / "masks.parquet", "masks")
    shapes = table_metadata(tmp_path / "masks.parquet")
    assert shapes["volume"] == [10, 8, 16, 16]
    assert shapes["image"] == [10, SIZE, SIZE]
    poses = read_table(crops / "crops.parquet", "crops")["joints_px"]
    joints = torch.from_numpy(stack(poses).reshape(5, 19, 3))
    expected = part_masks(joints, SIZE, (8, 16, 16), compat=compat).numpy()
    for i, row in table.iterrows():
        np.testing.assert_array_equal(unpack(row["volume"], shapes["volume"]), expected[i])
        image = unpack(row["image"], shapes["image"])
        np.testing.assert_array_equal(image[:, ::4, ::4], expected[i].max(axis=1))
        np.testing.assert_array_equal(image[:, 3::4, 3::4], expected[i].max(axis=1))
        x, y, _ = joints[i, JOINT["l_knee"]].int().tolist()
        assert image[PART["l_shin"], y, x]
        assert not image[PART["head"], y, x]
    assert capsys.readouterr().out == "masks: 5 crops, 10 parts on 8x16x16 voxels\n"


def test_crops_that_are_not_usable_have_no_masks(tmp_path):
    nowhere = {"usable": False, "joints_px": np.full(57, np.nan)}
    crops = store_crops(tmp_path / "0", SIZE, [{}, nowhere, {}])
    run(CONFIG, crops=crops, output=tmp_path / "masks.parquet")
    assert read_table(tmp_path / "masks.parquet", "masks")["frame"].tolist() == [0, 2]
    none = store_crops(tmp_path / "1", SIZE, [nowhere])
    run(CONFIG, crops=none, output=tmp_path / "masks.parquet")
    assert read_table(tmp_path / "masks.parquet", "masks").empty


def test_a_grid_that_does_not_fit_the_crops_is_refused(tmp_path):
    crops = store_crops(tmp_path / "0", 60, [{}])
    with pytest.raises(ReposeError, match=r"bad-size.*60 px on 16x16"):
        run(CONFIG, crops=crops, output=tmp_path / "masks.parquet")


def test_joints_in_the_image_plane_have_the_masks_of_a_flat_body(tmp_path, capsys):
    flat = standing_px(SIZE, 0.5)
    flat[:, 2] = 0
    legless = flat.copy()
    legless[JOINT["l_ankle"]] = np.nan
    known = [{"joints_px": joints.ravel()} for joints in (flat, legless)]
    no_depth = np.array([0, 0, np.nan])
    unknown = [{"joints_px": (joints + no_depth).ravel()} for joints in (flat, legless)]
    tables = []
    for name, people in (("known", known), ("unknown", unknown)):
        run(
            CONFIG, crops=store_crops(tmp_path / name, SIZE, people), output=tmp_path / f"{name}.p"
        )
        tables.append(read_table(tmp_path / f"{name}.p", "masks"))
    assert tables[0].equals(tables[1])
    images = unpack(tables[1].loc[1, "image"], (10, SIZE, SIZE))
    assert not images[PART["l_shin"]].any(), "a part without its joint has no mask"
    assert images[PART["r_shin"]].any()
    assert capsys.readouterr().out.count("joints without a depth") == 1
