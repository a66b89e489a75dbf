"""Lists of poses and pairs as Siarohin et al. began them for DeepFashion and Market-1501.

PATN, GFLA and their successors kept the format: an annotation (separator `:`, columns name,
keypoints_y and keypoints_x, each a JSON list of OpenPose's 18 joints, -1 where one is missing) and
pairs (columns from, to), for train and test each, in files spelled `fasion-` as a rule.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from repose.datasets.base import GivenPose
from repose.errors import ReposeError
from repose.skeleton import JOINT_SETS, JOINTS, convert

JOINT_SET = "openpose18"
MISSING = -1
SPLITS = ("train", "test")
MEND = "fetch the list again from where the data set's authors offer it"

_TORSO = [JOINT_SETS[JOINT_SET].index(f"{s}_{j}") for s in "lr" for j in ("hip", "shoulder")]

Points = NDArray[np.float64]  # (18, 2) x, y: numbers of column and row, NaN where missing


def find_list(folders: Sequence[Path], stem: str, kind: str, split: str) -> Path | None:
    """Find a list, such as fasion-resize-pairs-train.csv; the one without `resize` comes first.

    Args:
        folders: Where to look, with the folders inside them.
        stem: A pattern for what its name begins with, such as `fa(s|sh)ion`.
        kind: pairs or annotation.
        split: train or test.
    """
    wanted = re.compile(rf"{stem}(-resize)?-{kind}-{split}\.csv")
    found = [path for f in folders for path in f.rglob("*.csv") if wanted.fullmatch(path.name)]
    return min(found, key=lambda p: ("resize" in p.name, len(p.parts), p), default=None)


def read_annotation(path: Path) -> dict[str, Points]:
    """Read the joints of every image of an annotation.

    Returns:
        By the images' names as they are spelled there: (18, 2) x, y.

    Raises:
        ReposeError: bad-listing, naming the line.
    """
    poses: dict[str, Points] = {}
    for line, row in _rows(path, ("name", "keypoints_y", "keypoints_x"), ":"):
        try:
            joints = np.array([json.loads(row["keypoints_x"]), json.loads(row["keypoints_y"])])
            points = joints.T.astype(np.float64)
        except (ValueError, TypeError, RecursionError):
            points = np.zeros(0)
        if points.shape != (len(JOINT_SETS[JOINT_SET]), 2) or not np.isfinite(points).all():
            raise _bad(path, f"line {line}: not twice {len(JOINT_SETS[JOINT_SET])} numbers")
        points[(points == MISSING).any(axis=1)] = np.nan
        poses[row["name"]] = points
    return poses


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Read a list of pairs: the names of source and target, as they are spelled there.

    Raises:
        ReposeError: bad-listing, naming the line.
    """
    return [(row["from"], row["to"]) for _, row in _rows(path, ("from", "to"), ",")]


def _rows(
    path: Path, columns: Sequence[str], between: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the lines of a table by their numbers, with the named columns only."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, delimiter=between)
            missing = set(columns) - set(reader.fieldnames or ())
            if missing:
                raise _bad(path, f"no column '{sorted(missing)[0]}' (between them a '{between}')")
            for row in reader:
                values = {name: (row[name] or "").strip() for name in columns}
                if not all(values.values()):
                    raise _bad(path, f"line {reader.line_num}: a value is missing")
                yield reader.line_num, values
    except (UnicodeDecodeError, csv.Error) as error:
        raise _bad(path, f"not a CSV file in UTF-8 ({error})") from error


def _bad(path: Path, message: str) -> ReposeError:
    return ReposeError("bad-listing", message, path=path, mend=MEND)


def has_torso(points: Points) -> bool:
    """Tell whether both hips and both shoulders are there."""
    return bool(np.isfinite(points[_TORSO]).all())


def make_pairs(poses: Mapping[str, Points], groups: Mapping[str, str]) -> list[tuple[str, str]]:
    """Make pairs by the rule of Siarohin et al. 2018: all ordered pairs of images of one group.

    Args:
        poses: By name, in the order of the annotation. Those without a complete torso are left
            out.
        groups: The group of each name: the outfit, or the identity; a name without one is left
            out.
    """
    members: dict[str, list[str]] = {}
    for name, points in poses.items():
        if name in groups and has_torso(points):
            members.setdefault(groups[name], []).append(name)
    return [pair for names in members.values() for pair in permutations(names, 2)]


def to_pose(clip: str, frame: int, points_px: Points) -> GivenPose:
    """Make a pose of OpenPose's 18 joints.

    Args:
        clip: The clip's safe name.
        frame: Its place in the clip.
        points_px: (18, 2) px of the image, NaN where missing.
    """
    known = np.isfinite(points_px[:, 0]) & np.isfinite(points_px[:, 1])
    points = np.column_stack([points_px, np.full(len(points_px), np.nan)])  # depth is not given
    joints, score = convert(points, known.astype(np.float64), JOINT_SET)
    return GivenPose(clip, frame, joints, np.full((len(JOINTS), 3), np.nan, np.float32), score)
