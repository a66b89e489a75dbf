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
    network(image, image, None, None).sum().backward()
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


def names(folder):
    """Name what lies there beside the note of the newest."""
    return sorted(path.name for path in folder.iterdir() if path.name != "newest.json")


def test_two_are_kept(make, tmp_path):
    saved(make, 1, 2, 3)
    assert names(tmp_path) == ["step-00000002", "step-00000003"]


def test_one_is_refused(make):
    with pytest.raises(ReposeError, match="keep-two"):
        make(keep=1)


def test_nothing_there_is_the_beginning(make):
    assert make()[0].restore() == {"step": 0}


def test_files_of_the_run_belong_to_the_state(make, tmp_path):
    log = tmp_path / "log"
    log.write_text("one\n")
    kept, network, optimiser = make()
    kept.files = [log]
    step(network, optimiser)
    kept.save(1, {})
    log.write_text("rubbish")
    assert kept.restore() == {"step": 1}
    assert log.read_text() == "one\n"


def test_anothers_is_not_taken(make):
    saved(make, 1)
    with pytest.raises(ReposeError, match=r"no-checkpoint.*belongs to another run.*delete that"):
        make(fingerprint="other")[0].restore()


def test_another_process_that_took_the_run_over_is_not_written_over(make, tmp_path):
    kept = make()[0]
    kept.folder = tmp_path / "checkpoints"
    (tmp_path / "lock").write_text('{"host": "elsewhere", "pid": 7}')
    with pytest.raises(ReposeError, match=r"run-in-use.*taken this run over.*elsewhere"):
        kept.save(1, {})
    assert not kept.folder.exists()


def test_leftovers_of_a_killed_save_go_away(make, tmp_path):
    saved(make, 1)
    (tmp_path / ".step-00000002.tmp-123").mkdir()
    assert make()[0].restore()["step"] == 1
    assert names(tmp_path) == ["step-00000001"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_write_that_fails_is_loud_and_keeps_the_old(make, tmp_path, monkeypatch, number):
    [first] = saved(make, 1)
    kept, network, optimiser = make()
    kept.restore()

    def fail(*_args, **_options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("repose.training.checkpoints.save", fail)
    with pytest.raises(ReposeError, match=r"disk-full|no-permission|read-only"):
        kept.save(2, {})
    assert names(tmp_path) == ["step-00000001"]
    assert kept.restore()["step"] == 1
    assert equal(state(network, optimiser), first)
