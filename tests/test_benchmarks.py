"""Several data sets in one graph: whose settings count, and what a profile asks for whom."""

from pathlib import Path

import pytest
import yaml

from repose.benchmarks import benchmark_configs, for_each
from repose.errors import ReposeError
from repose.settings import check
from repose.staleness import load_config


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "a.yaml", data_set="first", generate={"batch": 3, "threads": 2})
    write(tmp_path / "b.yaml", data_set="second")
    return tmp_path


def write(path, **values):
    path.write_text(yaml.safe_dump(values))
    return path


def test_each_has_its_own_overlay_below_that_of_all(folder):
    of_all = write(folder / "all.yaml", data_set="all", benchmarks=["a", "b"], shards=3)
    above = {"data_set": "x", "generate": {"batch": "5"}}
    configs = benchmark_configs(["a", "b"], [of_all], above, folder)
    assert [config["data_set"] for config in configs.values()] == ["first", "second"]
    for config in configs.values():
        check(config)
        assert config["shards"] == 3
        assert config["benchmarks"] == []
        assert config["generate"]["batch"] == 5  # a number again
    assert configs["a"]["generate"]["threads"] == 2
    assert configs["b"]["generate"]["threads"] == 4


@pytest.mark.parametrize("names", [["a", "a"], ["a-b"], ["../a"], ["1a"], [""]])
def test_a_name_that_cannot_be_is_refused(names, folder):
    with pytest.raises(ReposeError, match="wrong-value"):
        benchmark_configs(names, [], {}, folder)


def test_an_overlay_that_is_not_there_is_named(folder):
    with pytest.raises(ReposeError, match=r"missing-file.*none\.yaml"):
        benchmark_configs(["none"], [], {}, folder)


def test_two_that_fill_one_folder_are_refused(folder):
    write(folder / "c.yaml", data_set="first")
    with pytest.raises(ReposeError, match="c fills first"):
        benchmark_configs(["a", "c"], [], {}, folder)


def test_one_that_names_others_is_refused(folder):
    write(folder / "d.yaml", data_set="fourth", benchmarks=["a"])
    with pytest.raises(ReposeError, match="d names others"):
        benchmark_configs(["d"], [], {}, folder)


def test_what_is_asked_for_a_rule_is_asked_for_each_of_its_kind():
    asked = {"train": {"gpu": 1}, "b_train": {"gpu": 2}, "other": {"gpu": 0}}
    spread = for_each(asked, ["a", "b"], ["train", "report"])
    assert spread == asked | {"a_train": {"gpu": 1}}


def test_official_sets_do_not_stop_at_a_clip_of_which_no_pose_is_given():
    names = load_config([Path("config/paper.yaml")])["benchmarks"]
    blocks = [c["poses"] for c in benchmark_configs(names, [], {}, Path("config")).values()]
    given = [block["on_bad_clip"] for block in blocks if block["estimator"] == "given"]
    assert given == ["keep"] * 7
