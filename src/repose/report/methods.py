"""What each method is: a trained model, in 2D or 3D, or one of the two baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repose.files import read_json

COPY = "copy_source"
CEILING = "true_jpeg90"

BASELINES: dict[str, str] = {
    COPY: "source, copied",
    CEILING: "true image, JPEG 90",
}


@dataclass(frozen=True)
class Method:
    """One row of the tables of scores.

    Attributes:
        name: Folder name.
        label: Name in tables and over pictures.
        warp_3d: Whether features are warped in 3D; None if the question does not apply.
        pose_3d: Whether the target pose is given in 3D; None if the question does not apply.
        run: Facts about the training, `run.json`; empty for a baseline.
        times: How long it took, and on what, `times.json`; empty for a baseline.
    """

    name: str
    label: str
    warp_3d: bool | None = None
    pose_3d: bool | None = None
    run: Mapping[str, Any] = field(default_factory=dict)
    times: Mapping[str, Any] = field(default_factory=dict)

    @property
    def trained(self) -> bool:
        """Whether this is a trained model and not a baseline."""
        return self.name not in BASELINES

    @property
    def dimensions(self) -> int:
        """How many of the two, warp and pose, are 3D: the order of the paper's Table 1."""
        return int(bool(self.warp_3d)) + int(bool(self.pose_3d))

    @property
    def random_features(self) -> bool:
        """Whether its perceptual loss rested on an untrained network."""
        return bool(self.run.get("random_features"))


def read_methods(train: Sequence[Path], names: Sequence[str]) -> list[Method]:
    """Order the methods for the tables: source copied, models from 2D to 3D, true image.

    Args:
        train: Folders of the trained models.
        names: Of all methods that have scores.
    """
    folders = {folder.name: folder for folder in train}
    models = [_read_model(folders[name]) for name in names if name in folders]
    models.sort(key=lambda method: method.dimensions)
    floor = [Method(COPY, BASELINES[COPY])] if COPY in names else []
    ceiling = [Method(CEILING, BASELINES[CEILING])] if CEILING in names else []
    return [*floor, *models, *ceiling]


def lead(methods: Sequence[Method]) -> Method:
    """Return the method that the report is about: the first of the most 3D models."""
    trained = [method for method in methods if method.trained]
    return max(trained or methods, key=lambda method: method.dimensions)


def _read_model(folder: Path) -> Method:
    run = read_json(folder / "run.json")
    model = run.get("model", {})
    warp, pose = (model[key] == "3d" if key in model else None for key in ("warp", "pose"))
    times = read_json(folder / "times.json")
    return Method(folder.name, folder.name, warp, pose, run, times)
