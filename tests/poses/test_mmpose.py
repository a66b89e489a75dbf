"""The estimator mmpose: refusals, shapes, and planted people whose joints come out as planted."""

import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from repose.errors import ReposeError
from repose.files import sha256
from repose.poses import Clip, Settings, load
from repose.skeleton import JOINT, JOINT_SETS, convert
from tests.hostile.pickles import calls
from tests.poses import colours
from tests.poses.mmpose_models import BASELINE, RTMPOSE, VIDEOPOSE, need_mmpose, random_model, save

need_mmpose()

from repose.poses.mmpose_checkpoints import read_checkpoint  # noqa: E402
from repose.poses.mmpose_imports import find_config, import_mmpose  # noqa: E402

WIDTH, HEIGHT = 320, 260


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    return {config: save(config, folder) for config in (RTMPOSE, BASELINE, VIDEOPOSE)}


def settings(files, lifter=BASELINE, score=0.0, **more):
    named = {"config": RTMPOSE, "weights": files[RTMPOSE]}
    if lifter:
        named |= {"lifter_config": lifter, "lifter_weights": files[lifter]}
    return Settings(score, score, **named | more)


@pytest.fixture(scope="module")
def estimator(files):
    return load("mmpose", settings(files))


def noise(count):
    return list(np.random.default_rng(0).integers(0, 255, (count, 90, 70, 3), np.uint8))


def test_every_frame_has_a_pose_of_nineteen_joints(estimator, files):
    poses = estimator.estimate(noise(3), Clip("a", (0, 1, 2)))
    assert len(poses) == 3
    for pose in poses:
        assert pose.joints_px.shape == pose.joints_mm.shape == (19, 3)
        assert np.isfinite(pose.joints_px).all()
        assert np.isfinite(pose.joints_mm).all()
        assert (pose.joints_mm[JOINT["pelvis"]] == 0).all()
        assert ((pose.score >= 0) & (pose.score <= 1)).all()
    assert [pose.detected for pose in estimator.estimate_images(noise(2))] == [True, True]
    for config in (RTMPOSE, BASELINE):
        assert f"{config}+{sha256(Path(files[config]))[:12]}" in estimator.version


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"weights": ""}, "missing-weights.*needs a file of weights"),
        ({"weights": "nowhere.pth"}, r"missing-weights.*nowhere\.pth.*docs/poses\.md"),
        ({"weights_sha256": "0" * 64}, "wrong-weights.*the config wants '0000"),
        ({"lifter_weights": ""}, "missing-weights"),
        ({"lifter_sha256": "1" * 64}, "wrong-weights"),
        ({"config": "rtmpose-t_8xb256-420e_coco-256x193"}, f"unknown-config.*'{RTMPOSE}'"),
        ({"config": "missing.py"}, "unknown-config"),
        ({"config": ""}, "unknown-config"),
        ({"lifter_config": RTMPOSE}, "wrong-weights.*tensors missing"),
        ({"config": VIDEOPOSE, "weights": "@videopose"}, "wrong-config.*not a top-down"),
        ({"device": "cuda"}, "no-device"),
        ({"detector_config": "rtmdet.py"}, "missing-mmdet.*whole mmcv"),
    ],
)
def test_what_does_not_fit_is_refused(files, change, code):
    if change.get("device") == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    change = {k: files[VIDEOPOSE] if v == "@videopose" else v for k, v in change.items()}
    with pytest.raises(ReposeError, match=code):
        load("mmpose", settings(files, **change))


def test_random_weights_are_an_explicit_wish(files):
    named = {"config": RTMPOSE, "random_weights": True}
    assert "random" in load("mmpose", Settings(**named)).version
    with pytest.raises(ReposeError, match="missing-weights"):  # a wrong path stays an error
        load("mmpose", Settings(**named, weights="nowhere.pth"))
    assert "random_weights" not in vars(Settings.taken_from({"random_weights": True})) or not (
        Settings.taken_from({"random_weights": True}).random_weights
    )


def test_missing_or_other_packages_are_named(files, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: "1.0")
    with pytest.raises(ReposeError, match=r"wrong-mmpose.*mmpose is 1\.0, needs 1\.3\.2"):
        load("mmpose", settings(files))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ReposeError, match="missing-mmpose"):
        import_mmpose()


def test_a_config_that_makes_no_model_is_refused(files, tmp_path):
    config = tmp_path / "project.py"
    config.write_text("custom_imports = dict(imports=['rtmpose3d_absent'])\nmodel = dict()\n")
    with pytest.raises(ReposeError, match=r"wrong-config.*rtmpose3d_absent"):
        load("mmpose", settings(files, config=str(config)))


