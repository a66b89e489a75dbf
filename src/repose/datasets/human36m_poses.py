"""The joints of Human3.6M: mmpose's .npz files and cameras.pkl, into the 19 joints."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from repose.datasets.arrays import Array, Refused
from repose.datasets.numpy_files import read_npz
from repose.datasets.pickled import read_arrays
from repose.errors import ReposeError
from repose.skeleton import JOINT, convert

CAMERAS = "cameras.pkl"
JOINT_SETS = {17: "h36m17", 32: "h36m32"}  # by the number of joints in a file

# From the middle of the hips to the middle of the shoulders, of grown-up people.
TORSO_MM = (300.0, 800.0)
MOST_OFF_PX = 10.0  # between joints in the image and the projected ones

_CAMERA_SPACE = "in camera space"

Floats = NDArray[np.floating]
Pose = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]  # px, mm, score


@dataclass(frozen=True)
class Camera:
    """A camera's inner parameters, px: focal length and centre (2,), distortion (3,) and (2,)."""

    focal: Floats
    centre: Floats
    radial: Floats
    tangential: Floats

    def project(self, points: Floats) -> Floats:
        """Project camera points (..., 3) into the image, (..., 2) px, pixel centres at integers.

        The model of Human3.6M's own code: radial terms in r^2, r^4, r^6 and two tangential ones,
        added up before they scale the point.
        """
        plane = points[..., :2] / points[..., 2:]
        r2 = (plane**2).sum(axis=-1, keepdims=True)
        k1, k2, k3 = self.radial
        straight = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        askew = (plane * self.tangential[::-1]).sum(axis=-1, keepdims=True)
        bent = plane * (straight + askew) + r2 * self.tangential[::-1]
        return bent * self.focal + self.centre


def read_annotations(folder: Path) -> tuple[dict[str, Pose], list[str]]:
    """Read the joints of every image.

    Of several rates (fps10, fps50) the highest is read.

    Returns:
        By the image's path below `images/`: (19, 3) px, (19, 3) mm, (19,) scores as `GivenPose`
        has them; and what a reader should know.

    Raises:
        ReposeError: missing-file, bad-pickle or bad-annotations.
    """
    cameras = read_cameras(_the_one(folder, CAMERAS))
    poses: dict[str, Pose] = {}
    notes = []
    for split in ("train", "test"):
        path = _the_one(folder, f"h36m_{split}.npz")
        wanted = {"imgname": "text", "part": "number", "S": "number"}
        arrays = read_npz(path, wanted)
        try:
            found, kind = _convert(cameras, arrays["imgname"], arrays["part"], arrays["S"])
        except Refused as error:
            mend = "make it again with mmpose's preprocess_h36m.py"
            raise ReposeError("bad-annotations", str(error), path=path, mend=mend) from error
        if kind != _CAMERA_SPACE:
            notes.append(f"{path}: 3D joints {kind}, so depth is scaled as if seen from afar")
        poses |= found
    return poses, notes


def read_cameras(path: Path) -> dict[tuple[str, str], Camera]:
    """Read cameras.pkl, by (subject, camera); nothing in it is run.

    Raises:
        ReposeError: missing-file, or bad-pickle.
    """
    try:
        tree = read_arrays(path, (3, 3), (3, 1), (2, 1), (3,), (2,), facts=True)
        if type(tree) is not dict or not tree:
            raise Refused("no camera in it")
        return {_pair(key): _camera(facts) for key, facts in tree.items()}
    except FileNotFoundError as error:
        raise ReposeError("missing-file", "no such file of cameras", path=path) from error
    except Refused as error:
        said = f"refused as a file of cameras: {str(error)[:200]}"
        mend = "take the file that preprocess_h36m.py writes; nothing in this one was run"
        raise ReposeError("bad-pickle", said, path=path, mend=mend) from error


def _pair(key: object) -> tuple[str, str]:
    if type(key) is not tuple:
        raise Refused("a key that is no pair of subject and camera")
    return key


def _camera(facts: object) -> Camera:
    parts = [facts.get(name) if type(facts) is dict else None for name in "fckp"]
    found = [p.values.ravel() for p in parts if isinstance(p, Array) and p.values is not None]
    if [len(part) for part in found] != [2, 2, 3, 2]:
        raise Refused("a camera without f, c, k and p")
    return Camera(*found)


def _the_one(folder: Path, name: str) -> Path:
    """Find a file by name, in the folder of the highest rate."""
    # Not "**": there may be millions of images beside it.
    paths = [path for place in ("", "*/", "*/*/") for path in folder.glob(f"{place}{name}")]
    if not paths:
        mend = "make it with mmpose's preprocess_h36m.py"
        raise ReposeError("missing-file", f"no {name} in it", path=folder, mend=mend)
    return max(paths, key=lambda path: (_rate(path.parent.name), path))


