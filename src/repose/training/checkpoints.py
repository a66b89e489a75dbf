"""The training state on disk: complete and proven, or not there.

A checkpoint is a folder `step-00001000` with every weight and every moment of Adam as safetensors,
the loss log up to there, the rest as JSON, and a manifest of their sha256. Random state needs no
place: each step draws from (seed, step). The newest checkpoint that proves good is the one that
counts; where there were some and none is good, only the user may decide to begin anew.
"""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.optim import Optimizer

from repose.errors import ReposeError
from repose.files import explain, read_json, whole, whole_folder, write_json
from repose.manifests import check_manifest, write_manifest
from repose.training import state
from repose.training.run_directory import check_held

TENSORS = "state.safetensors"
REST = "state.json"
NEWEST = "newest.json"  # the step last saved: a checkpoint that is gone is missed

# What reading something damaged may raise.
_DAMAGE = (
    ReposeError,
    OSError,
    SafetensorError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)


class Checkpoints:
    """Save and restore modules, their optimisers, and files that grow with the run.

    Args:
        folder: Where the checkpoints lie.
        fingerprint: Hash of all that determines the run; others' checkpoints are not taken.
        keep: How many to keep, at least 2.
        modules: What is trained, by name.
        optimisers: Their optimisers, by the same names.
        files: Files of the run that belong to the state, such as its loss log; `restore` puts
            them back as they were.

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
        files: Sequence[Path] = (),
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
        self.files = files

    def save(self, step: int, rest: Mapping[str, Any]) -> None:
        """Write the state after `step` steps; then remove the oldest beyond `keep`.

        Args:
            step: Steps done.
            rest: What else the run needs to go on, as JSON.

        Raises:
            ReposeError: run-in-use, or what a failed write raises; the older ones are intact.
        """
        check_held(self.folder.parent)
        with whole_folder(self.folder / _name(step)) as folder:
            # Not `save_file`: its errors hide the operating system's.
            tensors = state.collect(self.modules, self.optimisers)
            (folder / TENSORS).write_bytes(save(tensors))
            write_json(folder / REST, {"step": step, **rest})
            for file in self.files:
                (folder / file.name).write_bytes(file.read_bytes())
            write_manifest(folder, {"fingerprint": self.fingerprint}, is_result=False)
        write_json(self.folder / NEWEST, {"step": step})
        for old in self._all()[: -self.keep]:
            _remove(old)

    def restore(self) -> dict[str, Any]:
        """Load the newest good checkpoint; say in one line on stderr when one was passed over.

        Returns:
            What was saved beside the tensors, with `step`; {"step": 0} when there never was one.

        Raises:
            ReposeError: no-checkpoint, when there were some and none is good.
        """
        for leftover in self.folder.glob(".step-*"):  # of a process killed inside `save`
            shutil.rmtree(leftover, ignore_errors=True)
        bad = self._missing()
        for path in reversed(self._all()):
            try:
                tensors, rest = self._proven(path)
            except _DAMAGE as error:
                bad[path] = f"is damaged ({error})"
                continue
            if bad:  # and before they go: they shall not be missed at the next start
                write_json(self.folder / NEWEST, {"step": rest["step"]})
            for passed, reason in bad.items():
                _pass_over(passed, reason, path)
            state.restore(tensors, self.modules, self.optimisers)
            for file in self.files:
                with whole(file) as beside:
                    beside.write_bytes((path / file.name).read_bytes())
            return rest
        self._refuse(bad)
        return {"step": 0}

    def _all(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))

    def _missing(self) -> dict[Path, str]:
        """Find out whether a newer checkpoint was saved than there are now."""
        try:
            noted = self.folder / _name(read_json(self.folder / NEWEST)["step"])
        except _DAMAGE:
            return {}
        found = self._all()
        return {} if found and found[-1] >= noted else {noted: "is missing"}

    def _refuse(self, bad: Mapping[Path, str]) -> None:
        """Do not begin anew, in silence, where weeks of training may lie."""
        first = next((f"{path.name} {reason}" for path, reason in bad.items()), "")
        first = first or next((f"{p.name} was passed over" for p in self._aside()), "")
        if first:
            raise ReposeError(
                "no-checkpoint",
                f"no checkpoint of this run can be used: {first}",
                path=self.folder,
                mend="restore one, or delete that folder to begin anew with step 1",
            )

    def _aside(self) -> list[Path]:
        return sorted(self.folder.glob("damaged-step-*"))

    def _proven(self, path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Read a checkpoint whole and check it before anything is changed."""
        manifest = check_manifest(path)
        if set(manifest["sha256"]) != {TENSORS, REST, *(file.name for file in self.files)}:
            raise ValueError("its manifest does not name its files")
        if manifest["settings"]["fingerprint"] != self.fingerprint:
            raise ValueError("it belongs to another run")
        # Not mapped into memory: over NFS a file in use cannot be removed with its folder.
        tensors = load((path / TENSORS).read_bytes())
        state.check(tensors, self.modules, self.optimisers)
        rest: dict[str, Any] = read_json(path / REST)
        if path.name != _name(rest["step"]):
            raise ValueError(f"it is of step {rest['step']}")
        return tensors, rest


def _name(step: int) -> str:
    return f"step-{step:08d}"


def _pass_over(path: Path, reason: str, taken: Path) -> None:
    """Say so, and keep what is damaged out of the way: checkpoints to come are earlier steps."""
    kept = ""
    if path.exists() or path.is_symlink():
        aside = path.with_name(f"damaged-{path.name}")
        _remove(aside)
        with explain(aside):
            path.rename(aside)
        kept = f" (kept as {aside.name})"
    print(
        f"repose train: checkpoint {path.name} {' '.join(reason.split())}; "
        f"going on from {taken.name}{kept}",
        file=sys.stderr,
    )


def _remove(path: Path) -> None:
    """Remove a folder: its name first, so that no half of it ever stands under that name."""
    if not path.exists() and not path.is_symlink():
        return
    with explain(path):
        gone = path.with_name(f".{path.name}.gone")
        if gone.exists():
            shutil.rmtree(gone)
        path.rename(gone)
        if gone.is_dir() and not gone.is_symlink():
            shutil.rmtree(gone)
        else:
            gone.unlink()
