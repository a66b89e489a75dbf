import pytest

from repose.datasets import read
from repose.errors import ReposeError


def shard(folder, people):
    folder.mkdir()
    rows = ["file,person,outfit,action,split,truth"]
    for person in people:
        for name in (f"p{person}_turn.mp4", f"p{person}_turn.npz"):
            (folder / name).touch()
        rows.append(f"p{person}_turn.mp4,p{person},o0,turn,train,p{person}_turn.npz")
    (folder / "videos.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_the_shards_are_one_data_set_however_many_they_are(tmp_path):
    whole = read("studio", [shard(tmp_path / "all", range(5))], None, "").clips
    parts = [shard(tmp_path / str(k), range(k, 5, 3)) for k in range(3)]
    parted = read("studio", [*parts, shard(tmp_path / "3", [])], None, "").clips
    facts = [
        {(c.clip, c.person, c.outfit, c.truth.name) for c in part} for part in (whole, parted)
    ]
    assert facts[0] == facts[1]
    assert len(facts[0]) == 5
    assert len({c.outfit for c in whole}) == 5, "o0 of one person is not o0 of another"


def test_a_folder_that_studio_did_not_make_is_refused(tmp_path):
    (tmp_path / "a.mp4").touch()
    with pytest.raises(ReposeError, match=r"set ingest\.dataset to folder"):
        read("studio", [tmp_path], None, "")
