"""Names of result files: the habits of several programs, in names of several data sets."""

import pandas as pd
import pytest

from repose.datasets.fashion_names import parse
from repose.scoring.names import Kind, Reader, bare, is_strip

OFFICIAL = [f"img/WOMEN/Blouses_Shirts/id_00000693/02_{i}_{view}.jpg"
            for i, view in enumerate(("front", "side", "back", "full"))]  # fmt: skip
MARKET = [f"0002_c1s{i}_000451_0{i}.jpg" for i in range(1, 5)]
FRAMES = [f"001/1/2/{i:04d}.png" for i in range(1, 5)]
LISTED = ((0, 1), (1, 0), (0, 2), (3, 2))  # source and target; 3 to 2 only this way


def reader(names, clip="clip"):
    rows = [
        {"pair": number, "source_clip": clip, "source_frame": a, "source_name": names[a],
         "target_clip": clip, "target_frame": b, "target_name": names[b]}
        for number, (a, b) in enumerate(LISTED)
    ]  # fmt: skip
    return Reader(pd.DataFrame(rows))


def fashion(spelling):
    names = [parse(name) for name in OFFICIAL]
    return [getattr(name, spelling) for name in names]


HABITS = {
    "PATN": "{s}___{t}_vis.jpg",
    "PATN of stems": "{a}___{b}_vis.png",
    "GFLA": "{a}_2_{b}_vis.png",
    "NTED": "{a}_2_{b}.png",
    "PIDM": "{a}_to_{b}.png",
    "CFLD": "{a}_TO_{b}.jpg",
    "two underscores": "{a}__{b}.png",
    "two hyphens": "{a}--{b}_fake.png",
    "PCDMs": "{a}_to_{b}_generated.PNG",
    "in folders": "epoch_20/{a}_to_{b}.png",
    "pix2pix": "{a}_{b}_fake_B.png",
}


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("names", [fashion("patn"), fashion("siarohin"), MARKET])
def test_habits_in_names_of_data_sets(habit, names):
    read = reader(names)
    for number, (s, t) in enumerate(LISTED):
        ends = {"s": names[s], "t": names[t]}
        stems = {"a": names[s].removesuffix(".jpg"), "b": names[t].removesuffix(".jpg")}
        found = read.read(HABITS[habit].format(**ends, **stems))
        assert (found.kind, found.pairs) == (Kind.PAIR, (number,)), habit


@pytest.mark.parametrize("listed", ["official", "patn", "siarohin"])
@pytest.mark.parametrize("spelled", ["official", "patn", "siarohin"])
def test_any_spelling_of_deepfashion_stands_for_any_other(listed, spelled):
    read = reader(fashion(listed))
    names = [name.replace("/", "_").removesuffix(".jpg") for name in fashion(spelled)]
    assert read.read(f"{names[3]}_to_{names[2]}.png").pairs == (3,)


@pytest.mark.parametrize("between", ["/", "_", "-"])
def test_names_with_folders_may_be_flattened(between):
    read = reader(FRAMES)
    a, b = (name.removesuffix(".png").replace("/", between) for name in (FRAMES[3], FRAMES[2]))
    assert read.read(f"{a}_to_{b}.png").pairs == (3,)
    assert read.read(f"{b}_to_{a}.png").kind is Kind.SWAPPED


@pytest.mark.parametrize("name", ["2.png", "0002.png", "pair_2.jpg", "img0002_fake.png"])
def test_the_number_of_a_pair(name):
    assert reader(MARKET).read(name).pairs == (2,)


def test_our_own_names_of_frames_serve_where_a_data_set_has_others():
    read = reader(MARKET, clip="a_to_b")
    assert read.read("a_to_b_00003_to_a_to_b_00002.png").pairs == (3,)
    assert read.read("a_to_b_00003__a_to_b_00002_vis.png").pairs == (3,)


def test_a_target_alone_names_a_pair_only_if_it_is_the_target_of_one():
    read = reader(MARKET)
    assert read.read("0002_c1s2_000451_02_fake.png").pairs == (0,)
    found = read.read("0002_c1s3_000451_03_fake.png")
    assert found.kind is Kind.AMBIGUOUS
    assert found.said == "pair 2, pair 3"
    assert read.read("0002_c1s4_000451_04.png").kind is Kind.UNREADABLE  # nobody's target


def test_what_may_be_read_in_two_ways_is_ambiguous():
    """Frames called as pairs are numbered: a number may be either."""
    read = reader(["3", "1", "2", "0"])
    assert read.read("0.png").kind is Kind.PAIR  # a target of none, so the number of a pair
    assert read.read("1.png").kind is Kind.AMBIGUOUS


def test_the_same_two_images_listed_twice_share_one_file():
    rows = pd.concat([pd.DataFrame([{"pair": n, "source_clip": "c", "source_frame": 0,
                                     "source_name": "a.png", "target_clip": "c",
                                     "target_frame": 1, "target_name": "b.png"}])
                      for n in (0, 7)])  # fmt: skip
    assert Reader(rows).read("a_to_b.png").pairs == (0, 7)


def test_images_that_are_known_and_pairs_that_are_not():
    read = reader(MARKET)
    a, b = (name.removesuffix(".jpg") for name in (MARKET[1], MARKET[3]))
    assert read.read(f"{a}_to_{b}.png").kind is Kind.UNLISTED
    assert read.read("1234.png").kind is Kind.UNLISTED
    assert read.read("0003_c1s1_000001_01_to_0003_c1s1_000002_01.png").kind is Kind.UNREADABLE


def test_endings_come_off_as_often_as_they_stand_there():
    assert bare("a.jpg_vis.jpg") == "a"
    assert bare("a_gen_fake.PNG") == "a"
    assert bare("vis.png") == "vis"
    assert is_strip("a.jpg___b.jpg_vis.jpg")
    assert not is_strip("a_visible.png")
