"""The machine repeats itself, and says what it is."""

import subprocess

import pytest
import torch

from repose.errors import ReposeError
from repose.training import machine


def test_random_numbers_are_a_function_of_seed_and_step():
    drawn = {}
    for seed, step in [(0, 0), (0, 1), (1, 0), (0, 0)]:
        machine.seed_step(seed, step)
        value = torch.rand(1).item()
        assert drawn.setdefault((seed, step), value) == value
    assert len(set(drawn.values())) == 3


def test_a_device_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert machine.prepare("auto", 0) == torch.device("cpu")
    with pytest.raises(ReposeError, match="no-device"):
        machine.prepare("cuda", 0)


def test_facts_name_the_commit_or_say_that_it_is_unknown(monkeypatch):
    facts = machine.facts(torch.device("cpu"))
    assert facts["torch"] == torch.__version__
    assert facts["device_name"]

    def no_git(*_args, **_options):
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", no_git)
    assert machine.commit() == "unknown"
