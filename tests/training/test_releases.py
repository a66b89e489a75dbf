"""What a release stored loads for ever: its weights give their image, its checkpoint goes on."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import repose
from repose.data.augmentation import Ranges
from repose.data.samples import Crops
from repose.manifests import check_manifest
from repose.models import build_model
from repose.training.batches import Batches
from repose.training.loop import train
from repose.training.loss_log import read
from repose.training.objective import Objective
from repose.training.phases import everything
from repose.training.schedule import Schedule
from tests.training.release import RELEASES, SIZE, STEPS, generate
from tests.training.toy import make_crops

# Of values in [-1, 1]: other CPUs and later versions of torch round sums in other orders.
TOLERANCE = 1e-4
FOUND = sorted(RELEASES.iterdir())


def test_this_release_is_stored():
    assert repose.__version__ in [path.name for path in FOUND], "run make release-state"
    for path in FOUND:
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        assert size < 200_000, path  # a third of it names of tensors


@pytest.mark.parametrize("release", FOUND, ids=lambda path: path.name)
def test_its_weights_give_the_image_that_they_gave(release):
    stored = load_file(release / "example.safetensors")
    model = json.loads((release / "model.json").read_text())
    made = generate(model, release / "generator.safetensors", stored)
    torch.testing.assert_close(made, stored["image"], rtol=0, atol=TOLERANCE)
    assert stored["image"].std() > 0.01  # no blank picture


@pytest.mark.parametrize("release", FOUND, ids=lambda path: path.name)
def test_a_training_goes_on_from_its_checkpoint(release, tmp_path, capsys):
    shutil.copytree(release / "checkpoints", tmp_path / "run" / "checkpoints")
    [checkpoint] = tmp_path.glob("run/checkpoints/step-*")
    # The same code would take it as its own; other code, by its fingerprint, begins anew.
    fingerprint = check_manifest(checkpoint)["settings"]["fingerprint"]
    model = build_model(json.loads((release / "model.json").read_text()), SIZE)
    networks = dict(model.named_children())
    fresh = {name: value.clone() for name, value in networks["generator"].state_dict().items()}
    crops = Crops([make_crops(tmp_path / "crops", size=SIZE)], cache_mb=1)
    batches = Batches(
        crops,
        lambda number: np.array([[number, number + 1], [0, 2]]),
        networks["generator"].fit,
        Ranges(0, 0, 0, 0, 0, 0, 0, 0, 0),
        0,
        torch.device("cpu"),
        1,
    )
    schedule = Schedule(
        steps=STEPS + 2,
        phases=everything(STEPS + 2),
        lr=1e-3,
        lr_decay=0.0,
        betas=(0.5, 0.999),
        bf16=False,
        separate_batches=False,
        checkpoint_every=10,
        keep_checkpoints=2,
        log_every=1,
        watch_every=10,
    )
    objective = Objective({"adversarial": 0.1, "l1": 1.0, "l1_foreground": 1.0}, 0.9)
    train(networks, objective, batches, schedule, (tmp_path / "run", fingerprint), str)
    assert capsys.readouterr().err == ""  # it was not passed over
    assert [row["step"] for row in read(tmp_path / "run" / "log.jsonl")] == [1, 2, 3, 4]
    stored = load_file(release / "generator.safetensors")
    now = networks["generator"].state_dict()
    moved = [(now[name] - value).abs().max().item() for name, value in stored.items()]
    away = [(fresh[name] - value).abs().max().item() for name, value in stored.items()]
    assert 0 < max(moved) < 0.01 < max(away)  # two small steps from there, not from random weights
