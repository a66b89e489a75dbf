import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repose.errors import ReposeError
from repose.skeleton import (
    EDGES,
    FLIP,
    FLIP_PARTS,
    H36M17_FROM_32,
    JOINT,
    JOINT_SETS,
    JOINTS,
    PARTS,
    convert,
)


def test_a_flip_undoes_itself_and_moves_every_side():
    for names, flip in ((JOINTS, FLIP), (PARTS, FLIP_PARTS)):
        assert [flip[i] for i in flip] == list(range(len(names)))
        for name, partner in zip(names, flip, strict=True):
            sided = name.startswith(("l_", "r_"))
            assert sided == (names[partner] != name)


def test_the_edges_join_all_joints_into_one_tree():
    assert len(EDGES) == len(JOINTS) - 1
    reached = {0}
    for _ in EDGES:
        reached |= {b for a, b in EDGES if a in reached} | {a for a, b in EDGES if b in reached}
    assert reached == set(range(len(JOINTS)))


@pytest.mark.parametrize("joint_set", JOINT_SETS)
def test_every_known_joint_arrives_with_its_own_coordinates(joint_set):
    names = JOINT_SETS[joint_set]
    points = np.random.default_rng(0).normal(size=(4, len(names), 3))
    scores = np.random.default_rng(1).uniform(0.1, 1, size=(4, len(names)))
    joints, joint_scores = convert(points, scores, joint_set)
    for index, name in enumerate(names):
        if name != "-":
            np.testing.assert_allclose(joints[:, JOINT[name]], points[:, index], rtol=1e-6)
            np.testing.assert_allclose(joint_scores[:, JOINT[name]], scores[:, index], rtol=1e-6)


def test_neck_and_pelvis_are_mid_points_with_the_lower_score():
    points = np.zeros((33, 3))
    points[11], points[12] = (2, 4, 6), (4, 0, 0)  # BlazePose: left and right shoulder
    scores = np.ones(33)
    scores[12] = 0.25
    joints, joint_scores = convert(points, scores, "blazepose33")
    np.testing.assert_array_equal(joints[JOINT["neck"]], (3, 2, 3))
    assert joint_scores[JOINT["neck"]] == 0.25


def test_a_joint_that_cannot_be_had_is_missing_and_not_zero(monkeypatch):
    monkeypatch.setitem(JOINT_SETS, "two", ("nose", "l_shoulder"))
    joints, scores = convert(np.ones((2, 2)), np.ones(2), "two")
    assert np.isnan(joints[JOINT["neck"]]).all()
    assert scores[JOINT["neck"]] == 0


# Joints by their published numbers: (set, number, joint).
PUBLISHED = (
    *(("h36m32", 0, "pelvis"), ("h36m32", 3, "r_ankle"), ("h36m32", 6, "l_hip")),
    *(("h36m32", 13, "neck"), ("h36m32", 19, "l_wrist"), ("h36m32", 25, "r_shoulder")),
    *(("h36m17", 1, "r_hip"), ("h36m17", 6, "l_ankle"), ("h36m17", 8, "neck")),
    *(("h36m17", 9, "nose"), ("h36m17", 11, "l_shoulder"), ("h36m17", 16, "r_wrist")),
    *(("mpii16", 0, "r_ankle"), ("mpii16", 6, "pelvis"), ("mpii16", 7, "neck")),
    *(("mpii16", 12, "r_shoulder"), ("mpii16", 15, "l_wrist")),
    *(("mpii14", 2, "r_shoulder"), ("mpii14", 7, "l_wrist"), ("mpii14", 10, "r_ankle")),
    *(("mpii14", 13, "l_ankle"), ("openpose18", 1, "neck"), ("openpose18", 4, "r_wrist")),
    *(("openpose18", 13, "l_ankle"), ("openpose18", 14, "r_eye"), ("openpose18", 17, "l_ear")),
    *(("youtube7", 1, "r_wrist"), ("youtube7", 4, "l_elbow"), ("youtube7", 6, "l_shoulder")),
)
SIZES = {"h36m32": 32, "h36m17": 17, "mpii16": 16, "mpii14": 14, "openpose18": 18, "youtube7": 7}


@pytest.mark.parametrize(("joint_set", "number", "joint"), PUBLISHED)
def test_joints_stand_where_their_data_set_has_them(joint_set, number, joint):
    assert len(JOINT_SETS[joint_set]) == SIZES[joint_set]
    assert JOINT_SETS[joint_set][number] == joint


def test_the_17_of_human36m_are_those_of_the_32():
    points = np.random.default_rng(0).normal(size=(5, 32, 3))
    scores = np.random.default_rng(1).uniform(0.1, 1, (5, 32))
    whole = convert(points, scores, "h36m32")
    picked = list(H36M17_FROM_32)
    part = convert(points[:, picked], scores[:, picked], "h36m17")
    np.testing.assert_array_equal(whole[0], part[0])
    np.testing.assert_array_equal(whole[1], part[1])


@pytest.mark.parametrize("joint_set", ["mpii14", "mpii16", "youtube7"])
def test_the_top_of_a_head_is_no_nose(joint_set):
    count = len(JOINT_SETS[joint_set])
    joints, scores = convert(np.ones((count, 2)), np.ones(count), joint_set)
    assert np.isnan(joints[JOINT["nose"]]).all()
    assert scores[JOINT["nose"]] == 0
    assert scores[JOINT["neck"]] == 1


@given(st.integers(1, 40))
def test_a_wrong_number_of_joints_is_refused(count):
    if count != 17:
        with pytest.raises(ReposeError, match="wrong-shape"):
            convert(np.zeros((count, 3)), np.zeros(count), "coco17")


def test_an_unknown_joint_set_names_the_nearest():
    with pytest.raises(ReposeError, match="did you mean 'coco17'"):
        convert(np.zeros((17, 3)), np.zeros(17), "coco_17")
