import re

import pytest

from repose.datasets import cards, check, read
from repose.errors import ReposeError

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
NAMES = [
    "plain.mp4",
    "with space.MOV",
    "{wild}card*.mp4",
    'it\'s "quoted".mkv',
    "new\nline.mp4",
    "-rf.mp4",
    "人.mp4",
    "é.mp4",
    "Plain.avi",
    "a/plain.mp4",
    "a/b/deep.webm",
    "x" * 200 + ".mp4",
]


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def listed(folder, text, name="videos.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_every_video_gets_a_safe_name_of_its_own(tmp_path):
    clips = read("folder", [touch(tmp_path, *NAMES)], None, "").clips
    assert {c.path.relative_to(tmp_path).as_posix() for c in clips} == set(NAMES)
    names = [c.clip for c in clips]
    assert all(SAFE.fullmatch(name) for name in names)
    assert len({name.lower() for name in names}) == len(NAMES)
    assert max(map(len, names)) <= 70
    assert "deep" in names, "a name that is safe already stays as it is"


def test_names_do_not_depend_on_where_the_folder_lies_or_what_else_is_in_it(tmp_path):
    first = read("folder", [touch(tmp_path / "one", *NAMES)], None, "").clips
    again = read("folder", [touch(tmp_path / "two", *NAMES, "zz.mp4")], None, "").clips
    assert {c.clip for c in first} == {c.clip for c in again} - {"zz"}


def test_only_videos_are_listed(tmp_path):
    touch(tmp_path, "a.mp4", "a.gif", "a.jpg", "notes.txt", ".hidden.mp4", "._a.mp4", ".x/b.mp4")
    assert [c.clip for c in read("folder", [tmp_path], None, "").clips] == ["a"]


def test_without_a_listing_every_video_shows_a_person_of_its_own(tmp_path):
    clips = read("folder", [touch(tmp_path, "a.mp4", "b.mp4", "x/b.mp4")], None, "").clips
    assert len({c.person for c in clips}) == len({c.outfit for c in clips}) == 3
    assert clips[0].person == "a"


def test_a_listing_says_who_is_seen(tmp_path):
    touch(tmp_path, "a.mp4", "b c.mp4", "other.mp4", "odd.bin", "t.npz")
    listed(
        tmp_path,
        "file,person,outfit,action,split,truth\n"
        "a.mp4,Ann,red,walk,test,t.npz\n"
        '"b c.mp4",Bob,red,,train,\n'
        "odd.bin,Bob,,,,\n",
    )
    clips = {c.path.name: c for c in read("folder", [tmp_path], None, "").clips}
    assert set(clips) == {"a.mp4", "b c.mp4", "other.mp4", "odd.bin"}
    a, b = clips["a.mp4"], clips["b c.mp4"]
    assert (a.person, a.action, a.split, a.truth) == ("Ann", "walk", "test", tmp_path / "t.npz")
    assert a.outfit != b.outfit, "each person's outfits are counted anew"
    assert (clips["odd.bin"].person, clips["odd.bin"].split) == ("Bob", "")
    assert clips["other.mp4"].person == "other"


def test_one_listing_may_serve_several_folders(tmp_path):
    folders = [touch(tmp_path / "1", "a.mp4"), touch(tmp_path / "2", "b.mp4", "a2.mp4")]
    path = listed(tmp_path, "file,person\na.mp4,Ann\nb.mp4,Ann\n", "who.csv")
    clips = read("folder", folders, path, "").clips
    assert [(c.clip, c.person) for c in clips] == [("a", "Ann"), ("a2", "a2"), ("b", "Ann")]


def test_the_same_name_in_two_folders_is_two_clips(tmp_path):
    folders = [touch(tmp_path / "1", "a.mp4"), touch(tmp_path / "2", "a.mp4")]
    first, second = read("folder", folders, None, "").clips
    assert first.clip != second.clip


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("file,person\nnone.mp4,Ann\n", "missing-file", "none.mp4"),
        ("file,persn\na.mp4,Ann\n", "bad-listing", "did you mean 'person'"),
        ("person\nAnn\n", "bad-listing", "no column 'file'"),
        ("", "bad-listing", "no column 'file'"),
        ("file,split\na.mp4,testing\n", "bad-listing", "line 2: split 'testing'"),
        ("file,person\na.mp4,A\na.mp4,B\n", "bad-listing", "a.mp4 comes twice"),
        ("file,person\na.mp4,A,B\n", "bad-listing", "more values than columns"),
        ("file,person\n,A\n", "bad-listing", "no file named"),
        ("file,truth\na.mp4,none.npz\n", "missing-file", "none.npz"),
    ],
)
def test_a_wrong_listing_is_named(text, code, said, tmp_path):
    listed(touch(tmp_path, "a.mp4"), text)
    with pytest.raises(ReposeError) as caught:
        read("folder", [tmp_path], None, "")
    assert caught.value.code == code
    assert said in str(caught.value)


