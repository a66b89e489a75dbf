"""The action videos: numbers and pixels from 1, spaces in names, joints in .mat files."""

import shutil

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from repose import datasets
from repose.errors import ReposeError
from repose.skeleton import JOINT
from tests.datasets import pose_trees, trees

GOLF = "Golf Lessons - Stop Topping Fairway Woods"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return pose_trees.action_videos(tmp_path_factory.mktemp("actions") / "data")


@pytest.fixture
def broken(copy, tmp_path):
    return shutil.copytree(copy, tmp_path / "data")


def read(folder):
    return datasets.read("action_videos", [folder], None, "")


def clip_of(found, name):
    return next(clip for clip in found.clips if clip.path.name == name)


def test_each_video_is_a_person_in_the_split_of_its_folder(copy):
    found = read(copy)
    splits = {clip.path.name: clip.split for clip in found.clips}
    assert splits == {"Flavia Pennetta in 4k": "train", "plain": "train", GOLF: "test"}
    assert len({clip.person for clip in found.clips}) == 3
    assert all(" " not in clip.clip for clip in found.clips)
    assert not found.notes


def test_frames_are_ordered_by_number_from_1_and_junk_is_passed_over(copy):
    found = read(copy)
    for name, ending in (("Flavia Pennetta in 4k", "jpg"), (GOLF, "png")):
        clip = clip_of(found, name)
        stills = [still for still in found.stills if still.clip == clip.clip]
        assert [still.frame for still in stills] == list(range(12))
        assert [still.path.name for still in stills] == [f"{k}.{ending}" for k in range(1, 13)]
        assert stills[0].name == f"{name}/1.{ending}"


def test_joints_lie_on_their_pixels(copy):
    found = read(copy)
    assert len(found.poses) == 36
    assert trees.assert_at_pixels(found, pose_trees.action_shot, ("neck", "pelvis")) > 300


def test_a_joint_that_was_not_found_is_missing_and_so_is_the_head(copy):
    for pose in read(copy).poses:
        wrist = pose.joints_px[JOINT["r_wrist"]]
        assert np.isnan(wrist[:2]).all() == (pose.frame == 0)
        assert pose.score[JOINT["r_wrist"]] == (pose.frame != 0)
        assert np.isnan(pose.joints_px[JOINT["nose"]]).all()
        assert np.isnan(pose.joints_px[:, 2]).all()
        shoulders = pose.joints_px[[JOINT["l_shoulder"], JOINT["r_shoulder"]], :2]
        np.testing.assert_allclose(pose.joints_px[JOINT["neck"], :2], shoulders.mean(axis=0))


def test_names_do_not_depend_on_where_the_folder_lies(copy, broken):
    assert [c.clip for c in read(copy).clips] == [c.clip for c in read(broken).clips]


def test_a_lost_frame_leaves_a_gap_and_is_counted(broken):
    (broken / "test/frames" / GOLF / "5.png").unlink()
    trees.save(broken / "test/frames" / GOLF / "13.png", trees.shots(7)[0])
    found = read(broken)
    clip = clip_of(found, GOLF).clip
    assert [s.frame for s in found.stills if s.clip == clip] == [*range(4), *range(5, 13)]
    posed = {pose.frame for pose in found.poses if pose.clip == clip}
    assert posed == {*range(4), *range(5, 12)}
    assert sum("1 of 12 frames have no joints" in note for note in found.notes) == 1
    assert sum("1 of 12 frames are not there" in note for note in found.notes) == 1


def test_the_joints_of_a_single_frame_are_read(broken):
    path = broken / "train/info/plain.mat"
    data = loadmat(path)["data"][0, 0]
    savemat(path, {"data": {"X": data["X"][..., 3], "bbox": data["bbox"][3:4]}})
    found = read(broken)
    clip = clip_of(found, "plain").clip
    assert [pose.frame for pose in found.poses if pose.clip == clip] == [0]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"X": np.ones((13, 2, 12))}, "data.X of shape"),
        ({"X": np.ones((12, 14, 2))}, "data.X of shape"),
        ({"bbox": np.ones((12, 4))}, "no data.X"),
        ({"X": "text"}, "no data.X"),
        (np.ones((3, 3)), "no data.X"),
    ],
)
def test_other_joints_are_refused(broken, value, said):
    savemat(broken / "train/info/plain.mat", {"data": value})
    with pytest.raises(ReposeError, match=rf"bad-annotations.*{said}.*plain\.mat"):
        read(broken)


def test_a_video_without_joints_is_named(broken):
    (broken / "test/info" / f"{GOLF}.mat").unlink()
    with pytest.raises(ReposeError, match=f"missing-file.*{GOLF}.mat"):
        read(broken)


def test_the_check_names_what_is_wrong(broken):
    video = broken / "train/frames/plain"
    video.rename(video.with_name("renamed"))
    shutil.copy(broken / "train/info/plain.mat", broken / "train/info/renamed.mat")
    image = broken / "test/frames" / GOLF / "2.png"
    image.write_bytes(image.read_bytes()[:-20])
    image = broken / "train/frames/Flavia Pennetta in 4k/3.jpg"
    image.write_bytes(image.read_bytes()[:-300])
    path = broken / "train/info/Flavia Pennetta in 4k.mat"
    x = loadmat(path)["data"][0, 0]["X"]
    x[:, :, 7] += 100
    savemat(path, {"data": {"X": x, "bbox": np.ones((12, 4))}})
    said = "\n".join(f"{o.path}: {o.what}" for o in datasets.check("action_videos", broken, ""))
    assert "3 of 266 videos" in said
    assert "plain.mat: joints of a video without frames" in said
    assert f"{GOLF}/2.png: no image that can be decoded" in said
    assert "Flavia Pennetta in 4k/3.jpg: no image that can be decoded" in said
    assert "8.jpg: " in said.split("of its")[0]
    assert said.count("joints lie outside") == 1
    assert "DS_Store" not in said


def test_the_check_of_a_damaged_file_says_what_to_do(broken):
    path = broken / "train/info/plain.mat"
    path.write_bytes(path.read_bytes()[:200])
    (offence,) = datasets.check("action_videos", broken, "")
    assert offence.path == path
    assert "refused as a .mat file" in offence.what
    assert offence.mend
