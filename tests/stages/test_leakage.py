"""What the splits share is found and counted; other people are not."""

import json

import cv2
import numpy as np
import pytest

from repose import datasets
from repose.data.packs import PackWriter, encode
from repose.data.tables import make_table, read_table, write_table
from repose.manifests import check_manifest
from repose.report.leakage import (
    leakage_grid,
    leakage_lines,
    leakage_table,
    leakage_warnings,
    read_leakage,
)
from repose.report.stored import stored_frames
from repose.skeleton import JOINTS
from repose.stages import leakage
from tests.datasets import fashion_trees as trees

CONFIG = leakage.Config(hash_bits=10, likeness=0.975, frames_per_clip=24)


def store(root, clips, shards=2):
    """Write clips and crops: a list of (clip, person, outfit, split, images)."""
    rows, folders = [], [root / "crops" / f"{shard:02d}" for shard in range(shards)]
    for clip, person, outfit, split, _ in clips:
        who = {"person": person, "outfit": outfit, "action": "", "split": split}
        text = dict.fromkeys(("path", "sha256", "truth", "error", "note"), "")
        size = {"fps": 0.0, "width": 64, "height": 64, "rotation": 0, "declared_frames": -1}
        rows.append({"clip": clip, **who, **text, **size})
    write_table(make_table("clips", rows), root / "clips.parquet", "clips", {})
    for shard, folder in enumerate(folders):
        _store_shard(folder, clips[shard::shards])
    return {"clips": root / "clips.parquet", "crops": folders}


def _store_shard(folder, clips):
    rows = []
    with PackWriter(folder / "crops.pack") as pack:
        for clip, person, outfit, split, images in clips:
            for frame, image in enumerate(images):
                offset, length, sha256 = pack.add(encode(image, "png"))
                who = {"person": person, "outfit": outfit, "action": "", "split": split}
                where = {"offset": offset, "length": length, "sha256": sha256}
                window = {"left": 0.0, "top": 0.0, "side": 64.0, "usable": True}
                pose = {"joints_px": np.zeros(3 * len(JOINTS)), "score": np.ones(len(JOINTS))}
                pose["joints_mm"] = pose["joints_px"]
                rows.append({"clip": clip, "frame": frame} | who | where | window | pose)
    write_table(make_table("crops", rows), folder / "crops.parquet", "crops", {"size": 64})


def person_clip(number, split, images=None):
    images = trees.film(number, 0, 3, 128)[0] if images is None else images
    return f"c{number}", f"p{number}", f"p{number}/1", split, images


def run(root, clips, config=CONFIG):
    paths = store(root, clips)
    leakage.run(config, **paths, output=root / "leakage")
    return read_table(root / "leakage" / "leaks.parquet", "leaks"), paths


def changed(image):
    """The same picture as another site would offer it."""
    small = cv2.resize(image[3:-2, 2:-3], (90, 90), interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], 1)


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    """Ten people; a person and an outfit, a copy and a changed copy are in two splits."""
    root = tmp_path_factory.mktemp("leaky")
    clips = [person_clip(n, "train" if n < 6 else "test") for n in range(10)]
    frames = [clip[-1] for clip in clips]
    clips.append(("again", "p0", "p0/2", "test", trees.film(0, 1, 3, 128)[0]))
    clips.append(("worn", "p1", "p1/1", "valid", trees.film(11, 0, 3, 128)[0]))
    clips.append(("copied", "q", "q/1", "test", [frames[2][1]]))
    clips.append(("changed", "r", "r/1", "test", [frames[9][0], changed(frames[3][2])]))
    return (root, *run(root, clips))


def test_each_leak_is_found_and_nothing_else(leaky):
    _, leaks, _ = leaky
    keys = ["kind", "split_a", "split_b", "clip_a", "frame_a", "clip_b", "frame_b"]
    assert sorted(leaks[keys].itertuples(index=False, name=None)) == sorted(
        [
            ("identity", "train", "test", "c0", 0, "again", 0),
            ("identity", "train", "valid", "c1", 0, "worn", 0),
            ("garment", "train", "valid", "c1", 0, "worn", 0),
            ("identical", "train", "test", "c2", 1, "copied", 0),
            ("near_duplicate", "train", "test", "c3", 2, "changed", 1),
        ]
    )
    named = leaks.set_index("kind")["name"]
    assert named["garment"] == "p1/1"
    assert named["near_duplicate"] == "changed, frame 1"
    near = leaks[leaks["kind"] == "near_duplicate"].iloc[0]
    assert 0 <= near["distance"] <= 10
    assert 0.975 <= near["likeness"] < 1


