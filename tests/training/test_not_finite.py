"""A value that is not finite stops a training before the step, and nothing has moved."""

import errno
import json
import os

import pytest
import torch

from repose.data import augmentation
from repose.errors import ReposeError
from repose.training import evidence, state
from repose.training.learner import Learner
from repose.training.objective import Objective
from tests.training import tiny

SHORT = {"steps": 4, "checkpoint_every": 2, "watch_pairs": 1, "weight_perceptual": 0.0}
BAD_STEP = 3


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny.make_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    return (
        tiny.run(tmp_path_factory.mktemp("whole"), data, **SHORT) / "generator.safetensors"
    ).read_bytes()[-1000:]


@pytest.fixture
def learner(monkeypatch):
    """Watch the one that learns: itself, and its state after each move."""
    seen = {}
    move, learn = Learner.move, Learner.learn

    def watched_learn(self, feed, step, *rest):
        seen["step"] = step + 1
        return learn(self, feed, step, *rest)

    def watched_move(self, rate):
        move(self, rate)
        seen["learner"] = self
        seen["state"] = tensors(self)

    monkeypatch.setattr(Learner, "learn", watched_learn)
    monkeypatch.setattr(Learner, "move", watched_move)
    return seen


def tensors(learner):
    found = state.collect(learner.networks, learner.optimisers)
    return {name: value.clone() for name, value in found.items()}


def spoil_value(function, seen, value, pick=lambda made: made):
    """Wrap a function so that in the bad step one number of what it makes is `value`."""

    def spoilt(*args, **options):
        made = function(*args, **options)
        if seen.get("step") == BAD_STEP:
            pick(made).view(-1)[:1].fill_(value)
        return made

    return spoilt


def spoil_gradient(function, seen, value):
    def spoilt(self, *args):
        if seen.get("step") == BAD_STEP:
            first = next(self.networks["generator"].parameters())
            hook = first.register_hook(lambda gradient: gradient * value)
            seen["hook"] = hook
        return function(self, *args)

    return spoilt


PLACES = {
    "pixel": (augmentation, "colour_images", spoil_value, "input"),
    "joint": (augmentation, "move_joints", spoil_value, "input"),
    "loss": (Objective, "generator", None, "loss"),
    "discriminator": (Objective, "discriminator", None, "discriminator"),
    "gradient": (Learner, "_losses", spoil_gradient, "generator_gradient"),
}


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("place", PLACES)
def test_it_stops_before_the_step(tmp_path, data, whole, learner, monkeypatch, place, value):
    if place == "joint" and value != value:
        pytest.skip("a joint that is NaN is a missing one")
    owner, name, spoil, said = PLACES[place]
    function = getattr(owner, name)
    if spoil is None:

        def spoil(function, seen, value):
            def spoilt(*args):
                made = function(*args)
                factor = value if seen["step"] == BAD_STEP else 1.0
                if isinstance(made, dict):
                    return made | {"loss": made["loss"] * factor}
                return made * factor

            return spoilt

    monkeypatch.setattr(owner, name, spoil(function, learner, value))
    with pytest.raises(ReposeError, match=rf"not-finite.*{said} is (nan|-?inf) in step 3"):
        tiny.run(tmp_path, data, **SHORT)
    check_unmoved(learner)
    [kept] = tmp_path.glob("runs/*/not-finite/step-00000003")
    record = json.loads((kept / "batch.json").read_text())
    assert len(record["pairs"]) == len(list(kept.glob("pair-*.png"))) == 2
    assert not (tmp_path / "weights").exists()
    monkeypatch.undo()
    made = tiny.run(tmp_path, data, **SHORT) / "generator.safetensors"
    assert made.read_bytes()[-1000:] == whole


def check_unmoved(learner):
    now = tensors(learner["learner"])
    assert learner["step"] == BAD_STEP
    assert now.keys() == learner["state"].keys()
    for name, value in learner["state"].items():
        assert torch.equal(now[name], value), name


def test_it_is_said_even_where_nothing_can_be_kept(tmp_path, data, learner, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    function = augmentation.colour_images
    monkeypatch.setattr(augmentation, "colour_images", spoil_value(function, learner, torch.nan))
    monkeypatch.setattr(evidence, "encode", full)
    with pytest.raises(ReposeError, match=r"not-finite.*input is nan.*disk-full"):
        tiny.run(tmp_path, data, **SHORT)
    check_unmoved(learner)
