"""Dance shorts: any folder of clips, large enough for 128 x 72 px at 6 frames per second."""

import pytest

from repose import datasets
from tests.datasets import trees
from tests.films import film, picture


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dance")
    tall = [picture(number, 96, 160) for number in range(4)]
    for name in ("one.mp4", "two.mp4"):
        film(folder / name, tall)
    film(folder / "small.mp4", [picture(number) for number in range(4)])
    film(folder / "slow.mp4", tall, times_ms=[0, 500, 1000, 1500])
    trees.junk(folder)
    return folder


def test_each_clip_is_a_person_unless_a_listing_says_else(copy, tmp_path):
    clips = datasets.read("dance_shorts", [copy], None, "").clips
    assert {clip.person for clip in clips} == {"one", "two", "small", "slow"}
    listing = tmp_path / "who.csv"
    listing.write_text("file,person,split\none.mp4,Ann,test\ntwo.mp4,Ann,test\n")
    people = {c.clip: c.person for c in datasets.read("dance_shorts", [copy], listing, "").clips}
    assert people == {"one": "Ann", "two": "Ann", "small": "small", "slow": "slow"}


def test_the_check_names_clips_that_are_too_small_slow_or_broken(copy):
    (copy / "broken.mp4").write_bytes(b"nothing")
    said = {o.path.name: o.what for o in datasets.check("dance_shorts", copy, "")}
    assert said["small.mp4"] == "96 x 64 px, less than 72 x 128"
    assert said["slow.mp4"].startswith("2.")
    assert said["slow.mp4"].endswith(" frames per second, less than 6")
    assert said["broken.mp4"] == "no frame that can be decoded"
    assert set(said) == {"small.mp4", "slow.mp4", "broken.mp4"}


def test_a_folder_without_clips_is_one_offence(tmp_path):
    (offence,) = datasets.check("dance_shorts", tmp_path, "")
    assert "no video" in offence.what
