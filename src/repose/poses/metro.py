"""A pose network of this project's own, trained by the stage `metro` on true joints.

So the 3D pose score does not rest on the one tool whose poses the generators were given. After
Sarandi et al. 2020; what differs stands in `metro_network`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load

from repose.errors import ReposeError
from repose.files import read_json
from repose.manifests import check_manifest
from repose.poses.base import Array, Clip, Image, Pose, Settings, px_per_mm
from repose.poses.composition import TRUNK, Keypoints
from repose.poses.looking import look_along, look_closer
from repose.poses.metro_network import PoseNetwork, Sizes
from repose.poses.metro_windows import from_window, square_around, view
from repose.poses.weights import prove

WEIGHTS = "network.safetensors"
FACTS = "run.json"
_MEND = "run the stage metro again, or name the folder that it made"


@dataclass(frozen=True)
class Seen(Keypoints):
    """One person in one picture: 19 joints in the picture, their scores, and joints in space.

    Args:
        joints_mm: (19, 3) mm, camera axes, pelvis at 0.
    """

    joints_mm: Array = field(kw_only=True)

    @property
    def trunk_score(self) -> float:
        """The mean score of shoulders and hips, by which a person is found or lost."""
        return float(self.scores[TRUNK].mean())


class MetroEstimator:
    """Looks at the whole picture, then closer at who was found there.

    Args:
        network: Ready to be used.
        side: Of the pictures that it sees, px.
        version: Changes with the weights.
        settings: Thresholds: the least mean score of shoulders and hips; and the device.
    """

    name = "metro"
    exact = False

    def __init__(self, network: PoseNetwork, side: int, version: str, settings: Settings) -> None:
        self.version, self.settings = version, settings
        self._device = _device(settings.device)
        self._network = network.to(self._device).eval()
        self._side = side

    def estimate(self, frames: Iterable[Image], clip: Clip) -> list[Pose]:
        """Follow one person through the clip, each frame from the box of the one before."""
        pictures = frames if isinstance(frames, Sequence) else list(frames)
        scores = self.settings.detection_score, self.settings.tracking_score
        return [self._pose(found) for found in look_along(self._look, pictures, *scores)]

    def estimate_images(self, images: Iterable[Image]) -> list[Pose]:
        """Look at each picture by itself."""
        least = self.settings.detection_score
        return [self._pose(look_closer(self._look, [image], least)[0]) for image in images]

    @torch.no_grad()
    def _look(self, images: Sequence[Image], boxes: Array) -> list[Keypoints]:
        """Find the joints in boxes, one after the other: who else is looked at changes nothing."""
        return [self._see(image, box) for image, box in zip(images, boxes, strict=True)]

    def _see(self, image: Image, box: Array) -> Seen:
        window = square_around(box)
        seen = torch.from_numpy(view(image, window, self._side)).to(self._device)
        found = self._network(as_input(seen[None]))
        points = from_window(found["places"][0].double().cpu().numpy(), window)
        joints_mm = found["joints_mm"][0].cpu().numpy()
        scores = self._network.scores(found)[0].cpu().numpy()
        return Seen(points.astype(np.float32), scores, joints_mm=joints_mm)

    def _pose(self, found: Keypoints) -> Pose:
        assert isinstance(found, Seen)
        if not found.trunk_score >= self.settings.detection_score:  # NaN is no person, either
            return Pose.missing()
        z_px = found.joints_mm[:, 2] * px_per_mm(found.points, found.joints_mm)
        joints_px = np.column_stack([found.points, z_px]).astype(np.float32)
        return Pose(joints_px, found.joints_mm, found.scores, detected=True)


def as_input(pictures: torch.Tensor) -> torch.Tensor:
    """Turn (B, S, S, 3) uint8 pictures into what the network sees: (B, 3, S, S) in [-1, 1]."""
    return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1


def build(settings: Settings) -> MetroEstimator:
    """Read the network from the folder that `settings.weights` names.

    Raises:
        ReposeError: missing-weights or wrong-weights; or no-manifest or bad-manifest, when the
            folder is not as the stage left it.
    """
    folder = Path(settings.weights)
    if not settings.weights or not folder.is_dir():
        raise ReposeError(
            "missing-weights",
            "metro needs the folder of a trained network",
            path=settings.weights or None,
            mend=_MEND,
        )
    check_manifest(folder)
    sha256 = prove(str(folder / WEIGHTS), settings.weights_sha256, "metro")
    try:
        sizes = Sizes.read(read_json(folder / FACTS)["network"])
        network = PoseNetwork(sizes)
        network.load_state_dict(load((folder / WEIGHTS).read_bytes()))
    except (SafetensorError, RuntimeError, LookupError, TypeError, ValueError) as error:
        said = f"not a network of the stage metro ({str(error)[:120]})"
        raise ReposeError("wrong-weights", said, path=folder, mend=_MEND) from error
    return MetroEstimator(network, sizes.side, sha256[:12], settings)


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)
