import shutil

import pytest

from repose.errors import ReposeError
from repose.manifests import Fault, write_manifest
from repose.snapshot import take
from repose.verification import differences, is_timed, verify


def make_results(root, seed=1, weights=b"w" * 50, seconds=b"1.5"):
    """A small tree of results: folders, single files, a checkpoint, logs."""
    files = {
        "crops/00/crops.pack": b"p" * 100,
        "crops/00/crops.parquet": b"t" * 60,
        "pairs/pairs.parquet": b"a" * 70,
        "train/m/generator.safetensors": weights,
        "train/m/times.json": seconds,
        "../runs/demo/m/f/checkpoints/step-00000010/state.json": seconds,
        "../runs/demo/m/f/timing.jsonl": seconds,
        "logs/crops/00.log": seconds,
    }
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name in ("crops/00", "pairs/pairs.parquet", "train/m"):
        write_manifest(root / name, {"seed": seed})
    write_manifest(root / "../runs/demo/m/f/checkpoints/step-00000010", {})
    (root / "crops/00/.snakemake_timestamp").touch()
    return root


@pytest.fixture
def results(tmp_path):
    return make_results(tmp_path / "results/demo")


def faults(root):
    return [(fault.path.relative_to(root).as_posix(), fault.what) for fault in verify(root).faults]


@pytest.fixture
def checkpoint(results):
    return results.parent / "runs/demo/m/f/checkpoints/step-00000010"


def test_sound_results_are_counted(results):
    verdict = verify(results.parent)
    assert not verdict.faults
    assert (verdict.outputs, verdict.files, verdict.others) == (4, 6, 2)
    assert verdict.size == 100 + 60 + 70 + 50 + 3 + 3
    verdict = verify(results)
    assert not verdict.faults
    assert (verdict.outputs, verdict.files, verdict.others) == (3, 5, 1)


def test_a_damaged_checkpoint_is_found_from_every_folder_above(results, checkpoint):
    (checkpoint / "state.json").write_bytes(b"9.5")
    for root in (results.parent, results.parent / "runs", checkpoint):
        assert [fault.path for fault in verify(root).faults] == [checkpoint / "state.json"]


@pytest.mark.parametrize("name", ["runs", "logs"])
def test_what_lies_above_the_results_may_have_any_name(tmp_path, name):
    root = make_results(tmp_path / name / "results/demo")
    (root / "crops/00/manifest.json").unlink()
    for folder in (root.parent, root, root / "crops", root / "crops/00"):
        assert len(verify(folder).faults) == 2
    assert not verify(root.parent / "runs/demo").faults
    assert not verify(root / "logs").faults


