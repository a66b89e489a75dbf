"""The train stage: real networks at toy size, from crops to weights, killed and resumed."""

import dataclasses
import json
import math
import multiprocessing
import random
import shutil
import signal
import time

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from repose.data.packs import decode
from repose.data.samples import Crops, as_tensor
from repose.data.tables import read_table, vectors, write_table
from repose.errors import ReposeError
from repose.files import sha256
from repose.manifests import check_manifest
from repose.models import build_model
from repose.stages import train
from repose.training import machine
from tests.training.toy import MODEL, SIZE, make_crops, make_pairs

CONFIG = train.Config(
    steps=6,
    batch=2,
    micro_batches=1,
    seed=3,
    splits=("train",),
    self_pairs=False,
    phases=(),
    lr=0.001,
    lr_decay=0.5,
    beta1=0.5,
    beta2=0.999,
    weight_perceptual=0.5,
    weight_adversarial=0.1,
    weight_l1=1.0,
    weight_l1_foreground=1.0,
    weight_pose_mask=0.0,
    weight_nearest=0.0,
    weight_gram=0.0,
    weight_kl=0.0,
    perceptual="knoche",
    nearest_window=3,
    pose_mask_px=2.0,
    kl_warmup=(0, 0),
    kl_least=1.0,
    real_label=0.875,
    triplet=False,
    features="random_features",
    features_sha256="",
    compat_means=False,
    separate_batches=False,
    rotation_rad=0.1,
    shift_share=0.05,
    scale=0.1,
    flip=0.5,
    depth_share=0.01,
    brightness=0.1,
    contrast=0.2,
    hue_rad=1.0,
    saturation=0.3,
    precision="fp32",
    channels_last=True,
    compile=False,
    device="cpu",
    threads=1,
    workers=1,
    cache_mb=10.0,
    checkpoint_every=2,
    keep_checkpoints=2,
    log_every=1,
    watch_every=3,
    watch_pairs=2,
    examine_pairs=3,
)

PLAIN = {**MODEL, "compat": []}  # without noise

# What is the same in every repetition of a training.
ARTEFACTS = {"generator.safetensors", "losses.csv", "run.json", "samples.png", "phases.json"}


def same(a, b):
    """Name the files that are equal byte for byte in both folders."""
    assert {path.name for path in a.iterdir()} == ARTEFACTS | {"manifest.json", "times.json"}
    return {name for name in ARTEFACTS if sha256(a / name) == sha256(b / name)}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    return {
        "crops": [make_crops(folder / "crops")],
        "pairs": make_pairs(folder / "pairs.parquet"),
    }


@pytest.fixture
def go(data, tmp_path, monkeypatch):
    monkeypatch.setattr("repose.training.machine.commit", lambda: "one")  # others may commit

    def start(name="a", model=MODEL, **changes):
        train.run(
            dataclasses.replace(CONFIG, **changes),
            model=json.dumps(model),
            run_directory=tmp_path / "runs" / name,
            output=tmp_path / name,
            **data,
        )
        return tmp_path / name

    return start


def test_writes_weights_that_load_log_facts_and_pictures(go, capsys):
    output = go()
    assert capsys.readouterr().out.startswith("train: warp3d, 6 steps of 2 in ")
    check_manifest(output)
    with safe_open(output / "generator.safetensors", "pt") as file:
        origin = json.loads(file.metadata()["repose"])
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    build_model(MODEL, SIZE).generator.load_state_dict(weights)
    assert origin["model"] == MODEL
    assert origin["config"]["seed"] == 3
    losses = pd.read_csv(output / "losses.csv")
    assert losses.step.tolist() == [1, 2, 3, 4, 5, 6]
    assert {"loss", "perceptual", "adversarial", "l1", "l1_foreground"} < set(losses)
    facts = json.loads((output / "run.json").read_text())
    assert facts["random_features"] is True
    assert facts["parameters"]["generator"] == sum(v.numel() for v in weights.values())
    assert facts["steps"] == 6
    assert facts["software"]["commit"] == origin["commit"] == "one"
    assert facts["code"] == machine.code()
    assert facts["crops_made_with"] == {"size": SIZE}
    # Source, target and two steps, each with a white line; four pairs under a title.
    sheet = decode((output / "samples.png").read_bytes())
    assert sheet.shape == (16 + 4 * SIZE, 4 * (SIZE + 2), 3)


def test_the_same_settings_give_the_same_bytes(go):
    a, b = go("a"), go("b", checkpoint_every=5, cache_mb=0.0, workers=2)
    assert same(a, b) == ARTEFACTS


