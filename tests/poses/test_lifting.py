"""Lifters called directly are those of mmpose's own call, with the future before their eyes."""

import numpy as np
import pytest
import torch

from repose.errors import ReposeError
from repose.skeleton import JOINT_SETS
from tests.poses.mmpose_models import (
    BASELINE,
    MOTIONBERT,
    RTMPOSE,
    SEMI,
    VIDEOPOSE,
    need_mmpose,
    random_model,
)

need_mmpose()

from repose.poses import lifting  # noqa: E402
from repose.poses.lifting import Lifter  # noqa: E402
from repose.poses.mmpose_imports import import_mmpose  # noqa: E402

FRAMES = 31
MIDDLE = FRAMES // 2


def walk(frames=FRAMES, seed=0):
    """Keypoints of somebody who walks to the right and shakes all over, COCO px."""
    random = np.random.default_rng(seed)
    person = random.uniform([80, 40], [160, 260], (17, 2))
    steps = random.normal(size=(frames, 17, 2)) * 4 + np.arange(frames)[:, None, None] * [3, 0]
    return (person + steps).astype(np.float32)


def placed(points):
    """Keypoints in Human3.6M's order and picture: the person 400 px large around (528, 427)."""
    joints = lifting.h36m_from_coco(points)
    low, high = joints.min(axis=1), joints.max(axis=1)
    scale = 400 / (1.15 * np.median((high - low).max(axis=1)))
    return joints, (low + high) / 2, scale


def by_mmpose(model, sequence):
    """Lift (L, 17, 2) px of one person, as mmpose's call does; its answer is for one frame."""
    from mmengine.structures import InstanceData
    from mmpose.apis import inference_pose_lifter_model
    from mmpose.structures import PoseDataSample

    samples = []
    for points in sequence:
        sample = PoseDataSample()
        sample.gt_instances = InstanceData(bboxes=np.array([[0, 0, 1, 1]]))
        sample.pred_instances = InstanceData(keypoints=points[None], bboxes=np.zeros((1, 4)))
        sample.track_id = 0
        samples.append([sample])
    found = inference_pose_lifter_model(model, samples, image_size=(1000, 1000))
    return np.asarray(found[0].pred_instances.keypoints).reshape(17, 3) * 1000


@pytest.fixture(scope="module")
def lifters():
    return {name: Lifter(random_model(name)) for name in (BASELINE, VIDEOPOSE, MOTIONBERT)}


def test_joints_are_renamed_as_mmpose_renames_them():
    import_mmpose()
    from mmpose.apis.inference_3d import convert_keypoint_definition

    points = walk()
    np.testing.assert_allclose(
        lifting.h36m_from_coco(points),
        convert_keypoint_definition(points, "coco", "h36m"),
        rtol=1e-6,
    )


