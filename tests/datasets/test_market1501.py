"""Market-1501: who counts, where joints lie, which pairs there are."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from repose import datasets
from repose.datasets import market1501
from repose.datasets.keypoint_lists import has_torso
from repose.skeleton import JOINT
from tests.datasets import fashion_trees as trees


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return trees.market(tmp_path_factory.mktemp("market") / "Market-1501-v15.09.15")


def read(folder, listing=None):
    return datasets.read("market1501", [folder], listing, "")


def test_identities_are_clips_and_nobody_is_dropped(copy):
    layout = read(copy)
    assert [(c.clip, c.person, c.outfit, c.split) for c in layout.clips] == [
        ("0002", "0002", "0002/only", "train"),
        ("0007", "0007", "0007/only", "test"),
        ("0011", "0011", "0011/only", "train"),
    ]
    # The gallery and the query are of one identity.
    assert [still.name for still in layout.stills] == sorted(trees.market_shots())
    assert "2 images of nobody (-1, 0000) are left out" in layout.notes
    assert "1 images mirrored are left out" in layout.notes


def test_every_joint_lies_in_the_middle_of_its_mark(copy):
    layout = read(copy)
    paths = {(still.clip, still.frame): still for still in layout.stills}
    assert len(layout.poses) == len(paths)
    seen = 0
    for pose in layout.poses:
        still = paths[pose.clip, pose.frame]
        image = trees.read_image(still.path)
        for number, joint in enumerate(trees.OPENPOSE):
            at = pose.joints_px[JOINT[joint], :2]
            missing = trees.market_shots()[still.name].joints[number, 0] < 0
            assert np.isnan(at).all() == missing
            middle = None if missing else trees.found(image, number, at)
            if middle is not None:
                assert np.abs(at - middle).max() < 0.35, (still.name, joint)
                seen += 1
    assert seen > 5 * len(layout.poses)


def named(layout):
    names = {(still.clip, still.frame): still.name for still in layout.stills}
    return [(pair.split, names[pair.source], names[pair.target]) for pair in layout.pairs]


def test_pairs_are_those_of_the_lists(copy):
    found = named(read(copy))
    assert len(found) == 36
    assert all(a[:4] == b[:4] and trees.market_split(a) == split for split, a, b in found)


def test_without_lists_they_are_made_by_the_rule(tmp_path):
    trees.market(tmp_path / "m", lists=False)
    layout = read(tmp_path / "m")
    whole = [n for n, shot in trees.market_shots().items() if has_torso(marked(shot.joints))]
    wanted = [(trees.market_split(a), a, b) for a, b in permutations(whole, 2) if a[:4] == b[:4]]
    assert sorted(named(layout)) == sorted(wanted)
    assert len(wanted) > 10
    assert any("made by Siarohin's rule" in note for note in layout.notes)


def marked(joints):
    return np.where(joints < 0, np.nan, joints.astype(float))


def test_the_test_pairs_are_drawn_as_pandas_draws_them(tmp_path, monkeypatch):
    trees.market(tmp_path / "m", lists=False)
    every = [pair for pair in named(read(tmp_path / "m")) if pair[0] == "test"]
    monkeypatch.setattr(market1501, "TEST_PAIRS", 5)
    drawn = [pair for pair in named(read(tmp_path / "m")) if pair[0] == "test"]
    frame = pd.DataFrame(every).sample(n=5, replace=False, random_state=0)
    assert drawn == list(frame.itertuples(index=False, name=None))


def test_a_table_of_splits_counts_in_place_of_the_folders(copy, tmp_path):
    table = tmp_path / "splits.csv"
    table.write_text("outfit,split\n0002/only,test\n0011/only,valid\n")
    layout = read(copy, table)
    assert {c.person: c.split for c in layout.clips} == {"0002": "test", "0011": "valid"}


@pytest.fixture
def complete(monkeypatch):
    counts = {"train images": 8, "train identities": 2, "test identities": 1}
    monkeypatch.setattr(market1501, "PUBLISHED", counts | {"train pairs": 24, "test pairs": 12})


def said(folder):
    found = list(datasets.check("market1501", folder, ""))
    assert all(one.mend for one in found)
    return "\n".join(f"{one.path.name}: {one.what}" for one in found)


def test_a_sound_copy_has_no_offence_but_its_mirrored_one(copy, complete):
    assert said(copy) == "0002_c1s1_000451_01r.jpg: a mirrored copy"


def test_counts_are_those_that_were_published(copy):
    text = said(copy)
    assert "8 of 12,936 train images" in text
    assert "2 of 751 train identities" in text


def test_what_is_wrong_is_named(tmp_path, complete):
    trees.market(tmp_path)
    home = tmp_path / "bounding_box_train"
    cut = home / "0002_c1s1_000451_01.jpg"
    cut.write_bytes(cut.read_bytes()[:-100])
    trees.write_image(home / "0002_c1s1_001451_01.jpg", np.zeros((256, 128, 3), np.uint8))
    (home / "holiday.jpg").write_bytes(cut.read_bytes())
    trees.rewrite(tmp_path / "market-pairs-test.csv", "0007_c1s1_000451_01", "0007_c1s1_999999_01")
    test = [name for name in trees.market_shots() if trees.market_split(name) == "test"]
    trees.write_pairs(tmp_path / "market-pairs-train.csv", permutations(test, 2), str)
    text = said(tmp_path)
    assert f"{cut.name}: no image that can be decoded" in text
    assert "0002_c1s1_001451_01.jpg: 128 x 256 px, not 64 x 128" in text
    assert "holiday.jpg: not the name of an image of Market-1501" in text
    assert "1 pairs name 0007_c1s1_999999_01.jpg, which is not there" in text
    assert "12 of 12 train pairs are of images of another split, as PATN's" in text
