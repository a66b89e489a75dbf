"""The true joints that come with a synthetic clip, in place of an estimate."""

import io
import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from repose.errors import ReposeError
from repose.poses.base import Array, Clip, Image, Pose, Settings
from repose.skeleton import JOINT, JOINTS

MOST_BYTES = 1 << 28  # of an array: joints of 160 hours at 1 frame per second, 6 at 25

# What zipfile and numpy raise at a file that is damaged, encrypted or no npz at all.
_BROKEN = (
    *(OSError, KeyError, ValueError, EOFError, RuntimeError, MemoryError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)


class TruthEstimator:
    """Reads the joints from the clip's truth file; looks at no picture."""

    name = "truth"
    exact = True
    version = "1"

    def estimate(self, frames: Iterable[Image], clip: Clip) -> list[Pose]:
        """Read the poses of the clip's frames.

        Raises:
            ReposeError: missing-truth or wrong-truth.
        """
        if clip.truth is None:
            raise ReposeError(
                "missing-truth",
                f"clip {clip.name} has no true joints",
                mend="set poses.estimator to mediapipe",
            )
        joints_mm, intrinsics = _read(clip.truth)
        last = max(clip.source_frames, default=-1)
        if last >= len(joints_mm):
            raise ReposeError(
                "wrong-truth",
                f"truth for {len(joints_mm)} frames, the clip has {last + 1}",
                path=clip.truth,
                mend="make both again",
            )
        # Pixel centres lie at integer + 0.5, so a change of size is a plain factor.
        intrinsics = intrinsics * np.array([[clip.scale], [clip.scale], [1.0]])
        return [_pose(joints_mm[source], intrinsics) for source in clip.source_frames]

    def estimate_images(self, images: Iterable[Image]) -> list[Pose]:
        """Refuse: a single picture has no truth file."""
        raise ReposeError(
            "missing-truth", "single pictures have no true joints", mend="use mediapipe for them"
        )


def build(settings: Settings) -> TruthEstimator:
    """Make the estimator; it has no thresholds."""
    return TruthEstimator()


def project(joints_mm: Array, intrinsics: Array) -> Array:
    """Project camera points into the frame.

    Args:
        joints_mm: (19, 3) absolute camera mm, z > 0.
        intrinsics: (3, 3) pinhole matrix in px.

    Returns:
        (19, 3) frame px. Depth is relative to the pelvis, at the pelvis' own scale:
        z_px = (Z - Z_pelvis) f / Z_pelvis (weak perspective).
    """
    homogeneous = joints_mm @ intrinsics.T
    depth = joints_mm[:, 2]
    pelvis = depth[JOINT["pelvis"]]
    z_px = (depth - pelvis) * intrinsics[0, 0] / pelvis
    return np.column_stack([homogeneous[:, :2] / depth[:, None], z_px]).astype(np.float32)


def _pose(joints_mm: Array, intrinsics: Array) -> Pose:
    centred = (joints_mm - joints_mm[JOINT["pelvis"]]).astype(np.float32)
    score = np.ones(len(JOINTS), np.float32)
    return Pose(project(joints_mm, intrinsics), centred, score, detected=True, people=1)


def _read(path: Path) -> tuple[Array, Array]:
    """Read joints (n, 19, 3) and intrinsics (3, 3); nothing in the file is run."""
    try:
        with zipfile.ZipFile(path) as archive:
            joints, intrinsics = (_array(archive, name) for name in ("joints_mm", "intrinsics"))
        if joints.shape[1:] != (len(JOINTS), 3) or intrinsics.shape != (3, 3):
            raise ValueError(f"joints {joints.shape}, intrinsics {intrinsics.shape}")
    except _BROKEN as error:
        raise ReposeError(
            "wrong-truth",
            f"cannot read the true joints ({str(error)[:200]})",
            path=path,
            mend="make the clip again",
        ) from error
    return joints, intrinsics


def _array(archive: zipfile.ZipFile, name: str) -> Array:
    """Read one array, after its declared size was compared with what is there."""
    entry = archive.getinfo(f"{name}.npy")
    if entry.file_size > MOST_BYTES:
        raise ValueError(
            f"{name} of {entry.file_size:,} bytes, where at most {MOST_BYTES:,} are read"
        )
    file = io.BytesIO(archive.read(entry))
    if npy.read_magic(file) != (1, 0):
        raise ValueError(f"{name} is of an unknown version")
    shape, by_columns, kind = npy.read_array_header_1_0(file)
    data = file.read()
    if kind.kind not in "fiu" or math.prod(shape) * kind.itemsize != len(data):
        raise ValueError(f"{name} is {kind} {str(shape)[:40]} in {len(data)} bytes")
    array = np.frombuffer(data, kind).reshape(shape, order="F" if by_columns else "C")
    return array.astype(np.float64)
