"""What each method is: a trained model of some family, or one of the two baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repose.files import read_json

TIMES = "times.json"  # of a training, and of the images it generated
COPY = "copy_source"
CEILING = "true_jpeg90"
JOINT = "+"  # between the names of the trainings that one method stands for

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
        members: The trainings that it stands for, which differ in their seed; () for a single one.
    """

    name: str
    label: str
    warp_3d: bool | None = None
    pose_3d: bool | None = None
    run: Mapping[str, Any] = field(default_factory=dict)
    times: Mapping[str, Any] = field(default_factory=dict)
    members: tuple["Method", ...] = ()

    @property
    def seed(self) -> int:
        """Of its training; 0 where that did not write it down."""
        return int(self.run.get("config", {}).get("seed", 0))

    @property
    def stem(self) -> str:
        """Its label without the number of seeds."""
        return self.label.partition(" (")[0] if self.members else self.label

    @property
    def family(self) -> str:
        """The network that it is a variant of; "" for a baseline."""
        return str(self.run.get("model", {}).get("network", ""))

    @property
    def of_ablation(self) -> bool:
        """Whether it has a place in the paper's Table 1: warp and pose are each 2D or 3D."""
        return self.warp_3d is not None and self.pose_3d is not None

    @property
    def parameters(self) -> int | None:
        """Parameters of its generator, if the training wrote them down."""
        counted = self.run.get("parameters", {}).get("generator")
        return None if counted is None else int(counted)

    @property
    def steps(self) -> int | None:
        """Optimiser steps it was trained for."""
        return None if "steps" not in self.run else int(self.run["steps"])

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
        """Whether its losses on features rested on an untrained network."""
        return bool(self.run.get("random_features"))


def read_methods(train: Sequence[Path], names: Sequence[str]) -> list[Method]:
    """Order the methods for the tables: source copied, models, true image.

    Models stand in the order of the config, those of one family together, and within a family
    from 2D to 3D as in the paper's Table 1.

    Args:
        train: Folders of the trained models, in the order of the config.
        names: Of all methods that have scores.
    """
    models = [_read_model(folder) for folder in train if folder.name in names]
    families = list(dict.fromkeys(method.family for method in models))
    models.sort(key=lambda m: (families.index(m.family), m.dimensions, bool(m.warp_3d)))
    floor = [Method(COPY, BASELINES[COPY])] if COPY in names else []
    ceiling = [Method(CEILING, BASELINES[CEILING])] if CEILING in names else []
    return [*floor, *models, *ceiling]


def read_image_seconds(images: Sequence[Path]) -> dict[str, float]:
    """Return how long each model took per generated image, where it was written down.

    Args:
        images: Folder of each method's images.
    """
    files = {folder.name: folder / TIMES for folder in images}
    return {
        name: float(read_json(path)["seconds_per_image"])
        for name, path in files.items()
        if path.is_file()
    }


def lead(methods: Sequence[Method]) -> Method:
    """Return the method that the report is about: the first of the most 3D models.

    Where no model is 3D, that is the first of the config.
    """
    trained = [method for method in methods if method.trained]
    return max(trained or methods, key=lambda method: method.dimensions)


def _read_model(folder: Path) -> Method:
    run = read_json(folder / "run.json")
    model = run.get("model", {})
    # Other families use these words for other things.
    warp, pose = ({"3d": True, "2d": False}.get(str(model.get(key))) for key in ("warp", "pose"))
    times = read_json(folder / TIMES)
    return Method(folder.name, folder.name, warp, pose, run, times)
