"""Train a pose network of this project's own on true joints: the estimator `metro`."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

import repose
from repose.data.augmentation import Ranges
from repose.errors import ReposeError
from repose.files import whole_folder, write_json
from repose.manifests import write_manifest
from repose.models.blocks import channels_last
from repose.poses import Settings
from repose.poses.metro import FACTS, WEIGHTS, MetroEstimator
from repose.poses.metro_network import PoseNetwork, Sizes
from repose.software import hash_files
from repose.training import artefacts, loss_log, machine
from repose.training.loop import train
from repose.training.phases import everything
from repose.training.pose_lessons import PoseBatches, PoseObjective
from repose.training.pose_measure import measure
from repose.training.pose_windows import Windows
from repose.training.posed_frames import PosedFrames
from repose.training.run_directory import fingerprint, open_run
from repose.training.schedule import Schedule

FREE = ("device", "threads", "workers", "checkpoint_every", "keep_checkpoints")  # decide nothing
LOSSES = ("places", "joints", "maps")


@dataclass(frozen=True)
class Config:
    """The network's sizes, whom it learns from, and how; units stand in the config."""

    kind: str
    side: int
    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    maps_level: int
    maps_width: int
    depth: int
    splits: tuple[str, ...]
    held_out: tuple[str, ...]
    held_out_frames: int
    steps: int
    batch: int
    seed: int
    lr: float
    lr_decay: float
    weight_places: float
    weight_joints: float
    weight_maps: float
    close: tuple[float, float]
    wide_share: float
    wide: tuple[float, float]
    shift: float
    empty_share: float
    coarse_share: float
    coarse: float
    rotation_rad: float
    flip: float
    brightness: float
    contrast: float
    hue_rad: float
    saturation: float
    device: str
    threads: int
    workers: int
    checkpoint_every: int
    keep_checkpoints: int
    log_every: int


def run(
    config: Config,
    *,
    clips: Path,
    frames: list[Path],
    given_poses: Path,
    run_directory: Path,
    output: Path,
) -> None:
    """Train on the persons of some splits, then measure the error on those of others.

    Args:
        config: The settings.
        clips: The clip table.
        frames: Folders of frames, one per shard.
        given_poses: The poses that the data set gives; those in mm are as good as true ones.
        run_directory: Where the training state lives.
        output: Folder for weights, losses and facts.

    Raises:
        ReposeError: wrong-value, no-true-joints, or what the loop raises.
    """
    settings = dataclasses.asdict(config)
    sizes = _taken(Sizes, settings)
    _check(settings, sizes)
    device = machine.prepare(config.device, config.threads)
    shown = PosedFrames(clips, frames, given_poses, config.splits)
    name = _fingerprint(settings, shown)
    machine.seed_step(config.seed, -1)
    network = PoseNetwork(sizes).to(device)
    channels_last(network)
    with open_run(run_directory, name) as folder:
        seconds, machines = train(
            {"generator": network},  # as the loop calls what learns without a critic
            PoseObjective({key: settings[f"weight_{key}"] for key in LOSSES}),
            _batches(settings, shown, device),
            _schedule(config),
            (folder, name),
            lambda done: None,
        )
        log = loss_log.read(folder / loss_log.LOSSES)
    estimator = MetroEstimator(network, sizes.side, name, Settings(device=device.type))
    held_out = _measure(config, estimator, clips, frames, given_poses)
    facts = _facts(settings, sizes, network) | {
        "fingerprint": name,
        "frames": len(shown),
        "persons": shown.persons,
        "held_out": held_out,
    }
    times = {
        "seconds": round(seconds, 1),
        "samples_per_s": round(config.steps * config.batch / max(seconds, 1e-9), 2),
        "machine": machine.hardware(device),
        "machines": machines,
    }
    _write(output, network, facts, times, log, settings)
    print(
        f"metro: {config.kind}, {config.steps} steps of {config.batch} in {seconds:.0f} s on"
        f" {device}; {_spoken(held_out)}; weights in {output}"
    )


def _facts(settings: Mapping[str, Any], sizes: Sizes, network: PoseNetwork) -> dict[str, Any]:
    """Say what was trained, how, and by which code."""
    return {
        "network": dataclasses.asdict(sizes),
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "config": {key: value for key, value in settings.items() if key not in FREE},
        "software": machine.software(),
    }


