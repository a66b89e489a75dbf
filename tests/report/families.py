"""What the tests of several families share."""

import numpy as np
import pandas as pd

from repose.stages import report
from tests.report.made import SIZE

CONFIG = report.Config(3, "ssim_fg", 1, 2, 48, 300, 0)
ORDER = ["source, copied", "posewarp", "warp2d", "warp3d", "vunet25d", "true image, JPEG 90"]


def views_of(count):
    """Draw so many squares, each of one grey."""
    squares = [np.full((SIZE, SIZE, 3), 40 * i, np.uint8) for i in range(count)]
    return lambda row: np.concatenate(squares, axis=1)


def table(made, name, label=1):
    frame = pd.read_csv(made["output"] / "tables" / f"{name}.csv")
    return frame.set_index(frame.columns[label])


def unseen(made, name):
    path = next(path for path in made["scores"] if path.stem == name)
    scores = pd.read_parquet(path)
    return scores[scores["split"] == "test"].sort_values("pair")
