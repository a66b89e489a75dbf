"""The loop learns, repeats itself, stops before harm, and goes on as if it had never stopped."""

import json
import os
import signal

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from repose.data.augmentation import Ranges
from repose.data.samples import Crops
from repose.errors import ReposeError
from repose.training import machine
from repose.training.batches import Batches
from repose.training.loop import train
from repose.training.loss_log import read
from repose.training.objective import Objective
from repose.training.phases import Phase, everything
from repose.training.schedule import Schedule
from tests.training.toy import Discriminator, Generator, make_crops

NONE = Ranges(0, 0, 0, 0, 0, 0, 0, 0, 0)
SOME = Ranges(0.1, 0.05, 0.1, 0.5, 0.01, 0.1, 0.2, 0.5, 0.2)
SCHEDULE = Schedule(
    steps=12,
    phases=everything(12),
    lr=0.01,
    lr_decay=0.5,
    betas=(0.5, 0.999),
    bf16=False,
    separate_batches=False,
    checkpoint_every=4,
    keep_checkpoints=2,
    log_every=1,
    watch_every=5,
)
OBJECTIVE = Objective({"adversarial": 0.1, "l1": 1.0, "l1_foreground": 1.0}, 0.9)


THREE = (
    Phase(("generator",), 0, 4),
    Phase(("discriminator",), 4, 8),
    Phase(("generator", "discriminator"), 8, 12),
)


@pytest.fixture(scope="module")
def crops(tmp_path_factory):
    return Crops([make_crops(tmp_path_factory.mktemp("crops") / "0")], cache_mb=1)


@pytest.fixture
def go(crops, tmp_path):
    """Train the toy networks; returns their weights, and leaves the log in tmp_path."""

    def draw(number):
        return np.random.default_rng(number).integers(0, len(crops), (3, 2))

    def start(name="run", *, objective=OBJECTIVE, ranges=SOME, watch=str, sample=draw, **changes):
        if "steps" in changes:
            changes = {"phases": everything(changes["steps"]), **changes}
        schedule = Schedule(**{**SCHEDULE.__dict__, **changes})
        machine.seed_step(0, -1)
        networks = {"generator": Generator(), "discriminator": Discriminator()}
        if not objective.weights.get("adversarial"):
            del networks["discriminator"]

        batches = Batches(
            crops, sample, networks["generator"].fit, ranges, 7, torch.device("cpu"), 1
        )
        (tmp_path / name).mkdir(exist_ok=True)
        train(networks, objective, batches, schedule, (tmp_path / name, "f"), watch)
        return networks

    return start


def weights(networks):
    return {f"{k}.{n}": v for k, m in networks.items() for n, v in m.state_dict().items()}


def same(a, b):
    a, b = weights(a), weights(b)
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def test_learns(go, tmp_path):
    objective = Objective({"l1": 1.0})
    go(steps=60, ranges=NONE, objective=objective, sample=lambda _: np.array([[0, 1], [9, 8]]))
    rows = read(tmp_path / "run" / "log.jsonl")
    assert [row["step"] for row in rows] == list(range(1, 61))
    losses = [row["l1"] for row in rows]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def test_two_runs_are_equal(go, tmp_path):
    a, b = go("a"), go("b")
    assert same(a, b)
    assert (tmp_path / "a/log.jsonl").read_bytes() == (tmp_path / "b/log.jsonl").read_bytes()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGUSR1"])
def test_a_signal_stops_within_a_step_and_the_run_goes_on_bit_for_bit(go, tmp_path, name):
    whole = go("whole")

    def interrupt(step):
        if step == 5:
            os.kill(os.getpid(), signal.Signals[name])

    with pytest.raises(ReposeError, match=f"stopped.*{name} after step 5"):
        go("cut", watch=interrupt)
    assert same(whole, go("cut"))
    logs = [(tmp_path / run / "log.jsonl").read_bytes() for run in ("whole", "cut")]
    assert logs[0] == logs[1]


def test_death_between_checkpoints_repeats_the_steps_since(go, tmp_path):
    whole = go("whole")

    def die(step):
        if step == 10:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        go("cut", watch=die)
    assert len(read(tmp_path / "cut" / "log.jsonl")) == 10  # two more than the checkpoint knows
    assert same(whole, go("cut"))
    logs = [(tmp_path / run / "log.jsonl").read_bytes() for run in ("whole", "cut")]
    assert logs[0] == logs[1]


