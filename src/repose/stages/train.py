"""Train a model on pairs of crops: weights, loss log, and pictures of watched pairs."""

import dataclasses
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors.torch import save
from torch import nn

from repose.data.augmentation import Ranges
from repose.data.packs import encode
from repose.data.pairs import PairSampler
from repose.data.samples import TABLE, Crops
from repose.data.tables import read_table, table_metadata
from repose.errors import ReposeError
from repose.files import whole_folder, write_json
from repose.manifests import write_manifest
from repose.models import build_model
from repose.models.blocks import channels_last
from repose.training import loss_log, machine
from repose.training.backbones import RANDOM, perceptual_features
from repose.training.batches import Batches, Fit
from repose.training.loop import Schedule, train
from repose.training.objective import Objective
from repose.training.run_directory import fingerprint, open_run
from repose.training.values import check_values
from repose.training.watch import Watch

WEIGHTS = "generator.safetensors"

# Settings that change where and how fast a run computes, or what is kept of it, not its result.
WHERE = ("device", "threads", "workers", "cache_mb")
FREE = (*WHERE, "checkpoint_every", "keep_checkpoints", "watch_every", "watch_pairs")


@dataclass(frozen=True)
class Config:
    """How a model is trained; units stand in the config."""

    steps: int
    batch: int
    seed: int
    splits: tuple[str, ...]
    lr: float
    lr_decay: float
    beta1: float
    beta2: float
    weight_perceptual: float
    weight_adversarial: float
    weight_l1: float
    weight_l1_foreground: float
    real_label: float
    features: str
    features_sha256: str
    compat_means: bool
    separate_batches: bool
    rotation_rad: float
    shift_share: float
    scale: float
    flip: float
    depth_share: float
    brightness: float
    contrast: float
    hue_rad: float
    saturation: float
    precision: str
    channels_last: bool
    compile: bool
    device: str
    threads: int
    workers: int
    cache_mb: float
    checkpoint_every: int
    keep_checkpoints: int
    log_every: int
    watch_every: int
    watch_pairs: int


def run(
    config: Config,
    *,
    model: str,
    crops: list[Path],
    pairs: Path,
    run_directory: Path,
    output: Path,
) -> None:
    """Train, going on from the newest checkpoint of the same run.

    Args:
        config: How to train.
        model: The model's block of the config, as JSON.
        crops: Folders of crops, one per shard.
        pairs: The fixed pair table; some of its pairs are watched.
        run_directory: Where the training state lives.
        output: Folder for weights, loss log, facts and pictures.

    Raises:
        ReposeError: wrong-value, or what the parts of training raise.
    """
    settings = dataclasses.asdict(config)
    check_values(settings)
    device = machine.prepare(config.device, config.threads)
    block: dict[str, Any] = json.loads(model)
    seen = Crops(crops, config.cache_mb)
    machine.seed_step(config.seed, -1)
    networks = _networks(build_model(block, seen.size), config, device)
    generator = networks["generator"]
    code = machine.code()
    name = fingerprint(
        {"model": block, "data": seen.fingerprint(), "code": code}
        | {key: value for key, value in settings.items() if key not in FREE}
    )
    with open_run(run_directory, name) as folder:
        watch = Watch(folder, generator, seen, _watched(pairs, seen, config), device)
        seconds = train(
            networks,
            _objective(config, device),
            _batches(config, seen, generator, device),
            _schedule(config),
            (folder, name),
            watch,
        )
        facts = {
            "model": block,
            "config": settings,
            "fingerprint": name,
            "code": code,
            "parameters": {key: _parameters(network) for key, network in networks.items()},
            "crops": len(seen),
            "crops_made_with": table_metadata(crops[0] / TABLE),
            "machine": machine.facts(device),
        } | _achieved(config, seconds)
        _write(output, generator, facts, folder, watch)
    print(
        f"train: {block['network']}, {config.steps} steps of {config.batch} in {seconds:.0f} s "
        f"({facts['samples_per_s']:.0f} samples/s) on {device}; weights in {output}"
    )


