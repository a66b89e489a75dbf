"""iPER in its three layouts, with the quirks of each."""

import pickle
import shutil

import numpy as np
import pytest

from repose import datasets
from repose.datasets.splits import assign_splits
from repose.errors import ReposeError
from tests.datasets import trees


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    root = tmp_path_factory.mktemp("iper")
    return {
        "video": trees.iper_videos(root / "video"),
        "frames": trees.iper_frames(root / "frames"),
        "knoche": trees.iper_knoche(root / "knoche"),
    }


def read(folder, layout):
    return datasets.read("iper", [folder], None, layout)


@pytest.fixture
def copy_of(copies, tmp_path):
    """A copy that may be damaged."""
    return lambda layout: shutil.copytree(copies[layout], tmp_path / layout)


@pytest.mark.parametrize("layout", ["video", "frames", "knoche"])
def test_all_layouts_name_the_same_clips_people_and_outfits(copies, layout):
    facts = {c.clip: (c.person, c.outfit, c.action) for c in read(copies[layout], layout).clips}
    assert facts["001_9_2"] == ("001", "001/9", "free")
    assert facts["030_2_1"] == ("030", "030/2", "turn")
    assert set(facts) == {f"{p}_{o}_{a}" for p, o, a, _, _ in trees.IPER}


def test_without_a_layout_the_videos_are_read(copies):
    found = read(copies["video"], "")
    assert {clip.path.suffix for clip in found.clips} == {".mp4"}
    assert not found.stills


def test_outfits_are_split_as_the_lists_say_and_people_may_be_in_several(copies):
    splits = {clip.clip: clip.split for clip in read(copies["knoche"], "knoche").clips}
    assert splits["001_9_1"] == splits["001_9_2"] == "test"
    assert splits["001_1_1"] == "train"
    assert splits["002_1_1"] == "valid", "valid.txt goes before train.txt"
    assert {c.clip: c.split for c in read(copies["video"], "").clips}["002_1_1"] == "train"


def test_a_line_for_one_video_puts_its_whole_outfit_into_the_test(copy_of):
    folder = copy_of("video")
    (folder / "val.txt").write_text("001/9/2\n")
    splits = {clip.clip: clip.split for clip in read(folder, "video").clips}
    assert splits["001_9_1"] == splits["001_9_2"] == "test"


def test_lists_need_not_pad_like_the_folders(copy_of):
    folder = copy_of("frames")
    (folder / "val.txt").write_text("\ufeff1/9/1/\n\n 1/9\n", encoding="utf-8")
    tests = {clip.clip for clip in read(folder, "frames").clips if clip.split == "test"}
    assert tests == {"001_9_1", "001_9_2"}


def test_the_lists_may_lie_beside_the_folder_of_the_images(copies, copy_of):
    folder = copy_of("knoche")
    for name in ("train.txt", "valid.txt", "val.txt"):
        shutil.move(folder / "iPER" / name, folder / name)
    moved, left = read(folder, "knoche"), read(copies["knoche"], "knoche")
    assert [(c.clip, c.split) for c in moved.clips] == [(c.clip, c.split) for c in left.clips]
    assert not [note for note in moved.notes if ".txt" in note]


def test_without_val_txt_nothing_is_said_of_splits(copy_of):
    folder = copy_of("frames")
    (folder / "val.txt").unlink()
    found = read(folder, "frames")
    assert {clip.split for clip in found.clips} == {""}
    assert "no val.txt in it" in found.notes
    assert {clip.split for clip in assign_splits(found.clips, 0.5, 0)} == {"train", "test"}


def test_frames_are_ordered_by_number_whatever_their_digits_and_kind(copies):
    found = read(copies["frames"], "frames")
    frames = [still for still in found.stills if still.clip == "001_1_1"]
    assert [still.frame for still in frames] == [0, 1, 2, 3, 10]
    names = [still.name.rpartition("/")[2] for still in frames]
    assert names == ["000.png", "0001.jpg", "002.png", "0003.png", "10.png"]
    assert frames[0].name == "001/1/1/000.png"


