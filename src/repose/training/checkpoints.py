"""The training state on disk: complete and proven, or not there.

A checkpoint is a folder `step-00001000` with every weight and every moment of Adam as safetensors,
the rest as JSON, and a manifest of their sha256. Random state needs no place: each step draws from
(seed, step). The newest checkpoint that proves good is the one that counts.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from repose.errors import ReposeError
from repose.files import read_json, whole_folder, write_json
from repose.manifests import check_manifest, write_manifest

TENSORS = "state.safetensors"
REST = "state.json"


class Checkpoints:
    """Save and restore modules and their optimisers.

    Args:
        folder: Where the checkpoints lie.
        fingerprint: Hash of all that determines the run; others' checkpoints are not taken.
        keep: How many to keep, at least 2.
        modules: What is trained, by name.
        optimisers: Their optimisers, by the same names.

    Raises:
        ReposeError: keep-two.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: str,
        keep: int,
        modules: Mapping[str, nn.Module],
        optimisers: Mapping[str, Optimizer],
    ) -> None:
        if keep < 2:
            raise ReposeError(
                "keep-two",
                f"keep_checkpoints is {keep}: a damaged checkpoint would leave nothing",
                mend="set train.keep_checkpoints to 2 or more",
            )
        self.folder = folder
        self.fingerprint = fingerprint
        self.keep = keep
        self.modules = modules
        self.optimisers = optimisers

    def save(self, step: int, rest: Mapping[str, Any]) -> None:
        """Write the state after `step` steps; then remove the oldest beyond `keep`.

        Args:
            step: Steps done.
            rest: What else the run needs to go on, as JSON.
        """
        name = f"step-{step:08d}"
        with whole_folder(self.folder / name) as folder:
            save_file(self._tensors(), folder / TENSORS)
            write_json(folder / REST, {"step": step, **rest})
            write_manifest(folder, {"fingerprint": self.fingerprint})
        for old in self._all()[: -self.keep]:
            shutil.rmtree(old)

    def restore(self) -> dict[str, Any]:
        """Load the newest good checkpoint; say in one line on stderr when one was passed over.

        Returns:
            What was saved beside the tensors, with `step`; {"step": 0} when there is none.
        """
        for leftover in self.folder.glob(".step-*"):  # of a process killed inside `save`
            shutil.rmtree(leftover, ignore_errors=True)
        for path in reversed(self._all()):
            try:
                tensors, rest = self._proven(path)
            except (ReposeError, ValueError, KeyError, TypeError, AttributeError) as error:
                print(
                    f"repose train: checkpoint {path.name} is damaged ({error}); "
                    "going back to the one before",
                    file=sys.stderr,
                )
                _set_aside(path)
                continue
            self._load(tensors)
            return rest
        return {"step": 0}

    def _all(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))

    def _proven(self, path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Read a checkpoint whole and check it before anything is changed."""
        manifest = check_manifest(path)
        if set(manifest["sha256"]) != {TENSORS, REST}:
            raise ValueError("its manifest does not name its files")
        if manifest["settings"]["fingerprint"] != self.fingerprint:
            raise ValueError("it belongs to another run")
        tensors = load_file(path / TENSORS)
        for name, ours in self._weights().items():
            if tensors[name].shape != ours.shape:
                raise ValueError(f"{name} has another shape")
        return tensors, read_json(path / REST)

    def _weights(self) -> dict[str, Tensor]:
        return {
            f"{name}/weights/{key}": value
            for name, module in self.modules.items()
            for key, value in module.state_dict().items()
        }

    def _tensors(self) -> dict[str, Tensor]:
        tensors = self._weights()
        for name, optimiser in self.optimisers.items():
            for index, moments in optimiser.state_dict()["state"].items():
                for key, value in moments.items():
                    tensors[f"{name}/moments/{index}/{key}"] = value
        return {key: value.contiguous() for key, value in tensors.items()}

    def _load(self, tensors: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            for name, ours in self._weights().items():
                ours.copy_(tensors[name])  # keeps device and memory format
        for name, optimiser in self.optimisers.items():
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in tensors.items():
                owner, kind, rest = key.split("/", 2)
                if owner == name and kind == "moments":
                    index, moment = rest.split("/")
                    state.setdefault(int(index), {})[moment] = value
            groups = optimiser.state_dict()["param_groups"]
            optimiser.load_state_dict({"state": state, "param_groups": groups})
            _match_layout(optimiser)


def _set_aside(path: Path) -> None:
    """Keep what is damaged out of the way: later checkpoints count from an earlier step."""
    aside = path.with_name(f"damaged-{path.name}")
    shutil.rmtree(aside, ignore_errors=True)
    path.rename(aside)


def _match_layout(optimiser: Optimizer) -> None:
    """Give the moments the memory format of their parameters, as Adam itself does."""
    for parameter, moments in optimiser.state.items():
        for key, value in moments.items():
            if value.shape == parameter.shape and value.dim() > 0:
                moments[key] = torch.empty_like(parameter).copy_(value)