def test_counts_say_of_how_many(leaky):
    root, _, _ = leaky
    counts = json.loads((root / "leakage" / "leakage.json").read_text())
    assert counts["splits"]["train"] == {"persons": 6, "outfits": 6, "clips": 6, "pictures": 18}
    assert counts["splits"]["test"]["persons"] == 7
    between = {(pair["split_a"], pair["split_b"]): pair for pair in counts["pairs"]}
    assert set(between) == {("train", "valid"), ("train", "test"), ("valid", "test")}
    shared = between["train", "test"]
    assert [shared[kind] for kind in leakage.KINDS] == [1, 0, 1, 1]
    check_manifest(root / "leakage")


def test_the_report_says_it(leaky):
    root, _, paths = leaky
    found = read_leakage(root / "leakage")
    lines = leakage_lines(found)
    assert lines[0] == "Train and valid share 1 person (of 1 in valid); 1 outfit (of 1 in valid)."
    assert lines[1].startswith("Train and test share 1 person (of 7 in test); 1 clip with equal")
    assert lines[2] == "Valid and test share no person, no outfit and no picture."
    assert leakage_warnings(found) == lines[:2]
    table = leakage_table(found)
    rows = {row.label: row.cells for row in table.rows[6:10]}
    assert rows["persons"][0].text == "1"
    assert rows["persons"][3].text == "p0"
    assert {cell.origin for cell in rows["persons"]} == {"table:leakage/leaks.parquet"}
    grid = leakage_grid(found, stored_frames(paths["crops"], "crops")[0])
    assert grid.rows[0].label == "0 bits, likeness 1.000"
    assert len(grid.rows) == 2
    np.testing.assert_array_equal(grid.rows[0].images[0].image, grid.rows[0].images[1].image)


def test_other_people_give_no_alarm(tmp_path):
    """Two halves of Studio's people, turning in rooms of their own."""
    clips = [person_clip(n, "train" if n % 2 else "test") for n in range(10)]
    leaks, _ = run(tmp_path, clips)
    assert len(leaks) == 0
    found = read_leakage(tmp_path / "leakage")
    assert leakage_warnings(found) == []
    assert leakage_grid(found, {}) is None


def test_garments_that_deepfashion_shares_are_found(tmp_path):
    """PATN's split has 513 such; here one garment is in both, in two colours."""
    layout = datasets.read("deepfashion", [trees.patn(tmp_path / "copy")], None, "patn")
    paths = {}
    for still in layout.stills:
        paths.setdefault(still.clip, []).append(still.path)
    clips = [
        (c.clip, c.person, c.outfit, c.split, [trees.read_image(p) for p in paths[c.clip]])
        for c in layout.clips
    ]
    leaks, _ = run(tmp_path, clips)
    assert leaks["kind"].tolist() == ["identity"]
    assert leaks["name"].tolist() == ["WOMEN_id_00000693"]
    line = leakage_lines(read_leakage(tmp_path / "leakage"))[0]
    assert line == "Train and test share 1 person (of 2 in test)."


def test_a_clip_that_is_like_two_counts_once(tmp_path):
    clips = [person_clip(n, "train", trees.film(1, 0, 3, 128)[0]) for n in (1, 2)]
    leaks, _ = run(tmp_path, [*clips, person_clip(3, "test", trees.film(1, 0, 3, 128)[0])])
    assert leaks["kind"].tolist() == ["identical"] * 2
    found = read_leakage(tmp_path / "leakage")
    shared = "Train and test share 1 clip with equal pictures or files (of 1 in test)."
    assert leakage_lines(found) == [shared]
    rows = {row.label: row.cells for row in leakage_table(found).rows}
    assert rows["pairs of clips with equal pictures or files"][0].text == "2"


def test_frames_of_a_clip_are_spread_evenly(tmp_path):
    frames = trees.film(2, 0, 4, 128)[0]
    clips = [person_clip(1, "train"), ("late", "q", "q/1", "test", frames[::-1])]
    clips.append(("c2", "p2", "p2/1", "train", frames))
    few = leakage.Config(10, 0.975, 2)
    leaks, _ = run(tmp_path, clips, few)
    assert leaks["kind"].tolist() == ["identical"]
    counts = json.loads((tmp_path / "leakage" / "leakage.json").read_text())
    assert counts["splits"]["test"]["pictures"] == 2


def test_videos_of_equal_bytes_are_found_whatever_their_crops(tmp_path):
    clips = [person_clip(n, "train" if n < 2 else "test") for n in range(3)]
    paths = store(tmp_path, clips)
    table = read_table(paths["clips"], "clips").assign(sha256=["a", "b", "a"], path="x.mp4")
    write_table(table, paths["clips"], "clips", {})
    leakage.run(CONFIG, **paths, output=tmp_path / "leakage")
    (leak,) = read_table(tmp_path / "leakage" / "leaks.parquet", "leaks").itertuples()
    assert (leak.kind, leak.clip_a, leak.clip_b) == ("identical", "c0", "c2")


def test_one_split_shares_nothing(tmp_path):
    leaks, _ = run(tmp_path, [person_clip(1, "train")])
    assert len(leaks) == 0
    assert "but one split" in leakage_lines(read_leakage(tmp_path / "leakage"))[0]
