"""Every model family passes through the one loop: all phases, all losses, killed and resumed."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from repose.errors import ReposeError
from repose.files import sha256
from repose.recipes import RECIPE, network_block
from repose.stages import generate, transforms
from tests.training import tiny

MODELS = tiny.models()
STEPS = 12
EQUAL = ("generator.safetensors", "losses.csv", "samples.png", "run.json", "phases.json")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tiny.make_data(tmp_path_factory.mktemp("data"))


@pytest.fixture
def go(data, tmp_path, monkeypatch):
    monkeypatch.setattr("repose.training.machine.commit", lambda: "one")

    def run(method, name="a", **changes):
        block = MODELS[method]
        recipe = tiny.stretched(block.get(RECIPE, {}), STEPS) | {"checkpoint_every": 3} | changes
        return tiny.run(tmp_path / name, data, network_block(block), **recipe)

    return run


@pytest.mark.parametrize("method", MODELS)
def test_a_family_trains_in_all_its_phases_and_generates(go, data, tmp_path, method):
    output = go(method)
    losses = pd.read_csv(output / "losses.csv")
    assert losses["step"].tolist() == list(range(1, STEPS + 1))
    recipe = tiny.config(**tiny.stretched(MODELS[method].get(RECIPE, {}), STEPS))
    for name in ("l1", "perceptual", "pose_mask", "nearest", "kl"):
        assert (name in losses) == (getattr(recipe, f"weight_{name}") > 0), name
    phases = json.loads((output / "phases.json").read_text())
    assert len(phases) == max(1, len(recipe.phases))
    ends = np.cumsum([0, *(phase["steps"] for phase in phases)])
    for phase, (first, end) in zip(phases, pairwise(ends), strict=True):
        part = losses.iloc[first:end]
        learn = {name.partition(".")[0] for name in phase["learn"]}
        assert part["loss"].notna().all() == ("generator" in learn)
        if "discriminator" in losses:
            assert part["discriminator"].notna().any() == ("discriminator" in learn)
    moves = tmp_path / "transforms.parquet"
    transforms.run(transforms.Config(100, False), output=moves, **data)
    generate.run(
        generate.Config(batch=4, views=2, device="cpu", threads=1),
        model=json.dumps(network_block(MODELS[method])),
        weights=output,
        transforms=moves,
        output=tmp_path / "made",
        **data,
    )
    assert (tmp_path / "made" / "views.pack").stat().st_size


FAMILIES = {block["network"]: name for name, block in reversed(MODELS.items())}


@pytest.mark.parametrize("method", FAMILIES.values())
def test_a_family_that_was_stopped_goes_on_bit_for_bit(go, tmp_path, monkeypatch, method):
    """Killed after step 7, between two checkpoints and in the middle of a phase."""
    whole = go(method)

    class KilledError(Exception):
        pass

    def kill(self, done, *_args):
        note(self, done, *_args)
        if done == 7:
            raise KilledError

    with monkeypatch.context() as patch:
        from repose.training.book import Book

        note = Book.note
        patch.setattr(Book, "note", kill)
        with pytest.raises(KilledError):
            go(method, "cut")
    cut = go(method, "cut")
    assert [name for name in EQUAL if sha256(whole / name) != sha256(cut / name)] == []


@pytest.mark.parametrize("method", FAMILIES.values())
def test_a_single_pair_makes_a_batch(go, method):
    assert (go(method, batch=1) / "generator.safetensors").is_file()


def test_phases_must_add_up_to_the_steps(go):
    with pytest.raises(ReposeError, match=r"wrong-value.*train.phases adds up to 12"):
        go("posewarp", steps=13)
