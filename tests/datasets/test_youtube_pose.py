"""VGG YouTube Pose: one .mat file, pixels from 1, and two ways to read its crops."""

import shutil

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from repose import datasets
from repose.datasets.youtube_pose import FILE, read_videos, share_inside
from repose.errors import ReposeError
from repose.skeleton import JOINT
from tests.datasets import pose_trees, trees


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return pose_trees.youtube_pose(tmp_path_factory.mktemp("youtube") / "pose")


@pytest.fixture
def broken(copy, tmp_path):
    return shutil.copytree(copy, tmp_path / "pose")


def read(folder, layout=""):
    return datasets.read("youtube_pose", [folder], None, layout)


def change(folder, **changes):
    """Write the .mat file again with another value in the second video."""
    data = loadmat(folder / FILE)["data"]
    for name, value in changes.items():
        data[0, 1][name] = value
    savemat(folder / FILE, {"data": data})
    return folder


def test_each_video_is_a_person_without_split(copy):
    found = read(copy)
    assert [clip.path.name for clip in found.clips] == list(pose_trees.YOUTUBE)
    assert {clip.split for clip in found.clips} == {""}
    assert len({clip.person for clip in found.clips}) == 3
    assert not found.notes


def test_frames_stand_in_the_order_of_the_list_whatever_their_names(copy):
    found = read(copy)
    for clip, pattern in zip(found.clips, ("{}.png", "{}.png", "frame_{:06d}.png"), strict=True):
        stills = [still for still in found.stills if still.clip == clip.clip]
        assert [still.path.name for still in stills] == [
            pattern.format(number) for number in pose_trees.FRAME_IDS
        ]
        assert [still.frame for still in stills] == [0, 1, 2, 3]


def test_joints_lie_on_their_pixels(copy):
    found = read(copy)
    assert len(found.poses) == 12
    assert trees.assert_at_pixels(found, pose_trees.youtube_shot, ("neck",)) >= 60
    for pose in found.poses:
        there = {name for name, joint in JOINT.items() if pose.score[joint] > 0}
        assert there == {
            f"{side}_{name}" for side in "lr" for name in ("wrist", "elbow", "shoulder")
        } | {"neck"}
        assert np.isnan(pose.joints_px[JOINT["nose"]]).all(), "the head's middle is no nose"


def test_the_reading_of_crop_is_held_against_the_joints(copy, tmp_path):
    boxes = pose_trees.youtube_pose(tmp_path / "boxes", corners=False, images=False)
    assert share_inside(read_videos(copy / FILE), "corners") == 1
    assert share_inside(read_videos(boxes / FILE), "xywh") == 1
    assert share_inside(read_videos(boxes / FILE), "corners") < 1
    assert read(copy, "corners").poses


def test_a_reading_that_the_joints_contradict_is_refused_and_the_other_named(broken):
    # A box whose far corner, read as corners, lies before the joints.
    data = loadmat(broken / FILE)["data"]
    for video in data[0]:
        low, high = video["locs"].min(axis=(1, 2)), video["locs"].max(axis=(1, 2))
        video["crop"] = np.array([[*(low - 1), *(high - low + 2)]])
    savemat(broken / FILE, {"data": data})
    with pytest.raises(ReposeError, match=r"wrong-crop.*as xywh.*set ingest\.layout: xywh"):
        read(broken, "corners")
    assert read(broken, "xywh").poses
    (offence,) = datasets.check("youtube_pose", broken, "corners")
    assert offence.mend == "set ingest.layout: xywh"


def test_a_crop_that_fits_neither_way_is_noted(broken):
    data = loadmat(broken / FILE)["data"]
    for video in data[0]:
        video["crop"] = np.array([[1, 1, 3, 3]])
    savemat(broken / FILE, {"data": data})
    (note,) = read(broken).notes
    assert "neither reading fits" in note


def test_what_is_missing_is_counted_and_leaves_its_place(broken):
    (broken / "frames" / pose_trees.YOUTUBE[0] / "5.png").unlink()
    shutil.rmtree(broken / "frames" / pose_trees.YOUTUBE[2])
    found = read(broken)
    assert [s.frame for s in found.stills] == [0, 2, 3, 0, 1, 2, 3]
    assert len(found.clips) == 2
    assert any("1 of 4 annotated frames are not there" in note for note in found.notes)
    assert any("no such folder of frames" in note for note in found.notes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"locs": np.ones((2, 6, 4))}, "video 2: no locs"),
        ({"locs": np.ones((2, 7, 3))}, "video 2: not one of frameids"),
        ({"frameids": np.array([[1, 2, 2, 3]])}, "video 2: frameids"),
        ({"frameids": np.array([[1, 2, np.nan, 3]])}, "video 2: frameids"),
        ({"videoname": "../../etc"}, "video 2: no videoname"),
        ({"videoname": "a/../../etc"}, "video 2: no videoname"),
        ({"videoname": np.ones((1, 3))}, "video 2: no videoname"),
        ({"videoname": pose_trees.YOUTUBE[0]}, "comes twice"),
    ],
)
def test_a_wrong_entry_is_named(broken, changes, said):
    change(broken, **changes)
    with pytest.raises(ReposeError, match=rf"bad-annotations.*{said}.*YouTube_Pose_dataset\.mat"):
        read(broken)


def test_the_check_counts_and_finds_joints_outside(broken):
    locs = loadmat(broken / FILE)["data"][0, 1]["locs"]
    change(broken, locs=locs + np.array([[[100]], [[0]]]))
    image = broken / "frames" / pose_trees.YOUTUBE[0] / "17.png"
    image.write_bytes(b"")
    said = "\n".join(f"{o.path}: {o.what}" for o in datasets.check("youtube_pose", broken, ""))
    assert "3 of 50 videos" in said
    assert "12 of 5,000 frames" in said
    assert "17.png: no image that can be decoded" in said
    assert "joints lie outside the image of 128 x 128" in said
