"""Several ranks train as one: the same bytes for 1, 2 and 4, through kills, signals and NaN."""

import dataclasses
import json
import multiprocessing
import os
import signal
import socket
import sys
import time

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from repose.data import augmentation
from repose.errors import ReposeError
from repose.manifests import check_manifest
from repose.stages import train
from repose.training.launch import World
from repose.training.learner import Learner, sum_tree
from repose.training.objective import Objective
from repose.training.phases import everything
from repose.training.ranks import ALONE, Ranks, join
from repose.training.schedule import Schedule
from tests.stages.test_train import ARTEFACTS, CONFIG, same
from tests.training.toy import MODEL, make_crops, make_pairs

SETTINGS = {"batch": 4, "micro_batches": 4, "steps": 6, "checkpoint_every": 2}
PATIENCE_S = 60  # a rank that has lost another ends long before


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    return {
        "crops": [make_crops(folder / "crops")],
        "pairs": make_pairs(folder / "pairs.parquet"),
    }


class Training:
    """One training on several ranks, each a process forked from this one."""

    def __init__(self, data, folder, name, ranks, spoil, settings):
        self.output, self.runs, self.folder = folder / name, folder / "runs" / name, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = dataclasses.replace(CONFIG, **{**SETTINGS, **settings})
        self.ranks = []
        for rank in range(ranks):
            place = {"RANK": rank, "WORLD_SIZE": ranks, "LOCAL_RANK": rank}
            place |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            process = multiprocessing.get_context("fork").Process(
                target=self._run, args=(place, config, data, spoil)
            )
            process.start()
            self.ranks.append(process)

    def _run(self, place, config, data, spoil):
        os.environ |= {key: str(value) for key, value in place.items()}
        with (self.folder / f"said-{place['RANK']}").open("w", buffering=1) as sys.stderr:
            if spoil:
                spoil(place["RANK"])
            try:
                train.run(
                    config,
                    model=json.dumps(MODEL),
                    run_directory=self.runs,
                    output=self.output,
                    **data,
                )
            except ReposeError as error:
                print(error, file=sys.stderr)
                sys.exit(2)

    def wait_for(self, done):
        """Wait until so many steps are done."""
        while sum(len(p.read_bytes().splitlines()) for p in self.runs.glob("*/log.jsonl")) < done:
            assert all(process.is_alive() for process in self.ranks), self.said()
            time.sleep(0.002)

    def end(self):
        """Wait for the end of all ranks; returns their exit codes."""
        until = time.monotonic() + PATIENCE_S
        for process in self.ranks:
            process.join(until - time.monotonic())
        late = [process for process in self.ranks if process.exitcode is None]
        for process in late:
            process.kill()
        assert not late, self.said()
        return [process.exitcode for process in self.ranks]

    def said(self):
        return [path.read_text() for path in sorted(self.folder.glob("said-*"))]


@pytest.fixture
def go(data, tmp_path, monkeypatch):
    monkeypatch.setattr("repose.training.machine.commit", lambda: "one")
    monkeypatch.setattr("repose.training.machine.code", lambda: "0+same")  # others may edit it

    def start(name, ranks, spoil=None, **settings):
        return Training(data, tmp_path, name, ranks, spoil, settings)

    return start


@pytest.fixture
def trained(go):
    """Train to the end; returns the output."""

    def finish(name, ranks, **settings):
        training = go(name, ranks, **settings)
        assert training.end() == [0] * ranks, training.said()
        return training.output

    return finish


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes", [{}, {"separate_batches": True, "precision": "bf16", "batch": 8}]
)
def test_one_two_and_four_ranks_give_the_same_bytes(trained, changes):
    one = trained("one", 1, **changes)
    for ranks in (2, 4):
        many = trained(f"on{ranks}", ranks, **changes)
        assert same(one, many) == ARTEFACTS
        check_manifest(many)
        assert json.loads((many / "times.json").read_text())["ranks"] == ranks


@pytest.mark.slow
def test_killed_on_two_ranks_goes_on_with_four_and_with_one(go, trained):
    settings = {"steps": 16, "checkpoint_every": 3}
    whole = trained("whole", 1, **settings)
    for least, ranks in ((4, 2), (9, 4)):
        training = go("cut", ranks, **settings)
        training.wait_for(least)
        for process in training.ranks:
            process.kill()
        assert set(training.end()) == {-signal.SIGKILL}
        assert not training.output.exists()
    assert same(whole, trained("cut", 1, **settings)) == ARTEFACTS