def _rate(folder: str) -> int:
    """Return the frames per second of "fps50"."""
    number = folder.removeprefix("fps")
    return int(number) if number.isascii() and number.isdigit() else 0


def _convert(
    cameras: dict[tuple[str, str], Camera], names: Floats, part: Floats, space: Floats
) -> tuple[dict[str, Pose], str]:
    """Turn the arrays of one file into poses by name; also say how the 3D joints were read."""
    count = part.shape[1] if part.ndim == 3 else 0
    if count not in JOINT_SETS or part.shape != (len(names), count, 3):
        raise Refused(f"part of shape {part.shape}, not ({len(names)}, 17 or 32, 3)")
    if space.shape[:2] != part.shape[:2] or space.shape[2:] not in ((3,), (4,)):
        raise Refused(f"S of shape {space.shape}, not ({len(names)}, {count}, 3 or 4)")
    flat, score = convert(part[..., :2], (part[..., 2] > 0).astype(float), JOINT_SETS[count])
    solid, _ = convert(
        space[..., :3].astype(np.float64), np.ones(part.shape[:2]), JOINT_SETS[count]
    )
    if not (np.isfinite(part).all() and np.isfinite(space).all()):
        raise Refused("joints that are not finite")
    mm = solid.astype(np.float64) * _mm_per_unit(solid)
    keys = [_camera_of(str(name)) for name in names]
    per_mm, kind = _px_per_mm(cameras, keys, flat, mm)
    centred = mm - mm[:, JOINT["pelvis"], None]
    z_px = centred[..., 2:] * per_mm[:, None, None]
    # Pixel centres at integers become integers + 0.5.
    px = np.concatenate([flat + 0.5, z_px], axis=-1).astype(np.float32)
    poses = zip(px, centred.astype(np.float32), score, strict=True)
    return dict(zip(map(str, names), poses, strict=True)), kind


def _mm_per_unit(joints: Floats) -> float:
    """Tell metres from millimetres by the length of the torso."""
    torso = np.linalg.norm(joints[:, JOINT["neck"]] - joints[:, JOINT["pelvis"]], axis=-1)
    length = float(np.median(torso))
    for unit in (1.0, 1000.0):
        if TORSO_MM[0] <= length * unit <= TORSO_MM[1]:
            return unit
    raise Refused(f"S is neither in metres nor in mm: torsos of length {length:.3g}")


def _px_per_mm(
    cameras: dict[tuple[str, str], Camera],
    keys: Sequence[tuple[str, str]],
    flat: Floats,
    mm: Floats,
) -> tuple[Floats, str]:
    """Return (n,) px per mm at the pelvis, and in which frame of reference the joints are.

    Camera space is what projects onto the joints in the image; joints with the pelvis at 0 are
    relative to it. World space, or anything else, is neither.
    """
    pelvis = mm[:, JOINT["pelvis"]]
    if np.abs(pelvis).max() < 1:
        return _fitted_scale(flat, mm), "relative to the pelvis"
    scale = np.empty(len(mm))
    off = np.empty(len(mm))
    for key in sorted(set(keys)):
        if key not in cameras:
            raise Refused(f"no camera {key[1]} of {key[0]} in {CAMERAS}")
        rows = [i for i, other in enumerate(keys) if other == key]
        scale[rows] = cameras[key].focal.mean() / pelvis[rows, 2]
        apart = cameras[key].project(mm[rows]) - flat[rows]
        off[rows] = np.nanmedian(np.linalg.norm(apart, axis=-1), axis=1)
    if not (pelvis[:, 2] > 0).all() or not np.median(off) <= MOST_OFF_PX:
        raise Refused(
            f"S is neither camera space nor relative to the pelvis: projected it lies"
            f" {np.median(off):.0f} px from part"
        )
    return scale, _CAMERA_SPACE


def _fitted_scale(flat: Floats, mm: Floats) -> Floats:
    """Fit px per mm by least squares, as seen from afar."""
    seen = flat - flat[:, JOINT["pelvis"], None]
    solid = mm[..., :2] - mm[:, JOINT["pelvis"], None, :2]
    return np.nansum(seen * solid, axis=(1, 2)) / np.nansum(solid**2, axis=(1, 2))


def _camera_of(name: str) -> tuple[str, str]:
    """Return subject and camera of "S1/S1_Directions_1.54138969/..."."""
    subject, _, rest = name.partition("/")
    return subject, rest.partition("/")[0].rpartition(".")[2]
