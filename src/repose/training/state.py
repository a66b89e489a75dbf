"""The tensors of a training by name: all weights, and all moments of the optimisers.

Names are `<network>/weights/<key>` and `<network>/moments/<index of the parameter>/<moment>`.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

Modules = Mapping[str, nn.Module]
Optimisers = Mapping[str, Optimizer]


def collect(modules: Modules, optimisers: Optimisers) -> dict[str, Tensor]:
    """Return all weights and moments, contiguous, on the device where they are."""
    tensors = _weights(modules)
    for name, optimiser in optimisers.items():
        for index, moments in optimiser.state_dict()["state"].items():
            for key, value in moments.items():
                tensors[f"{name}/moments/{index}/{key}"] = value
    return {key: value.contiguous() for key, value in tensors.items()}


def check(tensors: Mapping[str, Tensor], modules: Modules, optimisers: Optimisers) -> None:
    """Check that tensors fit: nothing is missing, too much, or of another shape or type.

    Raises:
        ValueError: naming the first that does not.
    """
    ours = _weights(modules)
    theirs = {name for name in tensors if name.split("/")[1:2] == ["weights"]}
    for name in sorted(theirs ^ ours.keys()):
        raise ValueError(f"{name} is {'unknown' if name in theirs else 'missing'}")
    for name, weight in ours.items():
        _compare(name, tensors[name], weight)
    for name in sorted(tensors.keys() - theirs):
        owner, kind, index, moment = name.split("/")
        parameters = [p for group in optimisers[owner].param_groups for p in group["params"]]
        if kind != "moments" or not moment:
            raise ValueError(f"{name} is unknown")
        value, parameter = tensors[name], parameters[int(index)]
        # Adam counts its steps in float32, whatever the type of the parameter.
        _compare(name, value, parameter if value.dim() else torch.zeros(()))


def restore(tensors: Mapping[str, Tensor], modules: Modules, optimisers: Optimisers) -> None:
    """Copy tensors that were checked into the modules and their optimisers."""
    with torch.no_grad():
        for name, ours in _weights(modules).items():
            ours.copy_(tensors[name])  # keeps device and memory format
    for name, optimiser in optimisers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            owner, kind, rest = key.split("/", 2)
            if owner == name and kind == "moments":
                index, moment = rest.split("/")
                state.setdefault(int(index), {})[moment] = value.clone()
        groups = optimiser.state_dict()["param_groups"]
        ordered = dict(sorted(state.items()))  # a file has its tensors in any order
        optimiser.load_state_dict({"state": ordered, "param_groups": groups})
        _match_layout(optimiser)


def _weights(modules: Modules) -> dict[str, Tensor]:
    return {
        f"{name}/weights/{key}": value
        for name, module in modules.items()
        for key, value in module.state_dict().items()
    }


def _compare(name: str, theirs: Tensor, ours: Tensor) -> None:
    if theirs.shape != ours.shape:
        raise ValueError(f"{name} has another shape")
    if theirs.dtype != ours.dtype:
        raise ValueError(f"{name} has another type")


def _match_layout(optimiser: Optimizer) -> None:
    """Give the moments the memory format of their parameters, as Adam itself does."""
    for parameter, moments in optimiser.state.items():
        for key, value in moments.items():
            if value.shape == parameter.shape and value.dim() > 0:
                moments[key] = torch.empty_like(parameter).copy_(value)