def test_other_settings_begin_anew_and_the_old_run_is_kept(go, tmp_path):
    first = sha256(go() / "generator.safetensors")
    assert sha256(go(lr=0.01) / "generator.safetensors") != first
    assert len(list((tmp_path / "runs" / "a").iterdir())) == 2
    assert sha256(go() / "generator.safetensors") == first


def test_other_code_begins_anew_and_the_same_goes_on(go, tmp_path, monkeypatch):
    def restart(code):
        monkeypatch.setattr("repose.training.machine.code", lambda: code)
        facts = json.loads((go() / "run.json").read_text())
        assert facts["code"] == code
        return facts

    first = restart("0+old")
    changed = restart("0+new")
    assert changed["fingerprint"] != first["fingerprint"]
    assert len(list((tmp_path / "runs" / "a").iterdir())) == 2
    logs = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/a/*/checkpoints/*")}
    assert restart("0+new")["fingerprint"] == changed["fingerprint"]
    assert logs == {p: p.stat().st_mtime_ns for p in tmp_path.glob("runs/a/*/checkpoints/*")}


@pytest.mark.parametrize(
    "changes",
    [
        {"weight_adversarial": 0.0, "weight_perceptual": 0.0},
        {"separate_batches": True, "precision": "bf16"},
        {"channels_last": False, "watch_pairs": 0},
    ],
)
def test_other_ways_to_train(go, changes):
    losses = pd.read_csv(go(steps=2, **changes) / "losses.csv")
    assert ("adversarial" in losses) == (changes.get("weight_adversarial") != 0.0)


def test_the_2d_ablation_trains_too(go):
    flat = {**MODEL, "warp": "2d", "pose": "2d"}
    output = go(model=flat, steps=2)
    losses = pd.read_csv(output / "losses.csv")
    assert len(losses) == 2
    assert np.isfinite(losses).all(axis=None)
    machine.seed_step(CONFIG.seed, -1)
    fresh = build_model(flat, SIZE).generator.state_dict()
    learnt = load_file(output / "generator.safetensors")
    assert learnt.keys() == fresh.keys()
    assert all(torch.isfinite(value).all() for value in learnt.values())
    still = [name for name in learnt if torch.equal(learnt[name], fresh[name])]
    assert still == []


def test_bad_settings_are_named(go):
    with pytest.raises(ReposeError, match=r"missing-weights.*nowhere"):
        go(features="nowhere.pth")
    with pytest.raises(ReposeError, match=r"wrong-value.*precision"):
        go(precision="fp8")
    with pytest.raises(ReposeError, match=r"wrong-value.*compile"):
        go(compile=True)
    with pytest.raises(ReposeError, match="keep-two"):
        go(keep_checkpoints=1)
    with pytest.raises(ReposeError, match=r"unknown-key.*channels"):
        go(model={**MODEL, "chanels": 4})
    if not torch.cuda.is_available():
        with pytest.raises(ReposeError, match="no-device"):
            go(device="cuda")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("batch", 0),
        ("log_every", 0),
        ("checkpoint_every", -1),
        ("watch_every", 0),
        ("lr", 0.0),
        ("lr", math.inf),
        ("lr", math.nan),
        ("weight_l1", -0.5),
        ("weight_perceptual", math.nan),
    ],
)
def test_values_that_cannot_train_are_named_before_the_start(go, tmp_path, name, value):
    with pytest.raises(ReposeError, match=rf"wrong-value.*train\.{name} is {value}.*must be"):
        go(**{name: value})
    assert not (tmp_path / "runs").exists()


def step_back(runs):
    """Leave a run as if it had been killed before its last save."""
    [newest] = runs.glob("*/checkpoints/newest.json")
    newest.unlink()
    shutil.rmtree(max(newest.parent.glob("step-*")))


def test_other_threads_are_said_once_and_noted(go, tmp_path, capfd):
    go()
    step_back(tmp_path / "runs" / "a")
    output = go(threads=2)
    said = "going on with threads 2, until step 4 with 1: the result will differ in the last bits"
    assert capfd.readouterr().err.count(said) == 1
    machines = json.loads((output / "times.json").read_text())["machines"]
    assert [(each["steps"], each["threads"]) for each in machines] == [(0, 1), (4, 2)]
    go(threads=1)  # it is done: nothing is computed any more
    step_back(tmp_path / "runs" / "a")
    output = go(threads=1)
    assert "going on" not in capfd.readouterr().err
    assert len(json.loads((output / "times.json").read_text())["machines"]) == 1