@pytest.mark.parametrize("name", [BASELINE, VIDEOPOSE])
def test_a_clip_is_lifted_as_by_mmpose(lifters, name):
    points = walk()
    joints, centres, scale = placed(points)
    lifted = lifters[name].lift_clip(points, np.ones(FRAMES, bool))
    length = lifters[name].length
    assert length == {BASELINE: 1, VIDEOPOSE: 27}[name]
    for frame in (0, MIDDLE, FRAMES - 1):
        window = np.clip(np.arange(length) - length // 2 + frame, 0, FRAMES - 1)
        sequence = (joints[window] - centres[frame]) * scale + [528, 427]
        expected = by_mmpose(random_model(name), sequence)
        np.testing.assert_allclose(lifted[frame], expected - expected[0], atol=0.05)


def test_motionbert_is_mmposes_on_a_single_picture(lifters):
    points = walk(1)
    joints, centres, scale = placed(points)
    expected = by_mmpose(random_model(MOTIONBERT), (joints - centres[0]) * scale + [528, 427])
    lifted = lifters[MOTIONBERT].lift_each(points)[0]
    np.testing.assert_allclose(lifted, expected, atol=0.05)
    np.testing.assert_allclose(lifters[MOTIONBERT].lift_clip(points, np.ones(1, bool))[0], lifted)


@pytest.mark.parametrize("name", [VIDEOPOSE, MOTIONBERT])
def test_the_future_matters_and_the_far_future_does_not(lifters, name):
    frames = FRAMES if name == VIDEOPOSE else 12
    points, known = walk(frames), np.ones(frames, bool)
    lifted = lifters[name].lift_clip(points, known)
    moved = points.copy()
    moved[-1, 7] += [25, -10]  # an elbow in the last frame
    again = lifters[name].lift_clip(moved, known)
    change = np.abs(again - lifted).max(axis=(1, 2))
    assert change[-1] > 0.01
    assert change[-10] > 0.01  # ten frames before it moves
    if name == VIDEOPOSE:
        assert (change[: FRAMES - 14] < 1e-3).all()


def test_a_person_lifts_the_same_wherever_and_however_large(lifters):
    points, known = walk(5), np.ones(5, bool)
    for lifter in lifters.values():
        lifted = lifter.lift_clip(points, known)
        other = lifter.lift_clip(points * 2.5 + [700, -40], known)
        np.testing.assert_allclose(other, lifted, atol=0.5)
        assert (lifted[:, 0] == 0).all()  # the pelvis


def test_single_pictures_stand_still_and_know_nothing_of_each_other(lifters):
    points = walk(3)
    for lifter in lifters.values():
        each = lifter.lift_each(points)
        for i in range(3):
            alone = lifter.lift_clip(points[i : i + 1], np.ones(1, bool))[0]
            np.testing.assert_allclose(each[i], alone, atol=0.01)


def test_frames_without_a_person_are_bridged():
    points, known = walk(6), np.array([False, True, True, False, False, True])
    filled = lifting.fill(points, known)
    np.testing.assert_allclose(filled[0], points[1], rtol=1e-5)
    np.testing.assert_allclose(filled[3], points[2] + (points[5] - points[2]) / 3, rtol=1e-4)
    np.testing.assert_array_equal(filled[known], points[known])
    unseen = points.copy()
    unseen[~known] = 1e6
    np.testing.assert_array_equal(lifting.fill(unseen, known), filled)


def test_windows_and_pieces_cover_a_clip():
    where = lifting.windows(5, 3, causal=False)
    assert where.tolist() == [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 4]]
    assert lifting.windows(3, 3, causal=True)[0].tolist() == [0, 0, 0]
    assert lifting.windows(3, 3, causal=True)[2].tolist() == [0, 1, 2]
    for frames in (1, 242, 243, 244, 500):
        pieces = list(lifting.pieces(frames, 243))
        assert {piece.stop - piece.start for piece in pieces} == {min(frames, 243)}
        covered = np.concatenate([np.arange(frames)[piece] for piece in pieces])
        assert set(covered) == set(range(frames))


def test_the_mirror_changes_every_side():
    names = JOINT_SETS["h36m17"]
    for index, other in enumerate(lifting._MIRROR):
        swapped = {"l": "r", "r": "l"}.get(names[index][0]) if "_" in names[index] else None
        assert names[other] == (f"{swapped}{names[index][1:]}" if swapped else names[index])


def test_a_lifter_trained_with_a_trajectory_gives_its_pose(monkeypatch):
    model = random_model(SEMI)
    points = walk(4)
    lifter = Lifter(model)
    lifted = lifter.lift_clip(points, np.ones(4, bool))
    assert lifted.shape == (4, 17, 3)
    planted = torch.arange(51.0).reshape(1, 17, 3)

    class Both(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, inputs, _samples, mode):
            assert (inputs.shape, mode) == ((4, 34, 27), "tensor")
            return planted.expand(4, 17, 3), torch.full((4, 1, 3), 9.0)

    lifter.model = Both()
    metres = lifter.lift_clip(points, np.ones(4, bool)) / 1000
    np.testing.assert_allclose(metres[2], planted[0] - planted[0, 0], rtol=1e-6)


def test_what_is_no_lifter_is_refused():
    with pytest.raises(ReposeError, match=r"wrong-config.*SimpleBaseline3D"):
        Lifter(random_model(RTMPOSE))
