"""The machine repeats itself, and says what it is."""

import shutil
import subprocess
from pathlib import Path

import pytest
import torch

import repose
from repose.errors import ReposeError
from repose.training import machine


def test_random_numbers_are_a_function_of_seed_step_and_micro_batch():
    drawn = {}
    for place in [(0, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1), (0, 1, 1), (0, 0, 0)]:
        machine.seed_step(*place)
        value = torch.rand(1).item()
        assert drawn.setdefault(place, value) == value
    assert len(set(drawn.values())) == 5


def test_a_device_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert machine.prepare("auto", 0) == torch.device("cpu")
    with pytest.raises(ReposeError, match="no-device"):
        machine.prepare("cuda", 0)


def test_the_code_that_trains_is_hashed_by_name_and_content(tmp_path):
    package = Path(repose.__file__).parent
    copy = tmp_path / "repose"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = machine.hash_sources(copy)
    assert before == machine.hash_sources(copy)
    (copy / "models" / "notes.txt").write_text("no code")
    (copy / "report" / "added.py").write_text("")  # draws no weight
    assert machine.hash_sources(copy) == before
    found = {before}
    for name in ("losses/pixels.py", "models/blocks.py", "parts/masks.py", "stages/train.py"):
        with (copy / name).open("a") as file:
            file.write("\n")
        found.add(machine.hash_sources(copy))
    (copy / "geometry" / "added.py").write_text("")
    found.add(machine.hash_sources(copy))
    assert len(found) == 6


def test_the_code_names_the_version():
    assert machine.code().startswith(f"{repose.__version__}+")


def test_software_names_the_commit_or_says_that_it_is_unknown(monkeypatch):
    assert machine.software()["torch"] == torch.__version__

    def no_git(*_args, **_options):
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", no_git)
    assert machine.commit() == "unknown"


def test_the_number_of_threads_decides_the_last_bits_on_a_cpu_alone(monkeypatch):
    assert machine.rounding(torch.device("cpu"))["threads"] == torch.get_num_threads()
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _device: "H")
    found = machine.rounding(torch.device("cuda", 1))
    assert found == {"device": "cuda", "device_name": "H"}


def test_hardware_names_the_device():
    facts = machine.hardware(torch.device("cpu"))
    assert facts["device"] == "cpu"
    assert facts["device_name"]
