"""DeepFashion in its users' layouts: the right images, joints where they are, sound pairs."""

import numpy as np
import pytest

from repose import datasets
from repose.datasets import fashion_check, fashion_lists, fashion_names
from repose.datasets.base import Offence
from repose.errors import ReposeError
from repose.skeleton import JOINT
from tests.datasets import fashion_trees as trees

TREES = {
    "patn": (trees.patn, "patn"),
    "gfla": (trees.gfla, "patn"),
    "fashion": (lambda root: trees.gfla(root, "fashion"), "patn"),
    "siarohin": (trees.siarohin, "siarohin"),
    "nted": (trees.nted, "nted"),
    "pidm": (lambda root: trees.nted(root, (176, 256)), "nted"),
}


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    root = tmp_path_factory.mktemp("deepfashion")
    return {name: make(root / name) for name, (make, _) in TREES.items()} | {
        "knoche": trees.knoche(root / "knoche")
    }


def read(folder, layout, listing=None):
    return datasets.read("deepfashion", [folder], listing, layout)


def by_image(layout):
    """Poses and paths by the image's name."""
    names = {(s.clip, s.frame): fashion_names.parse(s.name) for s in layout.stills}
    assert all(names.values())
    poses = {names[pose.clip, pose.frame]: pose for pose in layout.poses}
    return poses, {fashion_names.parse(still.name): still.path for still in layout.stills}


@pytest.mark.parametrize("name", TREES)
def test_every_joint_lies_in_the_middle_of_its_mark(copies, name):
    """x for y, left for right, or half a pixel: each would be seen."""
    poses, paths = by_image(read(copies[name], TREES[name][1]))
    assert set(poses) == set(trees.shots())
    seen = 0
    for image_name, pose in poses.items():
        image = trees.read_image(paths[image_name])
        scale = image.shape[0] / trees.SIDE
        for number, joint in enumerate(trees.OPENPOSE):
            at = pose.joints_px[JOINT[joint], :2]
            middle = trees.found(image, number, at, scale) if np.isfinite(at).all() else None
            if middle is not None:
                error = np.abs(at - middle)
                assert error.max() < 0.35 * scale, (image_name, joint)
                seen += 1
    assert seen > 10 * len(poses)


@pytest.mark.parametrize("name", TREES)
def test_a_missing_joint_is_missing_and_depth_is_unknown(copies, name):
    poses, _ = by_image(read(copies[name], TREES[name][1]))
    for image_name, pose in poses.items():
        gone = image_name.view == "back"
        wrist = pose.joints_px[JOINT["r_wrist"]]
        assert np.isnan(wrist[:2]).all() == gone
        assert pose.score[JOINT["r_wrist"]] == (0 if gone else 1)
        assert np.isnan(pose.joints_px[:, 2]).all()
        assert np.isnan(pose.joints_mm).all()
        assert pose.score[JOINT["pelvis"]] == 1  # from the hips


@pytest.mark.parametrize("name", TREES)
def test_outfits_are_clips_and_their_images_are_in_order(copies, name):
    layout = read(copies[name], TREES[name][1])
    assert [clip.clip for clip in layout.clips] == sorted(
        f"{gender}_id_{number}_{outfit}" for gender, _, number, outfit, *_ in trees.OUTFITS
    )
    one = next(clip for clip in layout.clips if clip.clip == "WOMEN_id_00000693_02")
    assert (one.person, one.outfit, one.split) == (
        "WOMEN_id_00000693",
        "WOMEN_id_00000693/02",
        "train",
    )
    views = [s.name for s in layout.stills if s.clip == one.clip]
    assert [fashion_names.parse(view).view for view in views] == ["front", "side", "back"]
    assert {c.outfit: c.split for c in layout.clips}["WOMEN_id_00000693/03"] == "test"


@pytest.mark.parametrize("name", TREES)
def test_pairs_are_those_of_the_lists(copies, name):
    layout = read(copies[name], TREES[name][1])
    names = {(s.clip, s.frame): fashion_names.parse(s.name) for s in layout.stills}
    found = [(p.split, names[p.source], names[p.target]) for p in layout.pairs]
    assert found == [
        (split, *pair) for split in ("train", "test") for pair in trees.pairs_of(split)
    ]
    assert not any("pairs" in note for note in layout.notes)


