"""Whenever a signal comes, a training stops with its state saved, never as if it were done."""

import os
import signal
from pkgutil import resolve_name

import pytest

from repose.drill.scene import Scene
from repose.drill.victim import Victim
from repose.training import machine
from repose.training.signals import StopSignals
from tests.training import tiny

SHORT = {"steps": 6, "checkpoint_every": 2, "watch_pairs": 1, "weight_perceptual": 0.0}
SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)

# Where a signal strikes: a function that is called there, and in which of its calls.
IN_A_STEP = ("repose.training.learner.Learner.move", 3)
IN_THE_LAST_STEP = ("repose.training.learner.Learner.move", 6)
IN_A_SAVE = ("repose.training.checkpoints.save", 2)
IN_THE_LAST_SAVE = ("repose.training.checkpoints.save", 3)  # nobody looks after it
BEFORE_THE_LOOP = ("repose.training.loop.restore", 1)
AFTER_THE_LAST_LOOK = ("repose.training.book.Book.__exit__", 1)
IN_THE_OUTPUTS = ("repose.training.artefacts.write_losses", 1)

# And the step after which it stops.
SAVED = {IN_A_STEP: 3, IN_THE_LAST_STEP: 6, IN_A_SAVE: 5}
ENDED = (BEFORE_THE_LOOP, IN_THE_LAST_SAVE, AFTER_THE_LAST_LOOK, IN_THE_OUTPUTS)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny.make_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module", autouse=True)
def one_commit():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("repose.training.machine.commit", lambda: "one")
        machine.code()  # remembered by all that are forked from here
        yield


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("whole"))
    assert go(scene, data) == 0
    return results(scene)


def results(scene):
    equal = ("generator.safetensors", "losses.csv", "samples.png", "run.json")
    return {name: (scene.output / name).read_bytes() for name in equal}


def go(scene, data, where=None, numbers=()):
    """Run `repose train` in a fork, struck at a place; returns its exit status."""
    with pytest.MonkeyPatch.context() as patch:
        if where:
            patch.setattr(where[0], struck(resolve_name(where[0]), where[1], numbers))
        with Victim(tiny.words(scene.folder, data, **SHORT), scene.log, fresh=False) as victim:
            return victim.wait()


def struck(function, call, numbers):
    """Wrap a function so that signals come in one of its calls."""
    calls = []

    def wrapped(*args, **options):
        calls.append(1)
        if len(calls) == call:
            for number in numbers:
                os.kill(os.getpid(), number)
        return function(*args, **options)

    return wrapped


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


def check_intact(scene, data, whole):
    """Nothing is half-done or final; the next start gives what an undisturbed training gives."""
    assert not any(scene.half().values())
    assert not scene.output.exists()
    assert go(scene, data) == 0
    assert results(scene) == whole


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("where", SAVED)
def test_in_the_loop_the_state_is_saved_within_the_step(scene, data, whole, where, number):
    assert go(scene, data, where, [number]) == 2
    [line] = scene.log.read_text().splitlines()
    assert line.startswith("repose train: error[stopped]: training stopped by " + number.name)
    assert scene.logged() == scene.saved() == SAVED[where]
    check_intact(scene, data, whole)


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("where", ENDED)
def test_outside_of_the_loop_it_ends_at_once_and_is_not_done(scene, data, whole, where, number):
    assert go(scene, data, where, [number]) == (130 if number == signal.SIGINT else 128 + number)
    assert "Traceback" not in scene.log.read_text()
    assert "weights in" not in scene.log.read_text()
    check_intact(scene, data, whole)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_second_signal_does_not_hurry_a_save(scene, data, whole, number):
    assert go(scene, data, IN_A_SAVE, [number, signal.SIGTERM]) == 2
    assert scene.saved() == 5
    check_intact(scene, data, whole)


def test_a_second_ctrl_c_interrupts_at_once_and_spoils_nothing(scene, data, whole):
    assert go(scene, data, IN_A_SAVE, [signal.SIGINT, signal.SIGINT]) == 130
    assert scene.saved() == 2
    check_intact(scene, data, whole)


def test_what_came_after_the_last_look_is_passed_on():
    got = []
    before = signal.signal(signal.SIGUSR1, lambda *_: got.append("outer"))
    try:
        with StopSignals() as signals:
            os.kill(os.getpid(), signal.SIGUSR1)
            assert signals.received == "SIGUSR1"
            assert got == []
        assert got == ["outer"]
        with pytest.raises(RuntimeError), StopSignals():
            os.kill(os.getpid(), signal.SIGUSR1)
            raise RuntimeError  # it ends anyway
        assert got == ["outer"]
    finally:
        signal.signal(signal.SIGUSR1, before)
