"""Train a model on pairs of crops: weights, loss log, and pictures of watched pairs."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from repose.data.augmentation import Ranges
from repose.data.pairs import PairSampler
from repose.data.samples import TABLE, Crops
from repose.data.tables import table_metadata
from repose.errors import ReposeError
from repose.models import build_model
from repose.models.blocks import channels_last
from repose.training import artefacts, machine
from repose.training.batches import Batches, Fit
from repose.training.examination import Examination
from repose.training.fitness import check_depth, initialise
from repose.training.fixed_pairs import fixed_pairs, spread_out
from repose.training.launch import discover
from repose.training.loop import train
from repose.training.loss_log import LOSSES
from repose.training.phases import check_losses, read_phases
from repose.training.ranks import Ranks, join
from repose.training.run_directory import fingerprint, open_run
from repose.training.schedule import Schedule
from repose.training.teaching import build_objective
from repose.training.values import FREE, check_values
from repose.training.watch import Watch


@dataclass(frozen=True)
class Config:
    """How a model is trained; units stand in the config."""

    steps: int
    batch: int
    micro_batches: int
    seed: int
    splits: tuple[str, ...]
    self_pairs: bool
    phases: tuple[str, ...]
    lr: float
    lr_decay: float
    beta1: float
    beta2: float
    weight_perceptual: float
    weight_adversarial: float
    weight_l1: float
    weight_l1_foreground: float
    weight_pose_mask: float
    weight_nearest: float
    weight_gram: float
    weight_kl: float
    perceptual: str
    nearest_window: int
    pose_mask_px: float
    kl_warmup: tuple[int, int]
    kl_least: float
    real_label: float
    triplet: bool
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
    examine_pairs: int


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
        pairs: The fixed pair table; some of its pairs are watched and examined.
        run_directory: Where the training state lives.
        output: Folder for weights, loss log, facts and pictures.

    Raises:
        ReposeError: wrong-value, or what the parts of training raise.
    """
    world = discover()
    device = machine.prepare(config.device, config.threads, world.local)
    with join(world, device) as ranks:
        settings = dataclasses.asdict(config)
        _check(settings, ranks)
        block: dict[str, Any] = json.loads(model)
        seen = Crops(crops, config.cache_mb)
        machine.seed_step(config.seed, -1)
        networks = _networks(build_model(block, seen.size), config, device)
        generator = networks["generator"]
        check_depth(generator, seen, crops[0])
        name = _fingerprint(settings, block, seen)
        ranks.check_same("settings, data or code", name)
        with _opened(run_directory, name, ranks) as folder:
            schedule = _schedule(config, networks)
            check_losses(settings, schedule.phases, "discriminator" in networks)
            batches = _batches(config, seen, generator, device)
            objective = build_objective(settings, seen, device)
            initialise(generator, batches)
            shown = fixed_pairs(pairs, seen, config.splits)
            watch = Watch(folder, generator, seen, spread_out(shown, config.watch_pairs), device)
            examined = {k: spread_out({k: v}, config.examine_pairs) for k, v in shown.items()}
            examine = Examination(folder, networks, objective, seen, examined, schedule.phases)
            look = _look(schedule, watch, examine)
            run = (folder, name)
            seconds, machines = train(networks, objective, batches, schedule, run, look, ranks)
            times = artefacts.times(settings, seconds, machines, device, ranks)
            if ranks.writes:
                data = {"crops": len(seen), "crops_made_with": table_metadata(crops[0] / TABLE)}
                facts = artefacts.facts(settings, block, name, networks) | data
                sheet, found = watch.sheet(schedule), examine.record()
                artefacts.write(output, generator, facts, times, folder / LOSSES, sheet, found)
    if ranks.writes:
        print(
            f"train: {block['network']}, {config.steps} steps of {config.batch} in {seconds:.0f} s"
            f" ({times['samples_per_s']:.0f} samples/s) on {device}; weights in {output}"
        )


def _look(schedule: Schedule, watch: Watch, examine: Examination) -> Callable[[int], None]:
    """Join what looks at the progress: pictures at their cadence, losses where a phase ends."""

    def look(done: int) -> None:
        if schedule.due(done, schedule.watch_every):
            watch(done)
        examine(done)

    return look


def _check(settings: Mapping[str, Any], ranks: Ranks) -> None:
    """Refuse settings with which these ranks cannot train; one of them says so for all."""
    try:
        check_values(settings)
        ranks.block(settings["micro_batches"])
    except ReposeError as error:
        ranks.stop(lambda found: found, error)


def _fingerprint(settings: Mapping[str, Any], block: Mapping[str, Any], crops: Crops) -> str:
    decisive = {key: value for key, value in settings.items() if key not in FREE}
    code = machine.code()
    return fingerprint({"model": block, "data": crops.fingerprint(), "code": code} | decisive)


def _opened(directory: Path, name: str, ranks: Ranks) -> AbstractContextManager[Path]:
    """Open the run: one rank holds it for all."""
    return open_run(directory, name) if ranks.writes else nullcontext(directory / name)


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


def _batches(config: Config, crops: Crops, generator: nn.Module, device: torch.device) -> Batches:
    fields = [field.name for field in dataclasses.fields(Ranges)]
    return Batches(
        crops,
        PairSampler(
            crops.table, config.splits, config.seed, config.batch, itself=config.self_pairs
        ),
        cast(Fit, generator.fit),
        Ranges(**{name: getattr(config, name) for name in fields}),
        config.seed,
        device,
        config.workers,
        config.micro_batches,
    )


def _schedule(config: Config, networks: Mapping[str, nn.Module]) -> Schedule:
    return Schedule(
        steps=config.steps,
        phases=read_phases(config.phases, config.steps, networks),
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
