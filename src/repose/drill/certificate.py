"""What a drill found, as text that can be handed on."""

import platform
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from repose.files import sha256
from repose.training.machine import code, commit

NOTE = """\
What is killed is `python -m repose.cli train ...` as any user starts it; all but the fresh ones
are forked from a process that has torch loaded. A kill takes the process, not the machine: what a
power cut takes from a disk is not shown here. Weights, losses and pictures of every training are
compared byte for byte with those of one that nobody disturbed."""

SIGNALS = ("SIGKILL", "SIGTERM", "SIGUSR1", "SIGINT")
PLACES = (
    "inside a save",
    "while an old checkpoint was removed",
    "inside the final outputs",
    "before the first step",
    "elsewhere",
)


def write(
    seed: int,
    tally: Counter[str],
    outputs: Mapping[str, Path],
    seconds: float,
    failure: str,
) -> str:
    """Spell a certificate.

    Args:
        seed: Of the drill.
        tally: What was counted.
        outputs: The trained outputs whose sums are shown, by what they are.
        seconds: That all took.
        failure: What went wrong, or "".
    """
    lines = ["Repose: certificate of a drill", ""]
    lines += [_line(key, value) for key, value in _counts(seed, tally).items()]
    for name, output in outputs.items():
        for path in sorted(output.glob("*")):
            if path.suffix in (".safetensors", ".csv", ".jsonl"):
                lines.append(_line(f"{name}, {path.name}", sha256(path)))
    lines += [_line(key, value) for key, value in _machine(seconds).items()]
    lines += ["", NOTE, "", f"FAILED: {failure}" if failure else "PASSED"]
    return "".join(f"{line}\n" for line in lines)


def _counts(seed: int, tally: Counter[str]) -> dict[str, Any]:
    signals = {f"  by {name}": tally[name] for name in SIGNALS}
    places = {f"  of SIGKILL, {place}": tally[place] for place in PLACES}
    return {
        "seed": seed,
        "kills": tally["kills"],
        **signals,
        **places,
        "  asked to stop in the loop: state saved, exit 2": tally["saved and stopped"],
        "trainings done, each equal to the undisturbed one": tally["trainings"],
        "starts": tally["starts"],
        "  of them in a fresh interpreter": tally["fresh"],
        "checkpoints spoiled by the drill (one bit)": tally["spoiled"],
        "checkpoints passed over": tally["passed over"],
        "steps redone": tally["redone"],
    }


def _machine(seconds: float) -> dict[str, Any]:
    return {
        "code": code(),
        "commit": commit(),
        "machine": f"{platform.node()}, {platform.platform()}",
        "versions": f"python {platform.python_version()}, torch {version('torch')}",
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "minutes": f"{seconds / 60:.1f}",
    }


def _line(key: str, value: Any) -> str:
    return f"{key:<52}{value}"
