import numpy as np
import pytest

from repose.skeleton import FLIP_PARTS, JOINT, PART, PARTS
from repose.studio.people import draw_person
from repose.studio.regions import part_labels, skin_weights, smooth_step
from repose.studio.rig import BONE, BONES, rest_pose

MIDDLES = {
    "upper_arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
    "thigh": ("hip", "knee"),
    "shin": ("knee", "ankle"),
}


@pytest.fixture(scope="module", params=[0, 1, 6, 11])
def rest(request):
    return rest_pose(draw_person(request.param).build)


@pytest.fixture
def cloud(rest):
    random = np.random.default_rng(0)
    return random.uniform([-0.6, 0.0, -0.2], [0.6, 1.75, 0.2], (4000, 3)).astype(np.float32)


def test_the_middle_of_a_limb_has_its_label(rest) -> None:
    for side in "lr":
        for part, ends in MIDDLES.items():
            a, b = (rest.joints[JOINT[f"{side}_{end}"]] for end in ends)
            for share in (0.25, 0.5, 0.75):
                point = (a + share * (b - a))[None]
                label = part_labels(point, np.array([False]), rest)
                assert PARTS[label[0] - 1] == f"{side}_{part}"


def test_face_belly_and_hair_have_their_labels(rest) -> None:
    belly = (rest.joints[JOINT["neck"]] + rest.joints[JOINT["pelvis"]]) / 2
    points = np.stack([rest.joints[JOINT["nose"]], belly, belly])
    labels = part_labels(points, np.array([False, False, True]), rest)
    np.testing.assert_array_equal(labels - 1, [PART["head"], PART["torso"], PART["head"]])


def test_mirrored_points_have_mirrored_labels(rest, cloud) -> None:
    bald = np.zeros(len(cloud), bool)
    labels = part_labels(cloud, bald, rest)
    flipped = part_labels(cloud * np.float32([-1, 1, 1]), bald, rest)
    np.testing.assert_array_equal(np.array(FLIP_PARTS)[labels - 1], flipped - 1)


def test_weights_are_a_partition_and_mirror(rest, cloud) -> None:
    bald = np.full(len(cloud), -1.0, np.float32)
    weights = skin_weights(cloud, bald, rest, 0.02)
    assert weights.min() > -1e-6
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    other = {"l": "r", "r": "l"}
    swap = [BONE[f"{other[n[0]]}{n[1:]}"] if n[:2] in ("l_", "r_") else BONE[n] for n in BONES]
    swap += [len(BONES) + i for i in swap]
    mirrored = skin_weights(cloud * np.float32([-1, 1, 1]), bald, rest, 0.02)
    np.testing.assert_allclose(mirrored[:, swap], weights, atol=1e-6)


def test_hands_and_feet_follow_their_own_bone(rest) -> None:
    for bone, beyond in (("hand", [0.05, -0.05, 0]), ("foot", [0, -0.06, 0.1])):
        for side, sign in (("l", 1), ("r", -1)):
            point = rest.pivots[f"{side}_{bone}"] + np.array(beyond) * [sign, 1, 1]
            weights = skin_weights(point[None], np.array([-1.0]), rest, 0.012)
            assert weights[0, BONE[f"{side}_{bone}"]] > 0.99


def test_smooth_step_is_level_at_its_ends() -> None:
    x = np.array([-1.0, 0.0, 1e-4, 0.5, 1 - 1e-4, 1.0, 2.0])
    np.testing.assert_allclose(smooth_step(x, 0, 1), [0, 0, 0, 0.5, 1, 1, 1], atol=1e-7)