def _networks(model: nn.Module, config: Config, device: torch.device) -> dict[str, nn.Module]:
    """Return those of a model's networks that are trained, ready for the device."""
    if config.compile and device.type == "cpu":
        # torch 2.11 writes C++ for these networks that no compiler takes; nor would it gain much.
        raise ReposeError(
            "wrong-value", "train.compile is true on a CPU", mend="set it to false, or use a GPU"
        )
    networks = dict(model.named_children())
    if not config.weight_adversarial:
        networks.pop("discriminator", None)
    for network in networks.values():
        network.to(device)
        if config.channels_last:
            channels_last(network)
        if config.compile:
            network.compile()
    return networks


def _objective(config: Config, device: torch.device) -> Objective:
    features = None
    if config.weight_perceptual:
        features = perceptual_features(
            config.features, config.features_sha256, compat_means=config.compat_means
        ).to(device)
        if config.channels_last:
            channels_last(features)
    return Objective(
        features,
        perceptual=config.weight_perceptual,
        adversarial=config.weight_adversarial,
        l1=config.weight_l1,
        l1_foreground=config.weight_l1_foreground,
        real_label=config.real_label,
    )


def _batches(config: Config, crops: Crops, generator: nn.Module, device: torch.device) -> Batches:
    fields = [field.name for field in dataclasses.fields(Ranges)]
    return Batches(
        crops,
        PairSampler(crops.table, config.splits, config.seed, config.batch),
        cast(Fit, generator.fit),
        Ranges(**{name: getattr(config, name) for name in fields}),
        config.seed,
        device,
        config.workers,
    )


def _schedule(config: Config) -> Schedule:
    return Schedule(
        steps=config.steps,
        lr=config.lr,
        lr_decay=config.lr_decay,
        betas=(config.beta1, config.beta2),
        bf16=config.precision == "bf16",
        separate_batches=config.separate_batches,
        checkpoint_every=config.checkpoint_every,
        keep_checkpoints=config.keep_checkpoints,
        log_every=config.log_every,
        watch_every=config.watch_every,
    )


def _watched(pairs: Path, crops: Crops, config: Config) -> np.ndarray:
    """Choose pairs of people that are trained on, then of people that are not."""
    table = read_table(pairs, "pairs")
    seen = table.split.isin(config.splits)
    chosen = []
    for rows in (table[seen], table[~seen]):
        spread = np.linspace(0, len(rows) - 1, min(config.watch_pairs, len(rows)))
        chosen.append(rows.iloc[spread.astype(int)])
    source, target = (
        np.concatenate([crops.rows(t[f"{end}_clip"], t[f"{end}_frame"]) for t in chosen])
        for end in ("source", "target")
    )
    return np.stack([source, target], axis=1)


def _achieved(config: Config, seconds: float) -> dict[str, Any]:
    return {
        "steps": config.steps,
        "seconds": round(seconds, 1),
        "samples_per_s": round(config.steps * config.batch / max(seconds, 1e-9), 2),
        "random_features": config.weight_perceptual > 0 and config.features == RANDOM,
    }


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _write(
    output: Path, generator: nn.Module, facts: Mapping[str, Any], run: Path, watch: Watch
) -> None:
    # One entry: safetensors writes several in an order that changes from run to run.
    origin = {key: facts[key] for key in ("model", "fingerprint")}
    origin["config"] = {k: v for k, v in facts["config"].items() if k not in FREE}
    origin["commit"] = facts["machine"]["commit"]
    weights = {name: value.contiguous().cpu() for name, value in generator.state_dict().items()}
    with whole_folder(output) as folder:
        # Not `save_file`, which lets nobody else read the file.
        (folder / WEIGHTS).write_bytes(save(weights, {"repose": json.dumps(origin)}))
        shutil.copyfile(run / loss_log.LOSSES, folder / loss_log.LOSSES)
        write_json(folder / "run.json", facts)
        (folder / "samples.png").write_bytes(encode(watch.sheet(), "png"))
        write_manifest(folder, facts["config"])
