"""Human3.6M in mmpose's layout: four cameras, gaps of 10 Hz, 32 or 17 joints to our 19."""

import pickle
import shutil

import numpy as np
import pytest

from repose import datasets
from repose.datasets.human36m_poses import Camera, read_cameras
from repose.errors import ReposeError
from repose.skeleton import JOINT
from tests.datasets import pose_trees, trees
from tests.hostile.pickles import hostile


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return pose_trees.human36m(tmp_path_factory.mktemp("h36m") / "processed")


@pytest.fixture
def broken(copy, tmp_path):
    return shutil.copytree(copy, tmp_path / "processed")


def read(folder):
    return datasets.read("human36m", [folder], None, "")


def annotations(folder, split):
    return folder / f"annotation_body3d/fps10/h36m_{split}.npz"


def change(folder, split="train", **changes):
    """Write an .npz file again with other arrays."""
    path = annotations(folder, split)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(path, **(arrays | {n: make(arrays[n]) for n, make in changes.items()}))
    return folder


def test_every_subject_is_seen_by_four_cameras_and_split_as_usual(copy):
    clips = {clip.clip: clip for clip in read(copy).clips}
    assert len(clips) == 4 * 4
    clip = clips["S9_Directions_1_55011271"]
    assert (clip.person, clip.outfit, clip.action) == ("S9", "S9/only", "Directions_1")
    assert {c.person: c.split for c in clips.values()} == {
        **{"S1": "train", "S8": "train", "S9": "test", "S11": "test"}
    }


def test_frames_are_those_of_50_hz_with_gaps(copy):
    found = read(copy)
    assert {clip.fps for clip in found.clips} == {50}
    frames = [s.frame for s in found.stills if s.clip == "S1_Directions_1_54138969"]
    assert frames == [0, 5, 10]
    names = [s.name for s in found.stills if s.clip == "S1_Directions_1_54138969"]
    assert names[1] == ("S1/S1_Directions_1.54138969/S1_Directions_1.54138969_000006.jpg")


@pytest.mark.parametrize("joint_set", ["h36m17", "h36m32"])
@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_joints_come_back_from_metres_and_mm_17_and_32(tmp_path, joint_set, unit):
    found = read(pose_trees.human36m(tmp_path / "made", joint_set, lambda mm: mm / unit))
    assert not found.notes
    assert len(found.poses) == len(found.stills) == 48
    assert trees.assert_at_pixels(found, pose_trees.h36m_shot) > 400
    shots = {(s.clip, s.frame): pose_trees.h36m_shot(s) for s in found.stills}
    faces = [JOINT[name] for name in ("l_eye", "r_eye", "l_ear", "r_ear")]
    body = [joint for joint in JOINT.values() if joint not in faces]
    for pose in found.poses:
        shot = shots[pose.clip, pose.frame]
        centred = shot.mm - shot.mm[JOINT["pelvis"]]
        np.testing.assert_allclose(pose.joints_mm[body], centred[body], atol=0.01)
        np.testing.assert_allclose(pose.joints_px[body, 2], shot.z_px[body], atol=1e-3)
        assert np.isnan(pose.joints_px[faces]).all()
        assert np.isnan(pose.joints_mm[faces]).all()
        assert (pose.score[faces] == 0).all()
        assert (pose.score[body] == 1).all()


def test_joints_relative_to_the_pelvis_are_read_and_noted(tmp_path):
    folder = pose_trees.human36m(
        tmp_path / "made", space=lambda mm: (mm - mm[JOINT["pelvis"]]) / 1000
    )
    found = read(folder)
    assert len(found.notes) == 2
    assert "relative to the pelvis" in found.notes[0]
    shots = {(s.clip, s.frame): pose_trees.h36m_shot(s) for s in found.stills}
    for pose in found.poses:
        wanted = shots[pose.clip, pose.frame].z_px
        there = ~np.isnan(pose.joints_px[:, 2])
        np.testing.assert_allclose(pose.joints_px[there, 2], wanted[there], atol=1.5)


@pytest.mark.parametrize(
    ("space", "said"),
    [
        (lambda mm: mm[:, [0, 2, 1]] / 1000, "neither camera space nor relative"),
        (lambda mm: mm / 1000 + (0.8, 0, 0), "neither camera space nor relative"),
        (lambda mm: -mm / 1000, "neither camera space nor relative"),
        (lambda mm: mm / 25.4, "neither in metres nor in mm"),
    ],
)
def test_other_frames_and_units_are_refused(tmp_path, space, said):
    folder = pose_trees.human36m(tmp_path / "made", space=space)
    with pytest.raises(ReposeError, match=rf"bad-annotations.*{said}.*h36m_train\.npz"):
        read(folder)


def test_images_without_joints_and_joints_without_images_are_counted(broken):
    sequence = broken / "images/S1/S1_Directions_1.54138969"
    (sequence / "S1_Directions_1.54138969_000006.jpg").unlink()
    trees.save(sequence / "S1_Directions_1.54138969_000002.jpg", trees.shots(1)[0])
    notes = read(broken).notes
    assert "1 of 48 images that have joints are not there" in notes
    assert "1 of 48 images have no joints" in notes


def test_other_subjects_and_folders_are_left_out_by_name(broken):
    (broken / "images/S2/S2_Directions.54138969").mkdir(parents=True)
    (broken / "images/S1/notes").mkdir()
    found = read(broken)
    assert len(found.clips) == 16
    assert sum("no sequence of a subject with joints" in note for note in found.notes) == 2


