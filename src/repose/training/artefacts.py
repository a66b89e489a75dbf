"""What a training leaves: weights, losses, facts, pictures, all the same whenever it is repeated.

Times and machine stand in a file of their own, the only one that differs.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import nn

from repose.data.packs import encode
from repose.files import whole_folder, write_json
from repose.manifests import write_manifest
from repose.training import loss_log, machine
from repose.training.backbones import RANDOM
from repose.training.ranks import Ranks
from repose.training.values import FREE, WHERE

WEIGHTS = "generator.safetensors"
LOSSES = "losses.csv"
FACTS = "run.json"
TIMES = "times.json"
SAMPLES = "samples.png"
PHASES = "phases.json"


def facts(
    settings: Mapping[str, Any],
    model: Mapping[str, Any],
    fingerprint: str,
    networks: Mapping[str, nn.Module],
) -> dict[str, Any]:
    """Say what was trained, and nothing that a repetition would say otherwise.

    Args:
        settings: Of the train stage.
        model: The model's block of the config.
        fingerprint: Of the run.
        networks: What was trained.
    """
    return {
        "model": model,
        "config": {key: value for key, value in settings.items() if key not in WHERE},
        "fingerprint": fingerprint,
        "code": machine.code(),
        "software": machine.software(),
        "steps": settings["steps"],
        "random_features": _looks(settings) and settings["features"] == RANDOM,
        "parameters": {
            name: sum(parameter.numel() for parameter in network.parameters())
            for name, network in networks.items()
        },
    }


def times(
    settings: Mapping[str, Any],
    seconds: float,
    machines: list[dict[str, Any]],
    device: torch.device,
    ranks: Ranks,
) -> dict[str, Any]:
    """Say how long it took, and on what: all that a repetition may say otherwise.

    More than one of `machines` means that it went on where sums are rounded otherwise.
    """
    speed = settings["steps"] * settings["batch"] / max(seconds, 1e-9)
    return {
        "seconds": round(seconds, 1),
        "samples_per_s": round(speed, 2),
        "ranks": ranks.size,
        "machine": machine.hardware(device),
        "machines": machines,
        "config": {key: settings[key] for key in WHERE},
    }


def write(
    output: Path,
    generator: nn.Module,
    facts: Mapping[str, Any],
    times: Mapping[str, Any],
    log: Path,
    sheet: np.ndarray,
    phases: list[dict[str, Any]],
) -> None:
    """Write the folder of a finished training.

    Args:
        output: The folder; it appears whole.
        generator: What was trained.
        facts: What was trained.
        times: How long it took, and on what.
        log: The loss log.
        sheet: Picture of the watched pairs.
        phases: What each phase taught, and the losses at its end.
    """
    weights = {name: value.contiguous().cpu() for name, value in generator.state_dict().items()}
    with whole_folder(output) as folder:
        # Not `save_file`, which lets nobody else read the file; and one entry, because
        # safetensors writes several in an order that changes from run to run.
        (folder / WEIGHTS).write_bytes(save(weights, {"repose": json.dumps(_origin(facts))}))
        write_losses(loss_log.read(log), folder / LOSSES)
        write_json(folder / FACTS, facts)
        write_json(folder / PHASES, phases)
        write_json(folder / TIMES, times)
        (folder / SAMPLES).write_bytes(encode(sheet, "png"))
        write_manifest(folder, facts["config"] | {"model": facts["model"]})


def _looks(settings: Mapping[str, Any]) -> bool:
    """Say whether a network that knows pictures is part of the objective."""
    return any(settings[f"weight_{name}"] > 0 for name in ("perceptual", "nearest", "gram"))


def _origin(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the facts that stand in the file of weights."""
    settings = {key: value for key, value in facts["config"].items() if key not in FREE}
    chosen = {key: facts[key] for key in ("model", "fingerprint")}
    return chosen | {"config": settings, "commit": facts["software"]["commit"]}


def write_losses(rows: list[dict[str, Any]], path: Path) -> None:
    """Write the rows of a loss log as CSV, every digit of them."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, names, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
