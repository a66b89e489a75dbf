"""One word per stage: rule file, module, config block, test."""

import re
from pathlib import Path

import yaml

from repose.settings import GRAPH, signature, stages

ROOT = Path(__file__).parent.parent
CONFIG = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))


def test_each_stage_has_a_rule_of_its_name():
    rules = {path.stem: path.read_text(encoding="utf-8") for path in ROOT.glob("rules/*.smk")}
    assert sorted(rules) == stages()
    for stage, text in rules.items():
        assert re.findall(r"^rule (\w+):", text, re.M) == [stage]
        assert f"repose {stage} {{params.settings}}" in text


def test_each_stage_has_a_config_block_and_each_block_a_stage():
    assert sorted(set(CONFIG) - set(GRAPH)) == stages()


def test_each_stage_has_its_test():
    tests = {path.stem.removeprefix("test_") for path in ROOT.glob("tests/stages/test_*.py")}
    assert tests == set(stages())


def test_a_rule_spells_every_path_of_its_stage():
    for stage in stages():
        text = (ROOT / f"rules/{stage}.smk").read_text(encoding="utf-8")
        for name in signature(stage).paths:
            assert f"--{name.replace('_', '-')} " in text, (stage, name)


def test_each_rule_file_opens_with_its_contract():
    for path in ROOT.glob("rules/*.smk"):
        head = path.read_text(encoding="utf-8").split('"""')[1]
        assert "OUTPUTS" in head, path


def test_the_small_environment_is_part_of_the_large_one():
    pins = {
        name: set(re.findall(r"^[a-z0-9_.-]+==\S+", (ROOT / name).read_text(), re.M))
        for name in ("requirements/all.txt", "requirements/train.txt")
    }
    assert pins["requirements/train.txt"] <= pins["requirements/all.txt"]