def test_of_several_rates_the_highest_is_read(broken):
    notes = broken / "annotation_body3d"
    shutil.copytree(notes / "fps10", notes / "fps50")
    change(broken, S=lambda s: s * 0)  # of fps10
    assert len(read(broken).poses) == 48


def test_a_camera_bends_as_the_toolbox_of_the_data_set_does():
    """Against the formula written out, at one point."""
    given = [np.array(v) for v in ((1100.0, 1200.0), (500.0, 510.0), (-0.2, 0.24, -0.02))]
    camera = Camera(*given, np.array([-0.001, 0.003]))
    x, y = 0.3, -0.2
    r2 = x * x + y * y
    bend = 1 - 0.2 * r2 + 0.24 * r2**2 - 0.02 * r2**3 + (-0.001 * y + 0.003 * x)
    wanted = (1100 * (x * bend + 0.003 * r2) + 500, 1200 * (y * bend - 0.001 * r2) + 510)
    np.testing.assert_allclose(camera.project(np.array([0.6, -0.4, 2.0])), wanted, rtol=1e-12)


@pytest.mark.parametrize("protocol", range(6))
def test_cameras_are_read_without_running_anything(tmp_path, protocol):
    facts = pose_trees.h36m_camera(1145.0) | {"R": np.arange(9.0).reshape(3, 3).T}
    (tmp_path / "cameras.pkl").write_bytes(pickle.dumps({("S1", "54138969"): facts}, protocol))
    cameras = read_cameras(tmp_path / "cameras.pkl")
    np.testing.assert_array_equal(cameras["S1", "54138969"].focal, (1145, 1145))


def test_hostile_cameras_are_refused_and_never_run(tmp_path):
    canary = tmp_path / "canary"
    path = tmp_path / "cameras.pkl"
    for name in ("GLOBAL and REDUCE", "INST", "OBJ", "STACK_GLOBAL", "eval by hand", "NEWOBJ_EX"):
        path.write_bytes(hostile(canary)[name])
        with pytest.raises(ReposeError, match=r"bad-pickle.*cameras\.pkl"):
            read_cameras(path)
    good = pose_trees.h36m_camera(1145.0)
    for key, facts in (((1, 2), good), (("S1", "1"), good | {"w": None})):
        path.write_bytes(pickle.dumps({key: facts}))
        with pytest.raises(ReposeError, match=r"bad-pickle.*an entry"):
            read_cameras(path)
    for tree in ({}, {"S1": 3}, {("S1", "1"): {"f": 3}}, {("S1", "1"): 3.5}, {("S1",): {}}, [1]):
        path.write_bytes(pickle.dumps(tree))
        with pytest.raises(ReposeError, match="bad-pickle"):
            read_cameras(path)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"part": lambda a: a[:, :16]}, "part of shape"),
        ({"part": lambda a: a[:-1]}, "part of shape"),
        ({"S": lambda a: a[..., :2]}, "S of shape"),
        ({"S": lambda a: np.where(a > 3, np.nan, a)}, "not finite"),
        ({"imgname": lambda a: a.astype(object)}, "'imgname' holds no texts"),
        ({"imgname": lambda a: np.arange(len(a))}, "'imgname' holds no texts"),
        ({"imgname": lambda a: np.char.replace(a, "S8", "S4")[:]}, ""),
        ({"imgname": lambda a: np.char.replace(a, "60457274", "1")}, "no camera 1 of S1"),
    ],
)
def test_wrong_arrays_are_refused(broken, changes, said):
    change(broken, **changes)
    if not said:  # another subject of the same cameras: nothing wrong but that images lack
        assert any("joints are not there" in note for note in read(broken).notes)
        return
    with pytest.raises(ReposeError, match=f"bad-annotations.*{said}"):
        read(broken)


def test_files_that_are_missing_or_cut_are_named(broken):
    path = annotations(broken, "test")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ReposeError, match=r"bad-annotations.*h36m_test\.npz"):
        read(broken)
    path.unlink()
    with pytest.raises(ReposeError, match=r"missing-file.*no h36m_test\.npz"):
        read(broken)


def test_the_check_counts_takes_cameras_and_joints(broken):
    shutil.rmtree(broken / "images/S8/S8_Directions_1.60457274")
    change(broken, "test", part=lambda a: a - (60, 0, 0), S=lambda a: a - a[:, :1])
    said = [f"{o.path}: {o.what}" for o in datasets.check("human36m", broken, "")]
    text = "\n".join(said)
    assert "4 of 7 subjects" in text
    assert "15 of 839 videos" in text
    assert "S8_Directions_1 is not there by camera 60457274" in text
    outside = [line for line in said if "joints lie outside the image of 128 x 128" in line]
    assert outside
    assert all("/S9_" in line or "/S11_" in line for line in outside)


def test_the_one_video_that_was_never_published_is_not_missed(broken):
    for folder in (broken / "images/S11").iterdir():
        camera = folder.name.rpartition(".")[2]
        folder.rename(folder.with_name(f"S11_Directions.{camera}"))
    shutil.rmtree(broken / "images/S11/S11_Directions.54138969")
    said = "\n".join(o.what for o in datasets.check("human36m", broken, ""))
    assert "is not there by camera" not in said