def pictures(output):
    """Return the columns of the sheet of watched pairs, source and target first."""
    sheet = decode((output / "samples.png").read_bytes())
    assert sheet.shape[1] % (SIZE + 2) == 0
    return np.split(sheet, sheet.shape[1] // (SIZE + 2), axis=1)


def test_other_pairs_after_the_end_show_its_picture(go):
    go()
    assert len(pictures(go(watch_pairs=1))) == 3
    # What the pictures show is that of a training that watched them from the start.
    assert sha256(go(watch_pairs=1, watch_every=6) / "samples.png") == sha256(
        go("b", watch_pairs=1, watch_every=6) / "samples.png"
    )


def test_pictures_of_another_cadence_are_left_out(go):
    go(watch_every=2)
    output = go(watch_every=3)
    assert len(pictures(output)) == 3  # of 2, 4 and 6 the last one is due
    again = go(watch_every=2)
    assert sha256(again / "samples.png") == sha256(go("b", watch_every=2) / "samples.png")


def rows_of(folder):
    return sum(len(path.read_bytes().splitlines()) for path in folder.glob("*/log.jsonl"))


def test_killed_three_times_the_result_is_the_same(go, tmp_path):
    settings = {"steps": 40, "checkpoint_every": 3}
    whole = go("whole", **settings)
    chance = random.Random(1)
    for least in (1, 13, 25):
        process = multiprocessing.get_context("fork").Process(
            target=go, args=("killed",), kwargs=settings
        )
        process.start()
        moment = chance.randint(least, least + 10)
        while rows_of(tmp_path / "runs" / "killed") < moment:
            assert process.is_alive()
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.03))  # in a step, or inside the save
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert not (tmp_path / "killed").exists()
    killed = go("killed", **settings)
    assert same(whole, killed) == ARTEFACTS


TWO = ("generator: 2", "discriminator: 1", "generator, discriminator: 3")


def test_the_losses_at_the_end_of_each_phase_are_kept(go):
    found = json.loads((go(phases=TWO) / "phases.json").read_text())
    assert [(phase["learn"], phase["steps"]) for phase in found] == [
        (["generator"], 2),
        (["discriminator"], 1),
        (["generator", "discriminator"], 3),
    ]
    names = {"perceptual", "l1", "l1_foreground"}
    for people in ("train", "unseen"):
        first, second, third = (phase["losses"][people] for phase in found)
        assert first.keys() == names
        assert second.keys() == third.keys() == names | {"discriminator"}
        assert first["l1"] == second["l1"] != third["l1"]  # the generator stood still
        assert all(0 < value < 10 for value in third.values())
    assert found[2]["losses"]["train"] != found[2]["losses"]["unseen"]


def test_the_last_phase_is_judged_by_the_stored_weights(go, data):
    output = go(model=PLAIN, examine_pairs=1000)
    stored = json.loads((output / "phases.json").read_text())[-1]["losses"]["unseen"]["l1"]
    generator = build_model(PLAIN, SIZE).generator.eval()
    generator.load_state_dict(load_file(output / "generator.safetensors"))
    crops = Crops(data["crops"], cache_mb=1)
    pairs = read_table(data["pairs"], "pairs")
    unseen = pairs[pairs.split == "test"]
    errors = []
    for row in unseen.itertuples():
        source, target = (
            crops.rows([clip], [frame])
            for clip, frame in (
                (row.source_clip, row.source_frame),
                (row.target_clip, row.target_frame),
            )
        )
        joints = [torch.from_numpy(crops.joints[r]) for r in (source, target)]
        with torch.no_grad():
            image = generator(as_tensor(crops.images(source)), *joints)["image"]
        errors.append((image - as_tensor(crops.images(target))).abs().mean().item())
    assert stored == pytest.approx(np.mean(errors), rel=1e-4)


def flatten(crops):
    """Take the depth from the joints of a folder of crops."""
    table = read_table(crops / "crops.parquet", "crops")
    joints = np.stack(table["joints_px"].to_list()).reshape(len(table), -1, 3).copy()
    joints[..., 2] = np.nan
    table = table.assign(joints_px=vectors(joints))
    write_table(table, crops / "crops.parquet", "crops", {"size": SIZE})


def test_joints_without_depth_serve_the_models_that_need_none(tmp_path):
    crops, pairs = make_crops(tmp_path / "crops"), make_pairs(tmp_path / "pairs.parquet")
    flatten(crops)

    def go(name, **switches):
        train.run(
            CONFIG,
            model=json.dumps(MODEL | switches),
            crops=[crops],
            pairs=pairs,
            run_directory=tmp_path / "runs" / name,
            output=tmp_path / name,
        )

    for switches in ({}, {"warp": "2d"}, {"pose": "2d"}):
        with pytest.raises(ReposeError, match=r"no-depth.*2D poses"):
            go("deep", **switches)
    go("flat", warp="2d", pose="2d")
    assert (tmp_path / "flat" / "generator.safetensors").is_file()
    assert not (tmp_path / "deep").exists()
