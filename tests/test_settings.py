import copy
import shlex
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from repose.errors import ReposeError
from repose.recipes import network_block, shadowed, spread_seeds, training_block
from repose.settings import check, flags, network_fields, restore_types, signature, stages

ROOT = Path(__file__).parent.parent


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("stage", stages())
def test_the_source_says_what_the_module_says(stage):
    module = import_module(f"repose.stages.{stage}")
    names = [field.name for field in fields(module.Config)]
    assert list(signature(stage).config) == names
    assert signature(stage).summary


def test_the_config_of_the_repository_is_right(config):
    check(config)


@pytest.mark.parametrize("overlay", sorted(p.name for p in ROOT.glob("config/*.yaml")))
def test_every_overlay_is_right(config, overlay):
    def merge(base, over):
        for key, value in over.items():
            if isinstance(value, dict) and isinstance(base.get(key), dict):
                merge(base[key], value)
            else:
                base[key] = value

    merge(config, yaml.safe_load((ROOT / "config" / overlay).read_text(encoding="utf-8")) or {})
    check(config)


def test_an_unknown_block_names_the_nearest(config):
    config["trian"] = {}
    with pytest.raises(ReposeError, match=r"unknown key 'trian'.*did you mean 'train'"):
        check(config)


def test_an_unknown_key_names_its_block_and_the_nearest(config):
    config["train"]["step"] = 3
    with pytest.raises(ReposeError, match=r"unknown key 'train\.step'.*did you mean 'steps'"):
        check(config)


def test_an_unknown_key_of_a_network_is_found(config):
    name = config["methods"][0]
    config["models"][name]["wrap"] = "3d"
    with pytest.raises(ReposeError, match=rf"unknown key 'models\.{name}\.wrap'.*'warp'"):
        check(config)


def test_a_model_may_be_trained_in_its_own_way(config):
    recipe = {"lr": 0.5, "phases": ["generator: 3"], "steps": 3}
    config["models"]["warp2d"]["train"] = recipe
    check(config)
    everyone, own = (training_block(config, name) for name in ("warp3d", "warp2d"))
    assert everyone == config["train"]
    assert {k for k in own if own[k] != everyone[k]} == set(recipe)
    assert "train" not in network_block(config["models"]["warp2d"])
    assert network_block(config["models"]["warp3d"]) == config["models"]["warp3d"]


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"lrr": 0.5}, r"unknown key 'models\.warp2d\.train\.lrr'.*'lr'"),
        ({"steps": "many"}, r"'models\.warp2d\.train\.steps'.*must be int"),
        ({"kl_warmup": [1, 2, 3]}, r"kl_warmup.*tuple\[int, int\]"),
        (3, "must be a block of keys"),
    ],
)
def test_a_wrong_recipe_of_a_model_is_named(config, recipe, said):
    config["models"]["warp2d"]["train"] = recipe
    with pytest.raises(ReposeError, match=said):
        check(config)


def test_phases_of_a_chosen_model_must_fit_its_steps(config):
    config["models"]["warp2d"]["train"] = {"phases": ["generator: 3"], "steps": 4}
    check(config | {"methods": ["warp3d"]})  # which does not care
    with pytest.raises(ReposeError, match=r"train\.phases of warp2d add up to 3 .*steps is 4"):
        check(config | {"methods": ["warp2d"]})


def test_what_the_command_line_says_in_vain_is_named(config):
    config["models"]["warp2d"]["train"] = {"lr": 0.5}
    given = {"train": {"lr": 0.1, "steps": 3}}
    assert list(shadowed(config | {"methods": ["warp3d", "warp2d"]}, given)) == [
        "train.lr is not that of warp2d: set models.warp2d.train.lr"
    ]
    assert list(shadowed(config, {})) == []


def test_the_types_of_a_recipe_are_restored(config):
    config["models"]["warp2d"]["train"] = {"lr": "2e-4", "triplet": "true", "phases": ["a: 3"]}
    restore_types(config)
    recipe = {"lr": 2e-4, "triplet": True, "phases": ["a: 3"]}
    assert config["models"]["warp2d"]["train"] == recipe


def test_an_unknown_network_is_found(config):
    config["models"][config["methods"][0]]["network"] = "warp3b"
    with pytest.raises(ReposeError, match="did you mean 'warp3d'"):
        check(config)


def test_a_method_without_a_model_is_found(config):
    config["methods"] = ["warp3"]
    with pytest.raises(ReposeError, match="unknown-model"):
        check(config)