@pytest.mark.parametrize(
    "name",
    [
        "crops/00/crops.pack",
        "crops/00/manifest.json",
        "pairs/pairs.parquet",
        "pairs/pairs.parquet.manifest.json",
    ],
)
def test_one_flipped_bit_is_found_and_its_file_named_alone(results, name):
    content = bytearray((results / name).read_bytes())
    content[len(content) // 2] ^= 16
    (results / name).write_bytes(content)
    what = "the manifest is damaged" if name.endswith("manifest.json") else "changed"
    assert faults(results) == [(name, what)]


def test_a_missing_and_an_added_file_are_named(results):
    (results / "crops/00/crops.pack").unlink()
    (results / "pairs/pairs.parquet").unlink()
    (results / "train/m/more.bin").touch()
    assert faults(results) == [
        ("crops/00/crops.pack", "missing"),
        ("pairs/pairs.parquet", "missing"),
        ("train/m/more.bin", "not in the manifest"),
    ]


def test_what_a_stage_made_without_a_manifest_does_not_count(results):
    (results / "crops/00/manifest.json").unlink()
    (results / "pairs/pairs.parquet.manifest.json").unlink()
    expected = ["crops/00/crops.pack", "crops/00/crops.parquet", "pairs/pairs.parquet"]
    assert faults(results) == [(name, "no manifest lists it") for name in expected]
    inside = verify(results / "crops/00").faults
    assert [fault.path.name for fault in inside] == ["crops.pack", "crops.parquet"]


def test_leftovers_of_a_killed_process_and_damaged_checkpoints_set_aside_are_no_results(results):
    runs = results.parent / "runs/demo"
    for name in (".crops.tmp-host-1", "damaged-step-00000005"):
        make_results(runs / name)
        (runs / name / "crops/00/crops.pack").write_bytes(b"")
    (results / "crops/.01.tmp-host-1").mkdir()
    (results / "crops/.01.tmp-host-1/crops.pack").touch()
    assert not verify(results).faults


def test_logs_of_a_cluster_and_dvc_s_own_files_are_no_results(results):
    log = results.parent / "logs/train/1.log"
    log.parent.mkdir(parents=True)
    log.touch()
    (results / "train/.gitignore").touch()
    verdict = verify(results.parent)
    assert not verdict.faults
    assert verdict.others == 4


def test_one_output_can_be_verified_alone(results):
    path = results / "pairs/pairs.parquet"
    assert not verify(path).faults
    path.write_bytes(b"b" * 70)
    assert verify(path).faults == [Fault(path, "changed")]
    with pytest.raises(ReposeError, match="missing-file"):
        verify(results / "nothing")


def test_two_runs_that_differ_in_times_alone_are_the_same(results, tmp_path):
    other = make_results(tmp_path / "other", seconds=b"2.5")
    assert differences(results, other) == []


def test_what_differs_is_named(results, tmp_path):
    other = make_results(tmp_path / "other", weights=b"v" * 50)
    (other / "pairs/pairs.parquet.manifest.json").unlink()
    write_manifest(other / "crops/00", {"seed": 2})
    assert differences(results, other) == [
        "crops/00: made with other settings",
        f"pairs/pairs.parquet: only in {results}",
        "train/m/generator.safetensors: other bytes",
    ]


@pytest.mark.parametrize(
    ("name", "timed"),
    [
        *[("times.json", True), ("speed.html", True), ("tables/speed.csv", True)],
        *[("run.json", False), ("report.html", False), ("tables/runs.csv", False)],
    ],
)
def test_times_stand_in_files_of_their_own(name, timed):
    assert is_timed(name) == timed


def test_an_output_that_was_deleted_with_its_manifest_is_missed(results):
    take(results, [], results / "snapshot.json")
    assert not verify(results.parent).faults
    shutil.rmtree(results / "crops/00")
    (results / "pairs/pairs.parquet").unlink()
    (results / "pairs/pairs.parquet.manifest.json").unlink()
    for root in (results, results.parent):
        assert [(fault.path, fault.what) for fault in verify(root).faults] == [
            (results / "crops/00", "missing"),
            (results / "pairs/pairs.parquet", "missing"),
        ]


def test_tables_of_papers_beside_the_data_sets_do_not_hide_what_these_lack(results):
    papers = results.parent / "papers"
    papers.mkdir()
    (papers / "papers.html").write_text("tables")
    assert faults(results.parent) == [("papers/papers.html", "no manifest lists it")]
    write_manifest(papers, {})
    assert faults(results.parent) == []
    (results / "pairs/pairs.parquet.manifest.json").unlink()
    assert faults(results.parent) == [("demo/pairs/pairs.parquet", "no manifest lists it")]


def test_what_was_scored_of_others_counts_as_what_a_stage_made(results):
    scored = results / "score/theirs"
    scored.mkdir(parents=True)
    (scored / "scores.json").write_text("{}")
    lacking = ("score/theirs/scores.json", "no manifest lists it")
    assert faults(results) == [lacking]
    assert faults(results.parent) == [(f"demo/{lacking[0]}", lacking[1])]
    write_manifest(scored, {})
    assert faults(results) == []
