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
from repose.training.learner import Learner
from tests.stages.test_train import flatten
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


def test_a_three_layer_pose_wants_depth_a_stickman_does_not(tmp_path):
    """Before training, and before generating with weights from elsewhere."""
    data = tiny.make_data(tmp_path / "data")
    flatten(data["crops"][0])
    block = network_block(MODELS["vunet25d"])
    recipe = tiny.stretched(MODELS["vunet25d"].get(RECIPE, {}), 2)
    with pytest.raises(ReposeError, match=r"no-depth.*2D poses"):
        tiny.run(tmp_path / "deep", data, block, **recipe)
    flat = network_block(MODELS["vunet"])
    weights = tiny.run(tmp_path / "flat", data, flat, **recipe)
    moves = tmp_path / "transforms.parquet"
    transforms.run(transforms.Config(100, False), output=moves, **data)
    made = {"transforms": moves, "output": tmp_path / "made", **data}
    config = generate.Config(batch=4, views=2, device="cpu", threads=1)
    generate.run(config, model=json.dumps(flat), weights=weights, **made)
    assert not (tmp_path / "made" / "swaps.json").exists()
    deep = tiny.run(tmp_path / "other", tiny.make_data(tmp_path / "more"), block, **recipe)
    with pytest.raises(ReposeError, match="no-depth"):
        generate.run(config, model=json.dumps(block), weights=deep, **made)


def test_phases_must_add_up_to_the_steps(go):
    with pytest.raises(ReposeError, match=r"wrong-value.*train.phases add up to 12"):
        go("posewarp", steps=13)


def test_a_generator_that_nothing_teaches_is_refused(go):
    none = dict.fromkeys(("weight_l1", "weight_l1_foreground", "weight_perceptual"), 0.0)
    with pytest.raises(ReposeError, match="no loss teaches the generator in steps 1 to 4"):
        go("posewarp", **none)  # alone, without its critic


@pytest.mark.parametrize("method", ["posewarp", "pg2"])
def test_the_loss_of_the_critic_is_the_one_that_it_learns_by(go, data, method, monkeypatch):
    """At the end of a training, on the pairs of its last step; judged apart, or together."""
    seen = {}

    def note(self, batch, other, step):
        seen["batch"] = batch
        return losses(self, batch, other, step)

    losses = Learner._losses
    still = dict.fromkeys(("rotation_rad", "shift_share", "scale", "flip", "depth_share"), 0.0)
    still |= dict.fromkeys(("brightness", "contrast", "hue_rad", "saturation"), 0.0)
    monkeypatch.setattr(Learner, "_losses", note)
    monkeypatch.setattr(
        "repose.training.examination.Examination._batch", lambda *_args: seen["batch"]
    )
    # A rate of nearly nothing: the weights of the last step are those of the end.
    output = go(method, **still, lr=1e-12, examine_pairs=2, separate_batches=False)
    examined = json.loads((output / "phases.json").read_text())[-1]["losses"]["train"]
    logged = pd.read_csv(output / "losses.csv").iloc[-1]
    assert examined["discriminator"] == pytest.approx(logged["discriminator"], rel=1e-4)
