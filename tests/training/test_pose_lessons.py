"""What the pose network is shown: joints stay where the picture shows them, whatever moves."""

import math

import numpy as np
import pytest
import torch

from repose.data.augmentation import Ranges
from repose.errors import ReposeError
from repose.poses.metro_network import BOX_MM, PoseNetwork
from repose.poses.metro_windows import into_window
from repose.skeleton import FLIP, JOINT
from repose.training.loop import train
from repose.training.phases import everything
from repose.training.pose_lessons import (
    SIGMA_CELLS,
    PoseBatch,
    PoseBatches,
    PoseObjective,
    PoseRaw,
    cross_entropy,
)
from repose.training.pose_windows import Windows, blurred, draw_look
from repose.training.posed_frames import PosedFrames
from repose.training.schedule import Schedule
from tests.poses.metro_made import TOY, filmed

WINDOWS = Windows((1.2, 1.6), 0.3, (1.4, 2.8), 0.7, 0.0, 0.4, 0.4)
TIGHT = Windows((1.3, 1.3), 0.0, (1.3, 1.3), 0.0, 0.0, 0.0, 1.0)
TURNS = Ranges(0.4, 0, 0, 0.5, 0, 0, 0, 0, 0)
STILL = Ranges(0, 0, 0, 0, 0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return filmed(tmp_path_factory.mktemp("filmed"))


@pytest.fixture(scope="module")
def frames(made):
    clips, folder, given = made
    return PosedFrames(clips, [folder], given, ("train",))


def batches(frames, side=16, batch=8, windows=WINDOWS, ranges=TURNS, seed=0):
    return PoseBatches(frames, side, batch, windows, ranges, seed, torch.device("cpu"), 1)


def test_only_the_persons_of_the_splits_are_read(made):
    clips, folder, given = made
    everyone = {s: PosedFrames(clips, [folder], given, (s,)) for s in ("train", "test")}
    assert everyone["train"].persons == ["a", "b"]
    assert everyone["test"].persons == ["c"]
    assert len(everyone["train"]) == 8
    with pytest.raises(ReposeError, match="no-true-joints"):
        PosedFrames(clips, [folder], given, ("valid",))


@pytest.mark.parametrize("joint", ["l_wrist", "r_ankle", "nose"])
def test_a_dot_at_a_joint_is_still_there_when_all_was_turned_and_mirrored(frames, joint):
    side, many = 48, 12
    maker = batches(frames, side, many)
    drawn = maker.read(0)
    places = torch.zeros_like(drawn.places)
    places[..., :2] = torch.rand(many, 19, 2, generator=torch.Generator().manual_seed(1)) * 16 + 16
    pictures = np.zeros((many, side, side, 3), np.uint8)
    for i, (x, y) in enumerate(places[:, JOINT[joint], :2].round().int().tolist()):
        pictures[i, y - 1 : y + 1, x - 1 : x + 1] = 255  # its middle is the corner (x, y)
    places = places.round()
    found = maker.finish(drawn._replace(pictures=torch.from_numpy(pictures), places=places))
    assert drawn.draws.flipped.any()
    assert not drawn.draws.flipped.all()
    seen = (found.pictures.mean(dim=1) + 1) / 2
    middles = (torch.arange(side) + 0.5) / side
    for i, mirrored in enumerate(drawn.draws.flipped.tolist()):
        mass = seen[i] / seen[i].sum()
        dot = torch.stack([(mass.sum(dim=0) * middles).sum(), (mass.sum(dim=1) * middles).sum()])
        name = FLIP[JOINT[joint]] if mirrored else JOINT[joint]
        assert torch.allclose(found.places[i, name], dot, atol=0.01)


def test_joints_in_space_move_as_those_in_the_picture(frames):
    maker = batches(frames)
    drawn = maker.read(3)
    # Seen from so far away that a mm is 0.01 px everywhere.
    flat = drawn.joints_mm.clone() * 0.01
    flat[..., 2] = 0
    moved = maker.finish(drawn._replace(places=flat + torch.tensor([8.0, 8.0, 0])))
    about = moved.places - moved.places[:, JOINT["pelvis"], None]
    assert torch.allclose(about * maker.side, moved.joints_mm[..., :2] * 0.01, atol=1e-4)
    depth = torch.where(
        drawn.draws.flipped[:, None], drawn.joints_mm[:, list(FLIP), 2], drawn.joints_mm[..., 2]
    )
    assert torch.allclose(moved.joints_mm[..., 2], depth, atol=1e-2)


def test_a_batch_is_a_pure_function_of_seed_and_number(frames):
    first, again, other = (batches(frames, seed=seed).read(5) for seed in (0, 0, 1))
    for a, b in zip(first[:4], again[:4], strict=True):
        assert (np.asarray(a) == np.asarray(b)).all()
    assert (first.pictures != other.pictures).any()
    assert (first.pictures != batches(frames).read(6).pictures).any()


def test_windows_hold_the_person_and_are_as_wide_as_was_said(frames):
    random = np.random.default_rng(0)
    rooms, sizes = [], []
    for _ in range(400):
        joints = frames.joints_px[random.integers(len(frames))].astype(float)
        window, px, shown = draw_look(joints, (64, 64), WINDOWS, 64, random)
        assert shown
        inside = into_window(joints, window)
        assert inside.min() >= 0
        assert inside.max() <= 1
        rooms.append(window[2] / np.ptp(joints, axis=0).max())
        sizes.append(px)
    assert 1.2 <= min(rooms) < 1.25
    assert 2.5 < max(rooms) <= 2.8
    assert 0.3 < np.mean(np.array(sizes) < 64) < 0.5
    assert 64 * 0.4 <= min(sizes) < 30


def test_a_window_beside_a_person_holds_none_of_their_joints_and_lies_in_the_frame():
    random = np.random.default_rng(0)
    beside = Windows((1.2, 1.6), 0.3, (1.4, 2.8), 0.7, 1.0, 0.0, 1.0)
    for left in (5.0, 70.0):
        joints = np.array([left, 20]) + random.random((19, 2)) * [20, 50]
        for _ in range(50):
            look = draw_look(joints, (90, 100, 3), beside, 64, random)
            inside = into_window(joints, look.window)
            assert not look.shown
            assert not ((inside > 0) & (inside < 1)).all(axis=1).any()
            assert look.window[:2].min() >= 0
            assert (look.window[:2] + look.window[2] <= [100, 90]).all()
    everywhere = random.random((19, 2)) * [100, 90]
    assert draw_look(everywhere, (90, 100, 3), beside, 64, random).shown  # there is no room


def test_a_coarse_picture_has_fewer_details_and_the_same_mean():
    picture = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    assert (blurred(picture, 32) == picture).all()
    assert blurred(picture, 8).std() < picture.std() / 2
    assert blurred(picture, 8).mean() == pytest.approx(picture.mean(), abs=1)


def test_cross_entropy_is_least_at_the_truth_and_as_an_independent_sum():
    places = torch.tensor([[0.3, 0.9]])
    middles = np.arange(6) + 0.5
    wanted = np.exp(-0.5 * ((middles - 6 * places.numpy()[..., None]) / SIGMA_CELLS) ** 2)
    wanted /= wanted.sum(axis=-1, keepdims=True)
    mass = np.full((1, 2, 6), 1 / 6)
    somebody, nobody = torch.tensor([True]), torch.tensor([False])
    assert cross_entropy(torch.tensor(mass), places, somebody).item() == pytest.approx(math.log(6))
    at_best = cross_entropy(torch.tensor(wanted), places, somebody).item()
    alike = cross_entropy(torch.tensor(mass), places, nobody).item()
    assert alike < cross_entropy(torch.tensor(wanted), places, nobody).item()
    assert at_best == pytest.approx(-(wanted * np.log(wanted)).sum(axis=-1).mean(), rel=1e-5)
    assert at_best < math.log(6)


def test_the_losses_are_zero_at_the_truth_and_in_shares():
    joints = torch.zeros(1, 19, 3)
    places, pictures = torch.full((1, 19, 2), 0.5), torch.zeros(1, 3, 8, 8)
    batch = PoseBatch(np.zeros((1, 1)), pictures, places, joints, torch.tensor([True]))
    made = {
        "places": batch.places + 0.1,
        "joints_mm": joints + BOX_MM / 4,
        "maps": torch.zeros(1, 19, 4, 4),
        "volumes": torch.zeros(1, 19, 4, 4, 4),
    }
    found = PoseObjective({"places": 1.0, "joints": 2.0, "maps": 0.0}).generator(
        made, batch, None, step=0
    )
    assert found["places"].item() == pytest.approx(0.1)
    assert found["joints"].item() == pytest.approx(0.25)
    assert found["loss"].item() == pytest.approx(0.6)
    assert "maps" not in found
    hidden = batch._replace(shown=torch.tensor([False]))
    assert PoseObjective({"places": 1.0}).generator(made, hidden, None, step=0)["loss"] == 0
    right = made | {"places": batch.places, "joints_mm": joints}
    assert PoseObjective({"places": 1.0}).generator(right, batch, None, step=0)["loss"] == 0


@pytest.mark.slow
def test_it_overfits_a_few_frames(frames, tmp_path):
    torch.manual_seed(0)
    network = PoseNetwork(TOY)
    steps = 150
    schedule = Schedule(
        steps, everything(steps), 0.01, 0.5, (0.9, 0.999), False, False, steps, 2, 1, steps
    )
    weights = {"places": 1.0, "joints": 1.0, "maps": 0.1}
    lessons = batches(frames, batch=8, windows=TIGHT, ranges=STILL)
    run = (tmp_path, "toy")
    train({"generator": network}, PoseObjective(weights), lessons, schedule, run, lambda _: None)
    seen: PoseRaw = lessons.read(0)
    found = network.eval()(lessons.finish(seen).pictures)
    away_mm = (found["joints_mm"] - seen.joints_mm).norm(dim=-1).mean()
    spread_mm = (seen.joints_mm - seen.joints_mm.mean(dim=0)).norm(dim=-1).mean()
    assert away_mm < spread_mm / 2
