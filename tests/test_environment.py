"""All ways to set Repose up install the same versions: those of the lock."""

import tomllib
from pathlib import Path

import yaml

from requirements.environment import environment, pins

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements/all.txt").read_text(encoding="utf-8")
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_environment_file_is_the_one_that_make_lock_writes():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert text == environment(LOCK, PROJECT), "run: python requirements/environment.py"


def test_the_environment_file_lists_every_pin_and_nothing_else():
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, last = content["dependencies"]
    locked = [line.split(" ")[0] for line in LOCK.splitlines() if not line.startswith(" ")]
    assert last["pip"] == ["--require-hashes", "-r requirements/all.txt", *locked]
    assert len(set(locked)) == len(locked) > 100
    assert all("==" in pin for pin in locked)
    assert conda == ["python=3.11", "pip", "make", "git"]
    low, high = tomllib.loads(PROJECT)["project"]["requires-python"].split(",")
    assert (low, high) == (">=3.11", "<3.13")


def test_a_changed_pin_changes_the_file():
    [torch] = [pin for pin in pins(LOCK) if pin.startswith("torch==")]
    other = environment(LOCK.replace(torch, "torch==9.9.9"), PROJECT)
    assert "- torch==9.9.9\n" in other
    assert f"- {torch}\n" not in other