def test_each_layout_has_the_names_of_its_own_lists(copies):
    first = {
        name: read(copies[name], layout).stills[0].name for name, (_, layout) in TREES.items()
    }
    assert first["patn"] == first["gfla"] == "fashionMENDenimid0000008001_1front.jpg"
    assert first["siarohin"] == "fasionMENDenimid0000008001_1front.jpg"
    assert first["nted"] == "img/MEN/Denim/id_00000080/01_1_front.jpg"


def test_that_joints_were_moved_is_said(copies):
    assert not any("moved" in note for note in read(copies["patn"], "patn").notes)
    assert not any("moved" in note for note in read(copies["gfla"], "patn").notes)
    assert any("256 px wide" in note for note in read(copies["nted"], "nted").notes)


def test_joints_of_the_crop_are_carried_into_whole_images(tmp_path):
    """PATN's lists beside the whole images of img.zip: 40 columns lie between them."""
    trees.patn(tmp_path, image=lambda image: image)
    poses, paths = by_image(read(tmp_path, "patn"))
    name = next(iter(poses))
    image = trees.read_image(paths[name])
    knee = poses[name].joints_px[JOINT["l_knee"], :2]
    assert np.abs(knee - trees.found(image, trees.OPENPOSE.index("l_knee"), knee)).max() < 0.35


def test_fashion3d_has_joints_with_depth_and_lists_of_outfits(copies):
    layout = read(copies["knoche"], "knoche")
    poses, _ = by_image(layout)
    for name, pose in poses.items():
        np.testing.assert_array_equal(pose.joints_px, trees.knoche_joints(name))
        assert pose.score.min() == 1
    splits = {clip.outfit: clip.split for clip in layout.clips}
    assert splits["MEN_id_00000080/01"] == "test"
    assert splits["WOMEN_id_00000693/03"] == "valid"
    assert splits["WOMEN_id_00000693/02"] == "train"


def test_without_lists_of_pairs_they_are_made_by_the_rule_and_it_is_said(tmp_path):
    trees.patn(tmp_path)
    for split in ("train", "test"):
        (tmp_path / f"fasion-resize-pairs-{split}.csv").unlink()
    # Two hips and two shoulders must be there: one image loses a hip.
    names = [name for name in trees.in_split("test") if name.gender == "MEN"]
    poses = {name.patn: trees.shots()[name].joints.copy() for name in trees.in_split("test")}
    poses[names[0].patn][trees.OPENPOSE.index("l_hip")] = -1
    trees.write_annotation(tmp_path / "fasion-resize-annotation-test.csv", poses, trees.LEFT)
    layout = read(tmp_path, "patn")
    wanted = [pair for pair in trees.pairs_of("test") if names[0] not in pair]
    assert sum(pair.split == "test" for pair in layout.pairs) == len(wanted)
    assert sum(pair.split == "train" for pair in layout.pairs) == len(trees.pairs_of("train"))
    assert any("Siarohin's rule" in note for note in layout.notes)


def test_a_table_of_splits_counts_in_place_of_the_lists(copies, tmp_path):
    table = tmp_path / "splits.csv"
    table.write_text("outfit,split\nMEN_id_00000080/01,train\nWOMEN_id_00001367/03,valid\n")
    layout = read(copies["patn"], "patn", table)
    assert {clip.outfit: clip.split for clip in layout.clips} == {
        "MEN_id_00000080/01": "train",
        "WOMEN_id_00001367/03": "valid",
    }
    assert layout.pairs == []
    assert any("9 images are in no list" in note for note in layout.notes)


@pytest.fixture
def complete(monkeypatch):
    """The made copies count as whole."""
    counts = {"train images": 9, "test images": 6, "train pairs": 18, "test pairs": 12}
    pairs = {"train pairs": 18, "test pairs": 12}
    small = {"patn": counts, "siarohin": {}, "nted": pairs, "knoche": {"test outfits": 1}}
    monkeypatch.setattr(fashion_check, "PUBLISHED", small)


def offences(folder, layout="patn"):
    return list(datasets.check("deepfashion", folder, layout))


def said(found):
    assert all(isinstance(one, Offence) and one.mend for one in found)
    return "\n".join(f"{one.path.name}: {one.what}" for one in found)


@pytest.mark.parametrize("name", ["patn", "siarohin", "nted", "knoche"])
def test_a_sound_copy_has_no_offence(copies, complete, name):
    assert offences(copies[name], name) == []