def _taken(kind: Any, settings: Mapping[str, Any]) -> Any:
    """Fill a dataclass from the settings of its fields' names."""
    return kind(**{field.name: settings[field.name] for field in dataclasses.fields(kind)})


def _check(settings: Mapping[str, Any], sizes: Sizes) -> None:
    """Refuse settings that would fail later, or train nothing.

    Raises:
        ReposeError: wrong-value.
    """
    fault = sizes.fault()
    for key in ("steps", "batch", "checkpoint_every", "log_every", "lr"):
        if not settings[key] > 0:
            fault = fault or f"{key} is {settings[key]}, and must be above 0"
    for key in ("close", "wide"):
        if not 1 <= settings[key][0] <= settings[key][1]:
            fault = fault or f"{key} is {list(settings[key])}: from 1 on, the smaller first"
    if not 0 < settings["coarse"] <= 1:
        fault = fault or f"coarse is {settings['coarse']}, and must be above 0 and at most 1"
    if not any(settings[f"weight_{key}"] > 0 for key in LOSSES):
        fault = fault or "no loss has a weight"
    if fault:
        raise ReposeError("wrong-value", f"metro: {fault}", mend="change the block metro")


def _fingerprint(settings: Mapping[str, Any], shown: PosedFrames) -> str:
    folder = Path(repose.__file__).parent / "poses"
    network = hash_files(folder, sorted(folder.glob("metro*.py")))
    decisive = {key: value for key, value in settings.items() if key not in FREE}
    found = {"data": shown.fingerprint(), "code": machine.code(), "network": network}
    return fingerprint(found | decisive)


def _batches(settings: Mapping[str, Any], shown: PosedFrames, device: torch.device) -> PoseBatches:
    still = dict.fromkeys(("shift_share", "scale", "depth_share"), 0.0)  # the windows' part
    return PoseBatches(
        shown,
        settings["side"],
        settings["batch"],
        _taken(Windows, settings),
        _taken(Ranges, {**settings, **still}),
        settings["seed"],
        device,
        settings["workers"],
    )


def _schedule(config: Config) -> Schedule:
    return Schedule(
        steps=config.steps,
        phases=everything(config.steps),
        lr=config.lr,
        lr_decay=config.lr_decay,
        betas=(0.9, 0.999),
        bf16=False,
        separate_batches=False,
        checkpoint_every=config.checkpoint_every,
        keep_checkpoints=config.keep_checkpoints,
        log_every=config.log_every,
        watch_every=config.steps,
    )


def _measure(
    config: Config, estimator: MetroEstimator, clips: Path, frames: list[Path], given_poses: Path
) -> dict[str, Any]:
    """Measure the error on persons who were held out; there need not be any."""
    if not config.held_out or not config.held_out_frames:
        return {"frames": 0}
    try:
        others = PosedFrames(clips, frames, given_poses, config.held_out)
    except ReposeError as error:
        if error.code != "no-true-joints":
            raise
        return {"frames": 0}
    return measure(estimator, others, config.held_out_frames)


def _spoken(held_out: Mapping[str, Any]) -> str:
    if not held_out["frames"]:
        return "nobody was held out to measure the error on"
    said = f"somebody found in {held_out['found']:.0%} of {held_out['frames']} held-out pictures"
    error = held_out["mpjpe"]
    return said if error is None else f"{said}, {error:.0f} mm off"


def _write(
    output: Path,
    network: PoseNetwork,
    facts: Mapping[str, Any],
    times: Mapping[str, Any],
    log: list[dict[str, Any]],
    settings: Mapping[str, Any],
) -> None:
    """Write the folder of a finished training, whole."""
    weights = {key: value.contiguous().cpu() for key, value in network.state_dict().items()}
    with whole_folder(output) as folder:
        (folder / WEIGHTS).write_bytes(save(weights, {"repose": facts["fingerprint"]}))
        artefacts.write_losses(log, folder / artefacts.LOSSES)
        write_json(folder / FACTS, facts)
        write_json(folder / artefacts.TIMES, times)
        write_manifest(folder, settings)