def test_a_lost_frame_leaves_a_gap(copies):
    frames = [s.frame for s in read(copies["frames"], "frames").stills if s.clip == "001_1_2"]
    assert frames == [0, 1, 3]


def test_an_outfit_of_a_single_frame_is_left_out_and_named(copies):
    found = read(copies["frames"], "frames")
    assert "003" not in {clip.person for clip in found.clips}
    assert "003_1_1" not in {still.clip for still in found.stills}
    assert any("outfit 003/1 has fewer than 2 frames" in note for note in found.notes)


def test_two_files_of_one_frame_are_one_frame(copy_of):
    folder = copy_of("frames")
    trees.save(folder / "images/030/2/1/1.png", trees.shots(30)[1])
    found = read(folder, "frames")
    assert [s.frame for s in found.stills if s.clip == "030_2_1"] == [0, 1, 2, 3]
    assert any("1.png: the same frame as 0001.jpg" in note for note in found.notes)


def test_poses_lie_on_the_pixels_of_their_joints(copies):
    found = read(copies["knoche"], "knoche")
    assert trees.assert_at_pixels(found, trees.iper_shot) > 300
    shots = {(s.clip, s.frame): trees.iper_shot(s) for s in found.stills}
    for pose in found.poses:
        shot = shots[pose.clip, pose.frame]
        np.testing.assert_allclose(pose.joints_px[:, 2], 2 * shot.z_px, atol=1e-4)
        assert np.isnan(pose.joints_mm).all()
        assert (pose.score == 1).all()


def test_a_frame_without_pose_is_counted_and_gets_none(copies):
    found = read(copies["knoche"], "knoche")
    posed = {(pose.clip, pose.frame) for pose in found.poses}
    bare = [(s.clip, s.frame) for s in found.stills if (s.clip, s.frame) not in posed]
    assert bare == [("001_9_2", 2)]
    assert "1 of 24 frames have no pose in poses.pkl" in found.notes


def test_knoches_frames_count_from_1_unless_there_is_a_frame_0(copy_of):
    folder = copy_of("knoche")
    trees.save(folder / "iPER/images/030/2/1/0000.png", trees.shots(30)[0], 256)
    found = read(folder, "knoche")
    frames = {s.name: s.frame for s in found.stills}
    assert frames["030/2/1/0003.png"] == 3
    assert frames["001/9/2/0003.png"] == 2


def test_images_from_0_have_the_poses_from_1(copies, copy_of):
    folder = copy_of("knoche")
    for number in range(1, 5):
        video = folder / "iPER/images/030/2/1"
        (video / f"{number:04d}.png").rename(video / f"{number - 1:03d}.png")
    found, left = read(folder, "knoche"), read(copies["knoche"], "knoche")
    for pose, same in zip(found.poses, left.poses, strict=True):
        assert (pose.clip, pose.frame) == (same.clip, same.frame)
        np.testing.assert_array_equal(pose.joints_px, same.joints_px)
    assert any("1 videos have images from 0 and poses from 1" in note for note in found.notes)


def test_poses_keyed_by_whole_names_or_numbers_are_found(copy_of):
    folder = copy_of("knoche")
    poses = trees.iper_poses()
    poses["030"]["2"]["1"] = {f"{k}.png": v for k, v in poses["030"]["2"]["1"].items()}
    poses["002"]["1"]["1"] = {int(k): v for k, v in poses["002"]["1"]["1"].items()}
    renamed = {int(p): {int(o): a for o, a in outfits.items()} for p, outfits in poses.items()}
    (folder / "iPER/poses.pkl").write_bytes(pickle.dumps(renamed))
    assert len(read(folder, "knoche").poses) == 23


def test_the_folder_inside_may_be_named(copies):
    inside = read(copies["knoche"] / "iPER", "knoche")
    assert [c.clip for c in inside.clips] == [
        c.clip for c in read(copies["knoche"], "knoche").clips
    ]