@pytest.mark.parametrize("value", ["many", 1.5, True, None, [1]])
def test_a_wrong_type_is_named_with_the_right_one(config, value):
    config["train"]["steps"] = value
    with pytest.raises(ReposeError, match=r"wrong-type.*'train\.steps'.*must be int"):
        check(config)


def test_a_missing_key_is_named(config):
    del config["train"]["seed"]
    with pytest.raises(ReposeError, match=r"'train\.seed' is not set"):
        check(config)


def test_a_block_that_is_no_block_is_named(config):
    config["train"] = 3
    with pytest.raises(ReposeError, match="wrong-type"):
        check(config)


def test_checking_changes_nothing(config):
    before = copy.deepcopy(config)
    check(config)
    assert config == before


def test_flags_survive_a_shell():
    block = {"a_name": "it's; $HOME", "numbers": [1, 2], "yes": True, "no": False, "x": 1e-4}
    assert shlex.split(flags(block)) == [
        *("--a-name", "it's; $HOME", "--no", "false", "--numbers", "1", "2"),
        *("--x", "0.0001", "--yes", "true"),
    ]
    assert flags(block) == flags(dict(reversed(block.items())))


def test_a_network_is_read_without_importing_it():
    assert "warp" in network_fields("warp3d")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data_set", "../x y"),
        ("methods", []),
        ("shards", 0),
        ("data_set", "a; echo"),
        ("data_set", "runs"),
        ("data_set", "logs"),
    ],
)
def test_what_becomes_a_path_is_checked(config, key, value):
    config[key] = value
    with pytest.raises(ReposeError, match="wrong-value"):
        check(config)


def test_a_number_must_be_finite(config):
    config["train"]["lr"] = float("nan")
    with pytest.raises(ReposeError, match="wrong-type"):
        check(config)


@pytest.mark.parametrize("path", sorted(ROOT.glob("config/*.yaml")), ids=lambda path: path.name)
def test_no_key_stands_twice(path):
    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node, deep=False):
            keys = [key.value for key, _ in node.value if key.value != "<<"]
            assert len(keys) == len(set(keys)), keys
            return super().construct_mapping(node, deep)

    yaml.load(path.read_text(encoding="utf-8"), Strict)  # noqa: S506


def as_text(value):
    """Return a block as Snakemake's --config reads it: every scalar a string."""
    if isinstance(value, dict):
        return {key: as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_a_block_given_as_text_gets_its_types_back(config):
    given = copy.deepcopy(config)
    for block in (*stages(), "models"):
        given[block] = as_text(given[block])
    restore_types(given)
    assert given == config


def test_text_that_is_no_number_stays_wrong(config):
    config["train"]["steps"] = "many"
    restore_types(config)
    with pytest.raises(ReposeError, match=r"wrong-type.*'train\.steps'"):
        check(config)


def test_a_power_of_ten_needs_no_point(config):
    config["train"]["lr"] = yaml.safe_load("1e-4")
    restore_types(config)
    check(config)
    assert config["train"]["lr"] == 0.0001


def test_several_seeds_are_trainings_that_differ_in_their_seed_alone(config):
    config |= {"methods": ["warp3d", "posewarp"], "seeds": 3}
    config["train"]["seed"] = 7
    spread_seeds(config)
    names = ["warp3d", "warp3d_seed1", "warp3d_seed2"]
    assert config["methods"] == [*names, "posewarp", "posewarp_seed1", "posewarp_seed2"]
    check(config)
    recipes = [training_block(config, name) for name in names]
    assert [recipe.pop("seed") for recipe in recipes] == [7, 8, 9]
    assert recipes[0] == recipes[1] == recipes[2]
    blocks = [network_block(config["models"][name]) for name in names]
    assert blocks[0] == blocks[1] == blocks[2]
    assert training_block(config, "posewarp_seed1")["steps"] == 210005  # its own recipe, too


def test_no_seed_and_a_name_that_is_taken_are_refused(config):
    config |= {"methods": ["warp3d"], "seeds": 0}
    with pytest.raises(ReposeError, match="'seeds' is below 1"):
        spread_seeds(config)
    config["seeds"] = 2
    config["models"]["warp3d_seed1"] = config["models"]["warp2d"]
    with pytest.raises(ReposeError, match="makes a model warp3d_seed1"):
        spread_seeds(config)
