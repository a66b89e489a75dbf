"""A checkpoint is whole and its own, or it is passed over; it never spoils what is there."""

import errno
import os

import pytest
import torch
from torch.optim import Adam

from repose.errors import ReposeError
from repose.training.checkpoints import Checkpoints
from tests.training.toy import Discriminator


@pytest.fixture
def make(tmp_path):
    def build(fingerprint="mine", keep=2, seed=0):
        torch.manual_seed(seed)
        network = Discriminator()
        optimiser = Adam(network.parameters(), 0.1, fused=True)
        kept = Checkpoints(tmp_path, fingerprint, keep, {"d": network}, {"d": optimiser})
        return kept, network, optimiser

    return build


def step(network, optimiser):
    image = torch.linspace(-1, 1, 2 * 3 * 16 * 16).view(2, 3, 16, 16)
    network(image, image, None).sum().backward()
    optimiser.step()
    optimiser.zero_grad()


def state(network, optimiser):
    moments = optimiser.state_dict()["state"]
    ordered = [value for moment in moments.values() for _, value in sorted(moment.items())]
    return [*network.state_dict().values(), *ordered]


def equal(a, b):
    return len(a) == len(b) and all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def saved(make, *steps):
    """Save after each step; returns the states in order."""
    kept, network, optimiser = make()
    states = []
    for number in steps:
        step(network, optimiser)
        kept.save(number, {"seconds": 1.5})
        states.append([value.clone() for value in state(network, optimiser)])
    return states


def test_all_state_comes_back_and_training_goes_on_the_same(make):
    [_, last] = saved(make, 1, 2)
    kept, network, optimiser = make(seed=9)
    assert kept.restore() == {"step": 2, "seconds": 1.5}
    assert equal(state(network, optimiser), last)
    straight, straight_optimiser = make()[1:]
    for _ in range(3):
        step(straight, straight_optimiser)
    step(network, optimiser)
    assert equal(state(network, optimiser), state(straight, straight_optimiser))


def test_channels_last_weights_and_moments_keep_their_layout(make):
    saved(make, 1)
    kept, network, optimiser = make()
    convolution = network.look[0]
    convolution.weight.data = convolution.weight.data.contiguous(memory_format=torch.channels_last)
    kept.restore()
    for value in (convolution.weight, optimiser.state[convolution.weight]["exp_avg"]):
        assert value.is_contiguous(memory_format=torch.channels_last)


def test_two_are_kept(make, tmp_path):
    saved(make, 1, 2, 3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step-00000002", "step-00000003"]


def test_one_is_refused(make):
    with pytest.raises(ReposeError, match="keep-two"):
        make(keep=1)


def test_nothing_there_is_the_beginning(make):
    assert make()[0].restore() == {"step": 0}


def damage(path, kind):
    file = path / "state.safetensors"
    if kind == "cut":
        os.truncate(file, file.stat().st_size // 2)
    elif kind == "zeroed":
        file.write_bytes(bytes(file.stat().st_size))
    elif kind == "one bit":
        data = bytearray(file.read_bytes())
        data[-5] ^= 4
        file.write_bytes(data)
    elif kind == "missing":
        file.unlink()
    elif kind == "no manifest":
        (path / "manifest.json").unlink()
    elif kind == "manifest not JSON":
        (path / "manifest.json").write_text("{")
    elif kind == "manifest of nothing":
        (path / "manifest.json").write_text('{"sha256": {}, "settings": {}}')
    elif kind == "rest":
        (path / "state.json").write_text('{"step": 7}')


@pytest.mark.parametrize(
    "kind",
    [
        "cut",
        "zeroed",
        "one bit",
        "missing",
        "no manifest",
        "manifest not JSON",
        "manifest of nothing",
        "rest",
    ],
)
def test_a_damaged_one_falls_back_to_the_one_before(make, tmp_path, capsys, kind):
    [first, _] = saved(make, 1, 2)
    damage(tmp_path / "step-00000002", kind)
    kept, network, optimiser = make(seed=9)
    assert kept.restore()["step"] == 1
    assert equal(state(network, optimiser), first)
    [line] = capsys.readouterr().err.splitlines()
    assert "step-00000002 is damaged" in line
    # The damaged one is out of the way: those that follow count from the one before it.
    kept.save(2, {})
    kept.save(3, {})
    assert kept.restore()["step"] == 3
    assert len(list(tmp_path.glob("step-*"))) == 2


def test_anothers_is_not_taken(make, capsys):
    saved(make, 1)
    assert make(fingerprint="other")[0].restore() == {"step": 0}
    assert "belongs to another run" in capsys.readouterr().err


def test_leftovers_of_a_killed_save_go_away(make, tmp_path):
    saved(make, 1)
    (tmp_path / ".step-00000002.tmp-123").mkdir()
    assert make()[0].restore()["step"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["step-00000001"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_write_that_fails_is_loud_and_keeps_the_old(make, tmp_path, monkeypatch, number):
    [first] = saved(make, 1)
    kept, network, optimiser = make()
    kept.restore()

    def fail(*_args, **_options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("repose.training.checkpoints.save_file", fail)
    with pytest.raises(ReposeError, match=r"disk-full|no-permission|read-only"):
        kept.save(2, {})
    assert [p.name for p in tmp_path.iterdir()] == ["step-00000001"]
    assert kept.restore()["step"] == 1
    assert equal(state(network, optimiser), first)