def test_counts_are_those_that_were_published(copies):
    text = said(offences(copies["patn"]))
    assert "9 of 48,674 train images" in text
    assert "12 of 8,570 test pairs" in text


def test_what_is_wrong_is_named(tmp_path, complete):
    trees.patn(tmp_path)
    test, train = trees.in_split("test"), trees.in_split("train")
    broken = tmp_path / "test" / test[0].patn
    broken.write_bytes(broken.read_bytes()[:-200])
    (tmp_path / "test" / test[1].patn).unlink()
    (tmp_path / "train" / "me_at_the_beach.jpg").write_bytes(broken.read_bytes())
    trees.write_image(tmp_path / "test" / train[0].patn, trees.shots()[train[0]].image)
    far = {name.patn: trees.shots()[name].joints for name in train}
    far = {name: np.where(joints > 0, joints + 300, -1) for name, joints in far.items()}
    trees.write_annotation(tmp_path / "fasion-resize-annotation-train.csv", far, trees.LEFT)
    with (tmp_path / "test.lst").open("a") as file:
        file.write(train[3].patn + "\n")
    text = said(offences(tmp_path))
    assert f"{test[0].patn}: no image that can be decoded" in text
    assert f"test.lst: {test[1].patn} is listed and not there" in text
    assert f"4 pairs name {test[1].patn}, which is not there" in text
    assert "me_at_the_beach.jpg: not the name of an image of DeepFashion" in text
    assert f"{train[0].patn}: the same image as" in text
    assert "joints lie outside the image of 176 x 256" in text
    assert f"{train[3].official} is listed in test and train" in text


def test_train_pairs_made_from_the_test_annotation_are_named(tmp_path, complete):
    """The bug of PATN's script."""
    trees.patn(tmp_path)
    listed = tmp_path / "fasion-resize-pairs-train.csv"
    trees.write_pairs(listed, trees.pairs_of("test"), lambda name: name.patn)
    text = said(offences(tmp_path))
    assert "12 of 12 train pairs are of test images, as PATN's create_pairs_dataset.py" in text
    layout = read(tmp_path, "patn")
    assert {pair.split for pair in layout.pairs} == {"test"}
    assert any("12 pairs name images of another split" in note for note in layout.notes)


def test_pairs_of_two_outfits_are_named(tmp_path, complete):
    trees.patn(tmp_path)
    one, *_, other = trees.in_split("test")
    path = tmp_path / "fasion-resize-pairs-test.csv"
    trees.write_pairs(path, [(one, other)], lambda name: name.patn)
    assert "1 pairs are of two outfits" in said(offences(tmp_path))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("name,keypoints_y,keypoints_x\n", "no column"),
        ("name:keypoints_y:keypoints_x\na.jpg:[1, 2]:[1, 2]\n", "line 2: not twice 18 numbers"),
        ("name:keypoints_y:keypoints_x\na.jpg:[1, 2:[1, 2]\n", "line 2: not twice 18 numbers"),
        ("name:keypoints_y:keypoints_x\na.jpg:[1]\n", "line 2: a value is missing"),
    ],
)
def test_a_broken_annotation_is_refused_by_its_line(tmp_path, text, wrong):
    trees.patn(tmp_path)
    (tmp_path / "fasion-resize-annotation-test.csv").write_text(text)
    with pytest.raises(ReposeError, match=f"bad-listing.*{wrong}.*annotation-test"):
        read(tmp_path, "patn")
    assert wrong in said(offences(tmp_path))


def test_a_broken_text_of_joints_is_refused_by_its_name(tmp_path):
    trees.nted(tmp_path, (176, 256))
    path = next(tmp_path.rglob("pose/**/*.txt"))
    path.write_text("1 2\n")
    with pytest.raises(ReposeError, match=f"not 18 lines of x and y.*{path.name}"):
        read(tmp_path, "nted")


def test_the_frame_of_the_joints_is_seen_from_where_people_stand():
    middle = {trees.in_split("test")[0]: np.full((18, 2), 88.0)}
    assert fashion_lists.annotated_width(middle) == 176
    assert fashion_lists.annotated_width({k: v + 40 for k, v in middle.items()}) == 256
    assert fashion_lists.annotated_width({}) == 256