def test_a_listing_in_another_encoding_is_named(tmp_path):
    (touch(tmp_path, "a.mp4") / "videos.csv").write_bytes(
        "file,person\na.mp4,é\n".encode("latin1")
    )
    with pytest.raises(ReposeError, match="bad-listing"):
        read("folder", [tmp_path], None, "")


def test_no_folder_no_video_no_such_data_set(tmp_path):
    for dataset, folders, code in (
        ("folder", [tmp_path / "none"], "missing-folder"),
        ("folder", [touch(tmp_path, "notes.txt")], "no-videos"),
        ("folder", [], "no-videos"),
        ("foldr", [tmp_path], "unknown-dataset"),
    ):
        with pytest.raises(ReposeError) as caught:
            read(dataset, folders, None, "")
        assert caught.value.code == code


def test_a_name_that_is_not_text_is_refused(tmp_path):
    (tmp_path / b"bad\xff.mp4".decode("utf-8", "surrogateescape")).touch()
    with pytest.raises(ReposeError, match=r"bad-file-name.*bad"):
        read("folder", [tmp_path], None, "")


def test_folders_of_images_are_clips_where_there_is_no_video(tmp_path):
    touch(tmp_path, "walk/2.jpg", "walk/10.png", "walk/1.jpeg", "walk/notes.txt", "run/a1.JPG")
    touch(tmp_path, "run/.hidden.jpg", ".cache/a.jpg", "empty/notes.txt", "run/a1.txt")
    found = read("folder", [tmp_path], None, "")
    assert [(c.clip, c.path, c.fps) for c in found.clips] == [
        ("run", tmp_path / "run", 0.0), ("walk", tmp_path / "walk", 0.0)
    ]  # fmt: skip
    assert [(s.clip, s.frame, s.name) for s in found.stills] == [
        ("run", 0, "a1.JPG"), ("walk", 0, "1.jpeg"), ("walk", 1, "2.jpg"), ("walk", 2, "10.png")
    ]  # fmt: skip
    assert all(still.path.is_file() for still in found.stills)


def test_a_listing_says_who_is_seen_in_images(tmp_path):
    touch(tmp_path, "a/1.jpg", "b/1.jpg")
    listed(tmp_path, "file,person,split\na,Ann,test\nb,Ann,test\n")
    assert [(c.person, c.split) for c in read("folder", [tmp_path], None, "").clips] == [
        ("Ann", "test")
    ] * 2


def test_images_in_the_named_folder_itself_are_called_as_it_is(tmp_path):
    folders = [touch(tmp_path / name, "1.png", "2.png") for name in ("mine", "yours")]
    assert [c.clip for c in read("folder", folders[:1], None, "").clips] == ["mine"]
    assert len({c.clip for c in read("folder", folders, None, "").clips}) == 2


def test_a_layout_that_a_data_set_has_not_is_refused(tmp_path):
    with pytest.raises(ReposeError, match=r"unknown-layout.*no layout 'video'.*layout \"\""):
        read("folder", [touch(tmp_path, "a.mp4")], None, "video")


def test_what_is_wrong_with_a_folder_is_found(tmp_path):
    touch(tmp_path, "empty.mp4")
    (tmp_path / "good.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(20))
    (tmp_path / "text.mp4").write_text("no video at all")
    said = {offence.path.name: offence.what for offence in check("folder", tmp_path, "")}
    assert said == {"empty.mp4": "no bytes", "text.mp4": "no .mp4 file"}
    listed(tmp_path, "file\nnone.mp4\n")
    (offence,) = check("folder", tmp_path, "")
    assert "none.mp4" in offence.what
    (offence,) = check("studio", touch(tmp_path / "x", "a.mp4"), "")
    assert offence.what == "no videos.csv"
    (offence,) = check("folder", touch(tmp_path / "y", "notes.txt"), "")
    assert "no video and no image" in offence.what


def test_every_data_set_says_what_it_needs_in_each_of_its_layouts():
    known = cards()
    assert {"folder", "studio"} <= set(known)
    for name, card in known.items():
        assert all((card.title, card.paper, card.licence, card.size, card.obtain)), name
        assert set(card.needs) == set(card.layouts or ("",)), name
