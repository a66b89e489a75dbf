"""Every rank begins from the state that the first one finds, and none may drift away from it."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import torch
from safetensors.torch import load, save
from torch import nn

from repose.training import machine, state
from repose.training.checkpoints import Checkpoints
from repose.training.ranks import Ranks


def restore(kept: Checkpoints, ranks: Ranks) -> dict[str, Any]:
    """Load the newest good checkpoint into all ranks.

    Returns:
        What was saved beside the tensors, with `step`; {"step": 0} when there is none.

    Raises:
        ReposeError: ranks-differ.
    """
    found = json.dumps(kept.restore()).encode() if ranks.writes else b""
    rest: dict[str, Any] = json.loads(ranks.share(found))
    if ranks.size > 1 and rest["step"]:
        ours = state.collect(kept.modules, kept.optimisers) if ranks.writes else {}
        tensors = load(ranks.share(save(ours)))
        if not ranks.writes:
            state.restore(tensors, kept.modules, kept.optimisers)
    check_weights(kept.modules, ranks)
    return rest


def go_on(rest: Mapping[str, Any], device: torch.device, ranks: Ranks) -> list[dict[str, Any]]:
    """Note what the steps to come are computed on; say in one line when it rounds otherwise.

    Args:
        rest: What `restore` returned.
        device: Where the networks are.
        ranks: The first of them speaks.

    Returns:
        All machines of the run, each with the number of `steps` done before it came.
    """
    here = machine.rounding(device)
    # Checkpoints of the first release do not know it.
    before: list[dict[str, Any]] = rest.get("machines", [])
    last = before[-1] if before else {}
    changed = {key: value for key, value in here.items() if value != last.get(key)}
    if before and changed and ranks.writes:
        now = ", ".join(f"{key} {value}" for key, value in changed.items())
        then = ", ".join(str(last.get(key, "unknown")) for key in changed)
        print(
            f"repose train: going on with {now}, until step {rest['step']} with {then}: "
            "the result will differ in the last bits from an undisturbed run",
            file=sys.stderr,
        )
    return [*before, {"steps": rest["step"], **here}] if changed else before


def check_weights(networks: Mapping[str, nn.Module], ranks: Ranks) -> None:
    """Check that all ranks hold the same weights, bit for bit.

    They take the same steps with the same gradients, so what differs is the machine.

    Raises:
        ReposeError: ranks-differ.
    """
    if ranks.size == 1:
        return
    sums = [
        parameter.detach().view(torch.int32).sum(dtype=torch.int64)
        for network in networks.values()
        for parameter in network.parameters()
    ]
    ranks.check_same("weights", str(torch.stack(sums).tolist()))
