"""Knoche's `poses.pkl` (iPER and fashion3d), the one pickle that is read; see `pickled`.

Dicts in dicts, nested like the folders of images (person, outfit, action, frame), with a (19, 3)
array of px at the end: x and y within 0..256, z centred.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from repose.datasets.arrays import Array, Refused, kind
from repose.datasets.pickled import read_arrays
from repose.errors import ReposeError
from repose.skeleton import JOINTS

MOST_LEVELS = 8
MOST_LETTERS = 255  # of a name

Poses = dict[str, NDArray[np.float32]]


def read_poses(path: Path) -> Poses:
    """Read every pose of a `poses.pkl`; nothing in it is run.

    Returns:
        By the names on the way to it, joined by "/": (19, 3) px in the file's own order of joints.

    Raises:
        ReposeError: missing-file; bad-pickle, naming the instruction, the name or the kind of
            value that has no place in a file of poses.
    """
    poses: Poses = {}
    try:
        for name, joints in _flatten(read_arrays(path, (len(JOINTS), 3)), (), set()):
            if name in poses:
                raise Refused(f"{name} comes twice")
            poses[name] = joints
        if not poses:
            raise Refused("no pose in it")
    except FileNotFoundError as error:
        raise ReposeError("missing-file", "no such file of poses", path=path) from error
    except Refused as error:
        said = f"refused as a file of poses: {str(error)[:200]}"
        mend = "take the file that the data set came with; nothing in this one was run"
        raise ReposeError("bad-pickle", said, path=path, mend=mend) from error
    return poses


def _flatten(
    tree: Any, names: tuple[str, ...], seen: set[int]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    if isinstance(tree, Array):
        if tree.values is None or not names:
            raise Refused("an array without content or name")
        yield "/".join(names), tree.values
        return
    if not isinstance(tree, dict) or len(names) > MOST_LEVELS:
        raise Refused(f"{kind(tree)} at level {len(names)}")
    # A dict in two places, or in itself, would unfold without end.
    if id(tree) in seen:
        raise Refused("a dict that stands in two places")
    seen.add(id(tree))
    for key, value in tree.items():
        yield from _flatten(value, (*names, _name(key)), seen)


def _name(key: str | int) -> str:
    name = str(key)
    bad = not name or len(name) > MOST_LETTERS or not name.isprintable()
    if bad or ".." in name.split("/") or name.startswith("/"):
        raise Refused(f"the name {name[:40]!r}")
    return name
