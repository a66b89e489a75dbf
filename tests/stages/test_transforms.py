import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from repose.data.tables import read_table, stack, write_table
from repose.errors import ReposeError
from repose.skeleton import JOINT, PART
from repose.stages.pairs import Config as Pairs
from repose.stages.pairs import run as run_pairs
from repose.stages.transforms import Config, run
from tests.poses.made import pair_inputs, standing_px, store_crops

CONFIG = Config(chunk=3, compat_reflections=False)
SIZE = 64


def bent(seed):
    """A standing person whose limbs are all bent, so that every fit is well posed."""
    random = np.random.default_rng(seed)
    return standing_px(SIZE) + random.normal(0, 2, (19, 3))


def store(tmp_path, poses, split=("train", "test")):
    people = [
        {"clip": name, "frame": i, "person": name, "outfit": name, "split": name}
        | {"joints_px": pose.ravel()}
        for name in split
        for i, pose in enumerate(poses)
    ]
    crops = [store_crops(tmp_path / "0", SIZE, people)]
    output = tmp_path / "pairs.parquet"
    config = Pairs(4, 4, seed=0, official_split=False, official_pairs="none")
    run_pairs(config, **pair_inputs(tmp_path, crops), output=output)
    return {"pairs": output, "crops": crops, "output": tmp_path / "transforms.parquet"}


def test_a_moved_and_scaled_person_is_carried_back_exactly(tmp_path, capsys):
    pose = bent(0)
    turn = 1.2 * Rotation.from_rotvec([0.1, 0.3, -0.2]).as_matrix()
    moved = (pose - SIZE / 2) @ turn.T + SIZE / 2 + np.array([3.0, -2.0, 0.5])
    paths = store(tmp_path, [pose, moved])
    run(CONFIG, **paths)
    table = read_table(paths["output"], "transforms").set_index("pair")
    pairs = read_table(paths["pairs"], "pairs").set_index("pair")
    matrices = stack(table["helmert"]).reshape(-1, 10, 4, 4)
    for i, row in pairs.iterrows():
        target = (pose, moved)[row["target_frame"]]
        source = (pose, moved)[row["source_frame"]]
        for name, joint in (("torso", "l_hip"), ("l_shin", "l_knee"), ("head", "nose")):
            carried = matrices[i, PART[name]] @ [*target[JOINT[joint]], 1]
            np.testing.assert_allclose(carried[:3], source[JOINT[joint]], atol=1e-3)
    assert stack(table["helmert_residual_px"]).max() < 1e-3
    assert (table["degenerate"] == 0).all()
    assert "0 of 40 parts degenerate" in capsys.readouterr().out


def test_flat_transforms_carry_the_torso_of_a_sheared_person(tmp_path):
    pose = bent(1)
    moved = pose.copy()
    moved[:, 0] += 0.3 * pose[:, 1]
    paths = store(tmp_path, [pose, moved])
    run(CONFIG, **paths)
    table = read_table(paths["output"], "transforms")
    pairs = read_table(paths["pairs"], "pairs")
    flat = stack(table["affine"]).reshape(-1, 10, 3, 3)
    for i, row in pairs.iterrows():
        source, target = ((pose, moved)[row[f"{end}_frame"]] for end in ("source", "target"))
        carried = flat[i, PART["torso"]] @ [*target[JOINT["r_hip"], :2], 1]
        np.testing.assert_allclose(carried[:2], source[JOINT["r_hip"], :2], atol=1e-3)
    assert stack(table["affine_residual_px"])[:, PART["torso"]].max() < 1e-3
    assert stack(table["helmert_residual_px"])[:, PART["torso"]].min() > 0.1


def test_a_straight_arm_sets_the_bit_of_its_part(tmp_path):
    pose = bent(2)
    straight = pose.copy()
    shoulder, elbow = straight[JOINT["r_shoulder"]], straight[JOINT["r_elbow"]]
    straight[JOINT["r_wrist"]] = 2 * elbow - shoulder
    paths = store(tmp_path, [pose, straight])
    run(CONFIG, **paths)
    expected = 1 << PART["r_upper_arm"] | 1 << PART["r_forearm"]
    assert set(read_table(paths["output"], "transforms")["degenerate"]) == {expected}


def test_a_pair_of_a_frame_that_is_gone_is_said(tmp_path):
    paths = store(tmp_path, [bent(0), bent(1)])
    pairs = read_table(paths["pairs"], "pairs").assign(target_frame=9)
    write_table(pairs, paths["pairs"], "pairs", {})
    with pytest.raises(ReposeError, match=r"missing-crop.*frame 9"):
        run(CONFIG, **paths)


def test_joints_in_the_image_plane_have_affine_transforms_only(tmp_path, capsys):
    poses = [bent(0), bent(1)]
    spatial = store(tmp_path / "3d", poses)
    flat = store(tmp_path / "2d", [pose + np.array([0, 0, np.nan]) for pose in poses])
    for paths in (spatial, flat):
        run(CONFIG, **paths)
    tables = [read_table(paths["output"], "transforms") for paths in (spatial, flat)]
    for name in ("affine", "affine_residual_px"):
        np.testing.assert_array_equal(*(stack(table[name]) for table in tables))
    assert np.isnan(stack(tables[1]["helmert_residual_px"])).all()
    assert set(tables[1]["degenerate"]) == {(1 << 10) - 1}
    assert "no Helmert fit, 40 of 40 parts degenerate" in capsys.readouterr().out