def test_a_config_of_one_name_is_found_by_it():
    assert find_config(RTMPOSE) == find_config(f"{RTMPOSE}.py")
    assert find_config(str(find_config(RTMPOSE))) == find_config(RTMPOSE)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_checkpoint_that_would_run_something_is_refused_and_runs_nothing(tmp_path, files):
    canary = tmp_path / "canary"
    for name, content in calls(canary).items():
        path = tmp_path / f"{name.replace('/', '_')}.pth"
        path.write_bytes(content)
        with pytest.raises(ReposeError, match="wrong-weights"):
            read_checkpoint(str(path))
    hostile = tmp_path / "meta.pth"
    # A whole checkpoint, with something more in its metadata.
    torch.save(
        {"state_dict": random_model(RTMPOSE).state_dict(), "meta": types.SimpleNamespace}, hostile
    )
    with pytest.raises(ReposeError, match=r"wrong-weights.*SimpleNamespace"):
        load("mmpose", settings(files, weights=str(hostile)))
    assert not canary.exists()
    cut = tmp_path / "cut.pth"
    cut.write_bytes(Path(files[RTMPOSE]).read_bytes()[:100_000])
    with pytest.raises(ReposeError, match="wrong-weights"):
        read_checkpoint(str(cut))


def test_a_checkpoint_fills_the_model(estimator, files):
    state = read_checkpoint(files[RTMPOSE])
    model = estimator._look._model
    assert set(state) > set(model.state_dict())
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())


def test_a_checkpoint_of_an_older_mmpose_fills_it_too(files, tmp_path):
    state = read_checkpoint(files[BASELINE])
    older = tmp_path / "older.pth"
    renamed = {name.replace("head.", "keypoint_head."): value for name, value in state.items()}
    torch.save({"state_dict": renamed}, older)
    model = load("mmpose", settings(files, lifter_weights=str(older)))._lifter.model
    own = model.state_dict()
    assert any(name.startswith("head.") for name in own)
    assert all(torch.equal(own[name], state[name]) for name in own)


def test_weights_of_another_size_are_refused(files, tmp_path):
    state = read_checkpoint(files[BASELINE])
    other = tmp_path / "other.pth"
    torch.save(
        {"state_dict": {name: value[:1] for name, value in state.items() if value.dim()}}, other
    )
    with pytest.raises(ReposeError, match=r"wrong-weights.*size mismatch"):
        load("mmpose", settings(files, lifter_weights=str(other)))


@pytest.fixture
def seer(estimator, monkeypatch):
    """The estimator, whose 2D network finds the colours of the joints."""
    model = estimator._look._model
    shown = []
    monkeypatch.setattr(model, "extract_feat", lambda inputs: inputs)
    monkeypatch.setitem(model.test_cfg, "flip_test", False)

    def forward(inputs):
        shown.append(inputs)
        processor = model.data_preprocessor
        return colours.find(inputs, processor.mean[None], processor.std[None])

    monkeypatch.setattr(model.head, "forward", forward)
    monkeypatch.setattr(estimator, "settings", Settings(0.05, 0.05))
    return estimator, shown


def test_planted_people_come_out_joint_by_joint(seer):
    estimator, _ = seer
    points = colours.standing(90, 40, 180)
    [pose] = estimator.estimate_images([colours.paint(points, WIDTH, HEIGHT)])
    expected, _ = convert(points, np.ones(17), "coco17")
    assert pose.detected
    apart = np.linalg.norm(pose.joints_px[:, :2] - expected, axis=1)
    # Half a cell of the maps, along both axes, in a box that is scaled to 192 x 256.
    assert apart.max() < 1.5
    assert np.abs((pose.joints_px[:, :2] - expected).mean(axis=0)).max() < 0.35
    assert pose.joints_px[JOINT["l_wrist"], 0] > pose.joints_px[JOINT["r_wrist"], 0] + 40


def test_nobody_is_missing(seer):
    estimator, _ = seer
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    assert not estimator.estimate_images([black])[0].detected
    person = colours.paint(colours.standing(90, 40, 180), WIDTH, HEIGHT)
    poses = estimator.estimate([black, person, black], Clip("a", (0, 1, 2)))
    assert [pose.detected for pose in poses] == [False, True, False]


