"""Pictures of a few fixed pairs as training goes on: a collapse shows before any score does."""

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from repose.data.packs import decode, encode
from repose.data.samples import Crops, as_images
from repose.errors import ReposeError
from repose.files import whole
from repose.training.inference import generate
from repose.training.run_directory import fingerprint
from repose.training.schedule import Schedule

COLUMNS = 10  # steps shown side by side, at most
TITLE = 16  # px, height of the line above
BATCH = 8


class Watch:
    """Generate the same pairs again and again, and lay the pictures side by side.

    Args:
        folder: The run directory.
        generator: What is being trained.
        crops: Where images and joints are found.
        rows: (N, 2) rows of source and target.
        device: Where the generator is.
    """

    def __init__(
        self,
        folder: Path,
        generator: nn.Module,
        crops: Crops,
        rows: np.ndarray,
        device: torch.device,
    ) -> None:
        # Other pairs, other folder: a resumed run may be given another pair table.
        self.folder = folder / f"watched-{fingerprint({'rows': rows.tolist()})[:8]}"
        self.generator = generator
        self.crops = crops
        self.rows = rows
        self.device = device

    def __call__(self, step: int) -> None:
        """Keep the pictures of this step: one column, a row per pair."""
        if not len(self.rows):
            return
        made = generate(self.generator, self.crops, self.rows, None, BATCH, self.device)
        images = np.concatenate([as_images(views["image"]) for views in made])
        with whole(self._file(step)) as beside:
            beside.write_bytes(encode(np.concatenate(images), "png"))

    def sheet(self, schedule: Schedule) -> np.ndarray:
        """Return the sheet: columns source, target, then generated at evenly spread steps.

        Pairs that were changed after the training get the picture of its end alone.

        Args:
            schedule: Whose steps are shown: pictures of another cadence may lie here, too.

        Returns:
            (H, W, 3) uint8, RGB, with the steps written above; blank when nothing is watched.
        """
        if not len(self.rows):
            return np.full((TITLE, TITLE, 3), 255, np.uint8)
        if not self._file(schedule.steps).exists():
            self(schedule.steps)
        kept = {
            int(path.stem.removeprefix("step-")): path for path in self.folder.glob("step-*.png")
        }
        steps = sorted(step for step in kept if schedule.due(step, schedule.watch_every))
        chosen = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), COLUMNS)).astype(int))
        columns = [("source", self._true(0)), ("target", self._true(1))]
        columns += [(str(steps[index]), _picture(kept[steps[index]])) for index in chosen]
        return np.concatenate([_titled(name, column) for name, column in columns], axis=1)

    def _file(self, step: int) -> Path:
        return self.folder / f"step-{step:08d}.png"

    def _true(self, end: int) -> np.ndarray:
        return np.concatenate(self.crops.images(self.rows[:, end]))


def _picture(path: Path) -> np.ndarray:
    try:
        return decode(path.read_bytes())
    except ReposeError as error:
        mend = "delete it: the sheet then lacks that step"
        raise ReposeError(
            error.code, "a watched picture is damaged", path=path, mend=mend
        ) from error


def _titled(name: str, column: np.ndarray) -> np.ndarray:
    """Write a name over a column, and keep a white line to its right."""
    title = np.full((TITLE, column.shape[1], 3), 255, np.uint8)
    cv2.putText(title, name, (2, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    whole_column = np.concatenate([title, column])
    return np.pad(whole_column, ((0, 0), (0, 2), (0, 0)), constant_values=255)
