"""On a GPU: two trainings are equal bit for bit, and so is one that was stopped and went on.

What makes it so: the warp gathers and adds in a fixed order, `machine.prepare` asks torch for
deterministic algorithms (cuDNN's among them) and switches the search for the fastest ones off,
and cuBLAS gets a workspace of fixed size. An operation without a deterministic form warns; the
tests let no such warning pass, because then only a band could be stated.

These tests were written without a GPU at hand. `python -m pytest tests/training/test_cuda.py`
runs them where there is one.
"""

import warnings

import pytest
import torch

from repose.errors import ReposeError
from repose.recipes import RECIPE, network_block
from repose.training.ranks import Ranks
from tests.training import tiny

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")

SHORT = {"steps": 20, "checkpoint_every": 4, "watch_pairs": 1, "device": "cuda"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny.make_data(tmp_path_factory.mktemp("data"), 64)


@pytest.fixture(autouse=True)
def one_commit(monkeypatch):
    monkeypatch.setattr("repose.training.machine.commit", lambda: "one")


def results(output):
    equal = ("generator.safetensors", "losses.csv")
    return {name: (output / name).read_bytes() for name in equal}


def go(folder, data, **changes):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*deterministic.*")
        return results(tiny.run(folder, data, **SHORT | changes))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("channels_last", [False, True])
def test_stopped_and_resumed_it_is_the_same(tmp_path, data, monkeypatch, precision, channels_last):
    settings = {"precision": precision, "channels_last": channels_last}
    whole = go(tmp_path / "whole", data, **settings)
    assert go(tmp_path / "again", data, **settings) == whole
    for stop in (3, 9):  # between two checkpoints
        signals = iter([""] * (stop - 1) + ["SIGTERM"])
        monkeypatch.setattr(Ranks, "agree", lambda *_, given=signals: next(given, ""))
        with pytest.raises(ReposeError, match="stopped"):
            go(tmp_path / "stopped", data, **settings)
    assert go(tmp_path / "stopped", data, **settings) == whole


def test_micro_batches_are_the_same_when_resumed(tmp_path, data, monkeypatch):
    settings = {"batch": 4, "micro_batches": 4}
    whole = go(tmp_path / "whole", data, **settings)
    signals = iter([""] * 6 + ["SIGUSR1"])
    monkeypatch.setattr(Ranks, "agree", lambda *_: next(signals, ""))
    with pytest.raises(ReposeError, match="stopped"):
        go(tmp_path / "stopped", data, **settings)
    assert go(tmp_path / "stopped", data, **settings) == whole


# posewarp moves its limbs, and deformable's `stn` its features, by sampling with gradients: on a
# GPU torch adds these up in any order, so the two repeat but for rounding.
@pytest.mark.parametrize("method", ["deformable", "vunet25d", "pg2"])
def test_other_families_repeat_themselves(tmp_path, data, method):
    block = tiny.models()[method]
    recipe = tiny.stretched(block[RECIPE], SHORT["steps"])
    one, other = (
        go(tmp_path / name, data, model=network_block(block), **recipe) for name in ("a", "b")
    )
    assert one == other
