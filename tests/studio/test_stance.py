import numpy as np
import pytest

from repose.skeleton import FLIP, JOINT
from repose.studio.movements import ANGLE, ANGLES, mirrored, move_freely, turn_in_a_pose
from repose.studio.people import draw_person
from repose.studio.rig import BONE, rest_pose
from repose.studio.stance import stand

LIMBS = [
    (f"{side}_{a}", f"{side}_{b}")
    for side in "lr"
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]
RIGID = [*LIMBS, ("l_hip", "r_hip"), ("nose", "l_eye"), ("l_ear", "r_ear"), ("l_eye", "r_ear")]
FLIPPED = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module", params=[turn_in_a_pose, move_freely])
def clip(request):
    build = draw_person(4).build
    rest = rest_pose(build)
    angles = request.param(60, 15.0, 4)
    return rest, build.height, angles, *stand(rest, build.height, angles)


def length(joints, a, b):
    return np.linalg.norm(joints[..., JOINT[a], :] - joints[..., JOINT[b], :], axis=-1)


def test_bone_lengths_are_constant_and_those_of_the_rest_pose(clip) -> None:
    rest, height, _, _, joints = clip
    for a, b in RIGID:
        np.testing.assert_allclose(length(joints, a, b), height * length(rest.joints, a, b))


def test_neck_and_pelvis_are_the_middles_of_shoulders_and_hips(clip) -> None:
    joints = clip[-1]
    for middle, of in (("neck", "shoulder"), ("pelvis", "hip")):
        pair = (joints[:, JOINT[f"l_{of}"]] + joints[:, JOINT[f"r_{of}"]]) / 2
        np.testing.assert_allclose(joints[:, JOINT[middle]], pair)


def test_bones_are_similarities_and_helpers_make_half_the_turn(clip) -> None:
    _, height, _, bones, _ = clip
    linear = bones[..., :3, :3] / height
    identity = np.broadcast_to(np.eye(3), linear.shape)
    np.testing.assert_allclose(linear @ linear.swapaxes(-1, -2), identity, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(linear), 1.0)
    upper, fore, helper = (
        linear[:, i]
        for i in (BONE["l_upper_arm"], BONE["l_forearm"], BONE["l_forearm"] + len(BONE))
    )
    half = upper.swapaxes(1, 2) @ helper
    np.testing.assert_allclose(half @ half, upper.swapaxes(1, 2) @ fore, atol=1e-9)


def test_the_lower_sole_stands_on_the_floor(clip) -> None:
    rest, _, _, bones, _ = clip
    lowest = []
    for side in "lr":
        below = rest.pivots[f"{side}_foot"] * [1, 0, 1]
        foot = bones[:, BONE[f"{side}_foot"]]
        for z in (-0.06, 0.16):
            point = below + np.array([0, 0, z])
            lowest.append(foot[:, 1, :3] @ point + foot[:, 1, 3])
    assert np.abs(np.min(lowest, axis=0)).max() < 0.012


def test_the_person_stays_on_the_spot(clip) -> None:
    assert np.abs(clip[-1][:, JOINT["pelvis"]][:, [0, 2]]).max() < 0.7


def test_a_mirrored_person_has_mirrored_joints(clip) -> None:
    rest, height, angles, _, joints = clip
    _, other = stand(rest, height, mirrored(angles))
    np.testing.assert_allclose(other, joints[:, FLIP] * FLIPPED, atol=1e-12)


def test_mirroring_twice_changes_nothing(clip) -> None:
    np.testing.assert_array_equal(mirrored(mirrored(clip[2])), clip[2])


def test_the_turn_goes_round_once_and_shows_face_and_back() -> None:
    rest = rest_pose(draw_person(0).build)
    angles = turn_in_a_pose(60, 10.0, 0)
    yaw = angles[:, ANGLE["yaw"]]
    assert np.all(np.diff(yaw) > 0)
    assert 5.9 < yaw[-1] < 6.4
    _, joints = stand(rest, 1.0, angles)
    ahead = joints[:, JOINT["nose"], 2] - joints[:, JOINT["pelvis"], 2]
    assert ahead[0] > 0.05 > -0.05 > ahead[30]


def test_elbows_and_knees_bend_one_way_and_arms_stay_in_reach() -> None:
    for seed in range(8):
        angles = move_freely(90, 15.0, seed)
        assert angles.shape == (90, len(ANGLES))
        for side in "lr":
            assert angles[:, ANGLE[f"{side}_elbow"]].min() >= 0
            assert angles[:, ANGLE[f"{side}_elbow"]].max() < np.deg2rad(141)
            assert angles[:, ANGLE[f"{side}_knee"]].min() > np.deg2rad(-15)


def test_another_seed_is_another_movement_and_the_same_seed_the_same() -> None:
    assert np.array_equal(move_freely(20, 6.0, 1), move_freely(20, 6.0, 1))
    assert not np.array_equal(move_freely(20, 6.0, 1), move_freely(20, 6.0, 2))