def test_a_walk_is_followed_by_boxes_and_lifted_as_a_whole(seer, monkeypatch):
    estimator, shown = seer
    walk = [colours.standing(30 + 12 * i, 40, 150) for i in range(4)]
    images = [colours.paint(points, WIDTH, HEIGHT) for points in walk]
    lifted = []

    def lift_clip(points, known):
        lifted.append(points)
        planted = np.zeros((len(points), 17, 3), np.float32)
        for i, name in enumerate(JOINT_SETS["h36m17"]):
            if name in JOINT_SETS["coco17"]:
                place = points[:, JOINT_SETS["coco17"].index(name)]
                planted[:, i, :2] = place * 6
                planted[:, i, 2] = 10 * JOINT[name]
            elif name != "-":
                sides = ("shoulder", "hip")[name == "pelvis"]
                pair = [JOINT_SETS["coco17"].index(f"{side}_{sides}") for side in "lr"]
                planted[:, i, :2] = points[:, pair].mean(axis=1) * 6
        return planted

    monkeypatch.setattr(estimator._lifter, "lift_clip", lift_clip)
    poses = estimator.estimate(images, Clip("a", (0, 1, 2, 3)))
    for pose, points in zip(poses, walk, strict=True):
        expected, _ = convert(points, np.ones(17), "coco17")
        assert np.abs(pose.joints_px[:, :2] - expected).max() < 1.0
        # 6 mm per px, so z is a sixth of the lifted one, and mm are from the pelvis.
        assert pose.joints_px[JOINT["l_knee"], 2] == pytest.approx(
            10 * JOINT["l_knee"] / 6, rel=0.01
        )
        assert pose.joints_mm[JOINT["l_knee"], 2] == pytest.approx(10 * JOINT["l_knee"], rel=1e-3)
        arm = pose.joints_mm[JOINT["l_wrist"], :2] - pose.joints_mm[JOINT["l_elbow"], :2]
        assert (
            np.abs(arm / 6 - (expected[JOINT["l_wrist"]] - expected[JOINT["l_elbow"]])).max() < 1.0
        )
    [seen] = lifted
    assert seen.shape == (4, 17, 2)
    # Whole picture, then five closer looks: the person fills more of the input.
    tall = [
        float((inputs.amax(dim=1) > 0.5).any(dim=2).sum(dim=1).float().mean()) for inputs in shown
    ]
    assert len(tall) == 5
    assert min(tall[1:]) > 1.2 * tall[0]


def test_without_a_lifter_there_is_no_depth(files):
    flat = load("mmpose", settings(files, lifter=""))
    [pose] = flat.estimate_images(noise(1))
    assert np.isnan(pose.joints_mm).all()
    assert np.isfinite(pose.joints_px[:, :2]).all()


def test_depths_of_a_single_stage_network_are_read_from_its_map(estimator, monkeypatch):
    """RTMW3D's answer, as its project gives it: cells of the maps, places, a camera of its own."""
    look = estimator._look
    monkeypatch.setattr(look, "_depth", 2.1744869)
    codec = types.SimpleNamespace(input_size=(288, 384, 288))
    head = types.SimpleNamespace(decoder=codec)
    monkeypatch.setattr(look, "_model", types.SimpleNamespace(head=head))
    cells = np.zeros((1, 133, 3))
    cells[..., 2] = 144 + np.linspace(-10, 10, 133)
    found = types.SimpleNamespace(
        keypoint_scores=np.full((1, 133), 1.2),
        keypoints=np.full((1, 133, 3), 99.0),
        keypoints_simcc=cells,
        transformed_keypoints=np.full((1, 133, 2), 30.0),
    )
    keypoints = look._keypoints(found)
    np.testing.assert_allclose(keypoints.points, 30.5)
    np.testing.assert_allclose(keypoints.depth_mm[[0, -1]], [-151.0, 151.0], atol=0.1)
    assert keypoints.scores.max() == 1


def test_a_detector_keeps_the_largest_person():
    from repose.poses.detection import largest

    boxes = torch.tensor([[0, 0, 10, 10], [0, 0, 50, 80], [0, 0, 90, 90], [0, 0, 95, 95.0]])
    found = types.SimpleNamespace(
        bboxes=boxes, scores=torch.tensor([0.9, 0.8, 0.2, 0.9]), labels=torch.tensor([0, 0, 0, 2])
    )
    assert largest(found, 0.5).tolist() == [0, 0, 50, 80]
    assert largest(found, 0.95) is None


def test_what_stands_in_raises_when_it_is_used():
    import_mmpose()
    standing_in = [
        name
        for name in ("xtcocotools.coco", "mmcv.ops")
        if getattr(sys.modules.get(name), "__file__", None) is None
    ]
    if not standing_in:
        pytest.skip("all of mmpose's packages are installed")
    for name in standing_in:
        for thing in vars(sys.modules[name]).values():
            if isinstance(thing, type):
                with pytest.raises(RuntimeError, match="not installed"):
                    thing()