@pytest.mark.parametrize(
    ("layout", "file", "data", "code", "said"),
    [
        ("video", "val.txt", b"001/9/1\nwhat is this\n", "bad-listing", "line 2"),
        ("video", "val.txt", b"\xff\xfe001", "bad-listing", "UTF-8"),
        ("video", "val.txt", b"001/1/1\n", "bad-listing", "also stands in another list"),
        ("knoche", "iPER/poses.pkl", b"cos\nsystem\n.", "bad-pickle", "nothing in this one was"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(copy_of, layout, file, data, code, said):
    folder = copy_of(layout)
    (folder / file).write_bytes(data)
    with pytest.raises(ReposeError) as caught:
        read(folder, layout)
    assert caught.value.code == code
    assert said in str(caught.value)
    assert str(folder / file) in str(caught.value)


def test_what_is_not_there_is_named(copy_of, tmp_path):
    folder = copy_of("knoche")
    (folder / "iPER/poses.pkl").unlink()
    for place, layout, code in (
        (folder, "knoche", "missing-file"),
        (tmp_path / "none", "video", "missing-folder"),
        (folder / "iPER/images", "frames", "missing-folder"),
        (folder, "nted", "unknown-layout"),
    ):
        with pytest.raises(ReposeError) as caught:
            read(place, layout)
        assert caught.value.code == code


def test_a_table_of_splits_counts_in_place_of_the_lists(copies, tmp_path):
    table = tmp_path / "splits.csv"
    table.write_text("clip,person,outfit,split\n001_1_1,001,001/1,test\n030_2_1,030,030/2,train\n")
    found = datasets.read("iper", [copies["frames"]], table, "frames")
    splits = {clip.outfit: clip.split for clip in found.clips}
    assert splits == {"001/1": "test", "030/2": "train", "001/9": "", "002/1": ""}


def test_the_same_clip_in_two_folders_is_refused(copies, copy_of):
    with pytest.raises(ReposeError, match=r"bad-folders.*001_1_1"):
        datasets.read("iper", [copies["frames"], copy_of("frames")], None, "frames")


def offences(folder, layout):
    return [f"{o.path}: {o.what}; {o.mend}" for o in datasets.check("iper", folder, layout)]


def test_a_small_copy_lacks_only_numbers(copies):
    said = offences(copies["video"], "video")
    counts = ("3 of 30 people", "4 of 103 outfits", "6 of 206 videos", "1 of 21 outfits")
    assert len(said) == 4
    assert all(count in line for count, line in zip(counts, said, strict=True))


def test_the_check_names_what_is_damaged(copy_of):
    folder = copy_of("knoche")
    images = folder / "iPER/images"
    data = (images / "001/9/1/0002.png").read_bytes()
    (images / "001/9/1/0002.png").write_bytes(data[:-200])
    (images / "001/9/1/0003.png").write_bytes(b"<html>404</html>")
    trees.save(images / "001/1/1/0001.png", trees.shots(1)[0])  # 128 px: half the joints outside
    poses = trees.iper_poses()
    poses["030"]["2"]["1"]["0001"] += (200, 0, 0)
    (folder / "iPER/poses.pkl").write_bytes(pickle.dumps(poses))
    said = "\n".join(offences(folder, "knoche"))
    for wanted in (
        "0002.png: no image that can be decoded; copy it again",
        "0003.png: no image that can be decoded",
        "001/1/1/0001.png: 128 x 128 px, where the poses are for 256 x 256",
        "joints lie outside the image of 256 x 256",
        "1 of 24 frames have no pose",
    ):
        assert wanted in said
    assert "001/9/1/0001.png" not in said


def test_the_check_of_what_cannot_be_read_says_why(copy_of):
    folder = copy_of("video")
    (folder / "val.txt").write_text("nonsense\n")
    (said,) = offences(folder, "video")
    assert "val.txt: line 1" in said


def test_a_broken_or_misnamed_video_is_named(copy_of):
    folder = copy_of("video")
    videos = folder / "iPER_256_video_release"
    (videos / "001_9_1.mp4").write_bytes(b"no video")
    (videos / "extra.mp4").write_bytes(b"")
    said = "\n".join(offences(folder, "video"))
    assert "001_9_1.mp4: no frame that can be decoded" in said
    assert "extra.mp4: is not named person_outfit_action.mp4" in said