@pytest.mark.slow
def test_a_signal_to_one_rank_stops_all_in_the_same_step(go, trained, tmp_path):
    settings = {"steps": 14, "checkpoint_every": 30}
    training = go("cut", 2, **settings)
    training.wait_for(4)
    os.kill(training.ranks[1].pid, signal.SIGTERM)
    assert training.end() == [2, 2]
    first, second = training.said()
    assert "training stopped by SIGTERM after step" in first
    assert "error" not in second  # it is said once
    assert len(list(training.runs.glob("*/checkpoints/step-*"))) == 1
    assert not training.output.exists()
    assert same(trained("whole", 1, **settings), trained("cut", 1, **settings)) == ARTEFACTS


@pytest.mark.slow
def test_not_finite_on_one_rank_stops_all_before_the_step(go):
    def spoil(rank):
        if rank == 1:
            colour = augmentation.colour_images
            bad = iter([False] * 5 + [True] * 99)  # the fourth micro-batch of the third step
            augmentation.colour_images = lambda images, colours: (
                colour(images, colours) * (torch.nan if next(bad) else 1)
            )

    training = go("bad", 2, spoil)
    assert training.end() == [2, 2]
    first, second = training.said()
    assert "input is nan in step 3 (micro-batch 4 of 4); the step was not made" in first
    assert "error" not in second
    [record] = training.runs.glob("*/not-finite/step-00000003/batch.json")
    assert len(json.loads(record.read_text())["pairs"]) == 4
    assert not training.output.exists()


@pytest.mark.slow
@pytest.mark.parametrize("dying", [0, 1])
def test_when_a_rank_dies_the_others_end_with_an_error(go, dying):
    training = go("dead", 2, steps=500)
    training.wait_for(3)
    training.ranks[dying].kill()
    codes = training.end()
    assert codes[dying] == -signal.SIGKILL
    assert codes[1 - dying] == 2
    assert "error[lost-rank]" in training.said()[1 - dying]
    assert not training.output.exists()


@pytest.mark.slow
def test_ranks_that_cannot_share_the_micro_batches_are_refused_once(go):
    training = go("odd", 3)
    assert training.end() == [2, 2, 2]
    first, *others = training.said()
    assert "3 ranks cannot share 4 micro-batches" in first
    assert not any(others)


@pytest.mark.parametrize(("ranks", "pieces"), [(2, 1), (4, 6), (3, 6), (8, 4)])
def test_only_powers_of_two_that_divide_are_taken(ranks, pieces):
    some = Ranks()
    some.size = ranks
    with pytest.raises(ReposeError, match="wrong-ranks"):
        some.block(pieces)


@pytest.mark.parametrize("pieces", [1, 2, 3, 4, 6, 8, 12])
def test_the_tree_goes_by_the_number_of_micro_batches_alone(pieces):
    values = torch.from_numpy(np.random.default_rng(pieces).normal(size=pieces) * 1e3).float()

    def total(block):
        return sum_tree(block, lambda piece: [values[piece].clone()])[0]

    whole = total(range(pieces))
    assert whole == pytest.approx(float(values.double().sum()), abs=1e-2)
    ranks = 2
    while pieces % ranks == 0:
        share = pieces // ranks
        parts = [total(range(i * share, (i + 1) * share)) for i in range(ranks)]
        while len(parts) > 1:
            parts = [a + b for a, b in zip(parts[::2], parts[1::2], strict=True)]
        assert torch.equal(parts[0], whole)
        ranks *= 2


def test_a_batch_in_slices_teaches_what_the_whole_one_does(data, tmp_path):
    found = []
    for pieces in (1, 2, 4):
        train.run(
            # All losses but that over the foreground are means over images of equal weight.
            dataclasses.replace(
                CONFIG, batch=4, micro_batches=pieces, steps=1, weight_l1_foreground=0.0
            ),
            model=json.dumps({**MODEL, "compat": []}),
            run_directory=tmp_path / "runs",
            output=tmp_path / str(pieces),
            **data,
        )
        found.append(pd.read_csv(tmp_path / str(pieces) / "losses.csv").iloc[0])
    for other in found[1:]:
        assert other.to_dict() == pytest.approx(found[0].to_dict(), rel=1e-4)
        assert other.to_dict() != found[0].to_dict()  # summed in another order


def test_a_process_alone_meets_nobody():
    with join(World(), torch.device("cpu")) as ranks:
        assert ranks is ALONE
        assert not torch.distributed.is_initialized()
        assert ranks.agree("SIGTERM") == "SIGTERM"
        assert ranks.share(b"state") == b"state"


def test_micro_batches_refuse_statistics_of_the_batch():
    schedule = Schedule(1, everything(1), 0.1, 0, (0.5, 0.9), False, False, 1, 2, 1, 1)
    networks = {"generator": nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1))}
    objective = Objective({"l1": 1.0})
    Learner(networks, objective, schedule, 1)
    with pytest.raises(ReposeError, match="batch-statistics"):
        Learner(networks, objective, schedule, 2)