def test_a_finished_run_is_not_trained_again(go):
    first = go()
    called = []
    assert same(first, go(watch=called.append))
    assert called == []


@pytest.mark.parametrize("bad", ["input", "generator_gradient"])
def test_not_finite_stops_before_the_step(go, tmp_path, monkeypatch, bad):
    kept = go("kept", steps=5, lr_decay=0.0)

    def spoil(done):
        if done == 5 and bad == "input":
            monkeypatch.setattr(
                "repose.data.augmentation.colour_images", lambda images, _: images * torch.nan
            )
        elif done == 5:
            monkeypatch.setattr(
                "repose.training.learner.get_total_norm", lambda _: torch.tensor(torch.inf)
            )

    with pytest.raises(ReposeError, match=f"not-finite.*{bad} is"):
        go("run", watch=spoil, steps=30, lr_decay=0.0, checkpoint_every=5)
    [place] = (tmp_path / "run" / "not-finite").iterdir()
    record = json.loads((place / "batch.json").read_text())
    assert len(record["pairs"]) == 3
    assert record["pairs"][0]["source"][0].startswith("clip")
    assert len(list(place.glob("pair-*.png"))) == 3
    assert len(read(tmp_path / "run" / "log.jsonl")) == record["step"] - 1
    monkeypatch.undo()
    assert same(kept, go("run", steps=5, lr_decay=0.0))


def test_without_a_discriminator(go, tmp_path):
    go(objective=Objective({"l1": 1.0}))
    assert set(read(tmp_path / "run" / "log.jsonl")[0]) == {
        "step",
        "loss",
        "l1",
        "generator_gradient",
    }


def test_the_discriminator_learns_from_its_own_batch_if_asked(go):
    assert not same(go("shared"), go("separate", separate_batches=True))


def test_rate_falls_to_zero_at_the_end():
    assert SCHEDULE.rate(0) == SCHEDULE.rate(6) == 0.01
    assert SCHEDULE.rate(9) == pytest.approx(0.005)
    assert SCHEDULE.rate(11) == pytest.approx(0.01 / 6)
    flat = Schedule(**{**SCHEDULE.__dict__, "lr_decay": 0.0})
    assert flat.rate(11) == 0.01


def test_bf16_learns_nearly_the_same(go, tmp_path):
    fine = weights(go("fp32", steps=2))
    coarse = weights(go("bf16", bf16=True, steps=2))
    machine.seed_step(0, -1)
    fresh = weights({"generator": Generator(), "discriminator": Discriminator()})
    for name, value in coarse.items():
        assert torch.isfinite(value).all()
        assert not torch.equal(value, fresh[name]), name
    assert any(not torch.equal(value, fine[name]) for name, value in coarse.items())
    first, other = (read(tmp_path / run / "log.jsonl")[0]["loss"] for run in ("fp32", "bf16"))
    assert first != other
    assert other == pytest.approx(first, rel=0.02)  # bfloat16 keeps 8 bits


def test_each_phase_moves_what_it_names(go, tmp_path):
    """Seen at the checkpoints that lie where phases end."""
    go(phases=THREE, keep_checkpoints=9)
    folder = tmp_path / "run" / "checkpoints"
    kept = {n: load_file(folder / f"step-{n:08d}" / "state.safetensors") for n in (4, 8, 12)}

    def changed(a, b):
        names = [name for name in kept[a] if "/weights/" in name]
        return {n.split("/")[0] for n in names if not torch.equal(kept[a][n], kept[b][n])}

    assert changed(4, 8) == {"discriminator"}
    assert changed(8, 12) == {"generator", "discriminator"}
    rows = read(tmp_path / "run" / "log.jsonl")
    assert [("loss" in row, "discriminator" in row) for row in rows] == (
        [(True, False)] * 4 + [(False, True)] * 4 + [(True, True)] * 4
    )
    assert "adversarial" in rows[-1]
    assert "adversarial" not in rows[0]


@pytest.mark.parametrize("stop", [3, 4, 6, 8, 11])
def test_a_run_stopped_in_any_phase_goes_on_bit_for_bit(go, tmp_path, stop):
    whole = go("whole", phases=THREE, watch_every=1)

    def interrupt(step):
        if step == stop:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(ReposeError, match=f"after step {stop}"):
        go("cut", phases=THREE, watch_every=1, watch=interrupt)
    assert same(whole, go("cut", phases=THREE, watch_every=1))
    logs = [(tmp_path / run / "log.jsonl").read_bytes() for run in ("whole", "cut")]
    assert logs[0] == logs[1]
