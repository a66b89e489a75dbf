"""`repose datasets`: the list, the check of a copy, the table of splits."""

import csv
import hashlib
import re

import pytest

from repose import datasets
from repose.cli import main
from repose.datasets import fashion_check
from repose.datasets.fashion_names import parse
from repose.datasets.split_table import read_split_table
from repose.datasets.splits import split_sha256
from repose.errors import ReposeError
from tests.datasets import fashion_trees as trees


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A small copy in data/deepfashion that counts as whole."""
    counts = {"train images": 9, "test images": 6, "train pairs": 18, "test pairs": 12}
    monkeypatch.setattr(fashion_check, "PUBLISHED", {"patn": counts, "siarohin": {}})
    monkeypatch.chdir(tmp_path)
    return trees.patn(tmp_path / "data" / "deepfashion")


def blocks(text):
    """Each data set's part of the list, its lines joined."""
    parts = re.split(r"\n (?=[a-z0-9_]+ {2,})", text)[1:]
    return {part.split()[0]: " ".join(part.split()) for part in parts}


def test_every_data_set_is_listed_with_all_that_a_user_must_know(copy, capsys):
    assert main(["datasets"]) == 0
    text = capsys.readouterr().out
    listed = blocks(text)
    assert set(listed) == set(datasets.cards())
    for name in datasets.cards():
        assert all(word in listed[name] for word in ("Licence: ", "Size: ", "Obtain: ")), name
    assert "patn: all that is needed" in listed["deepfashion"]
    assert "poses.pkl" in listed["deepfashion"]
    assert "no folder data/market1501" in listed["market1501"]
    assert max(map(len, text.splitlines())) <= 110


def test_what_is_missing_is_named(copy, capsys):
    (copy / "test.lst").unlink()
    main(["datasets"])
    assert "patn: missing: test.lst" in blocks(capsys.readouterr().out)["deepfashion"]


def test_a_copy_is_found_in_the_folder_that_its_overlay_names(copy, capsys):
    copy.rename(copy.with_name("fashion"))
    main(["datasets"])
    listed = blocks(capsys.readouterr().out)["deepfashion"]
    assert "in data/fashion" in listed
    assert "patn: all that is needed" in listed


def test_images_in_the_official_folders_will_do_for_every_list(copy):
    for path in list(copy.rglob("*.jpg")):
        name = parse(path.name)
        place = copy / name.official
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)
    assert not list(datasets.check("deepfashion", copy, "patn"))


def test_a_sound_copy_passes(copy, capsys):
    assert main(["datasets", "check", "deepfashion"]) == 0
    out = capsys.readouterr().out
    assert "5 clips of 4 persons in 5 outfits, 15 images, 15 poses, 30 pairs" in out
    assert "train: 3 clips, 18 pairs" in out
    assert "0 offences" in out


def test_ten_offences_are_named_with_the_mend_and_the_others_counted(copy, capsys):
    for path in sorted(copy.rglob("*.jpg"))[:13]:
        path.write_bytes(path.read_bytes()[:-300])
    words = ["datasets", "check", "deepfashion", "--folder", str(copy), "--layout", "patn"]
    assert main(words) == 1
    out = capsys.readouterr().out
    assert len(re.findall(r"jpg: .*\n {6}\S", out)) == 10
    assert "and 3 more" in out
    assert "13 offences" in out


def test_what_cannot_be_read_is_an_offence_not_a_trace(copy, capsys):
    (copy / "fasion-resize-pairs-test.csv").write_text("a,b\n")
    assert main(["datasets", "check", "deepfashion"]) == 1
    assert "no column 'from'" in capsys.readouterr().out
    assert main(["datasets", "check", "market1501"]) == 1
    assert "data/market1501: no such folder" in capsys.readouterr().out


def test_unknown_names_are_errors(copy, capsys):
    assert main(["datasets", "check", "deepfasion"]) == 2
    assert "did you mean 'deepfashion'?" in capsys.readouterr().err
    assert main(["datasets", "check", "deepfashion", "--layout", "pant"]) == 2
    assert "did you mean 'patn'?" in capsys.readouterr().err


def test_the_table_of_splits_is_written_and_can_be_read_back(copy, tmp_path, capsys):
    output = tmp_path / "splits.csv"
    words = ["datasets", "split", "deepfashion", "--test-share", "0.2", "--seed", "0"]
    assert main([*words, "--output", str(output)]) == 0
    out = capsys.readouterr().out
    layout = datasets.read("deepfashion", [copy], None, "patn")
    assert hashlib.sha256(output.read_bytes()).hexdigest() in out
    assert split_sha256(layout.clips) in out
    assert "test: 2 clips of 2 persons" in out
    with output.open() as file:
        rows = {row["clip"]: row["split"] for row in csv.DictReader(file)}
    assert rows == {clip.clip: clip.split for clip in layout.clips}
    again = datasets.read("deepfashion", [copy], output, "patn")
    assert split_sha256(again.clips) == split_sha256(layout.clips)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("outfit,split\na/1,tset\n", "line 2: no outfit, or no such split"),
        ("outfit,split\na/1,test\na/1,train\n", "line 3: a/1 is in two splits"),
        ("clip,split\na,test\n", "line 2: no outfit"),
    ],
)
def test_a_wrong_table_of_splits_is_refused(tmp_path, text, wrong):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(ReposeError, match=f"bad-listing.*{wrong}"):
        read_split_table(tmp_path / "s.csv")
