"""What the pose network learns: windows around people, moved and coloured, and its losses.

A move turns the picture about the person and mirrors it, so joints in space turn about the optical
axis and change sides with it; where in the picture a person stands, and how large, is drawn with
the window. Every draw is a pure function of (seed, number of the batch).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from repose.data import augmentation
from repose.data.augmentation import Draws, Ranges
from repose.poses.metro import as_input
from repose.poses.metro_network import BOX_MM
from repose.poses.metro_windows import into_window, view
from repose.training.objective import Objective
from repose.training.pose_windows import Windows, blurred, draw_look
from repose.training.posed_frames import PosedFrames
from repose.training.supply import Supply

# Keep the draws of frames and those of windows apart from others of the same (seed, number).
FRAME_STREAM, WINDOW_STREAM = 0x3E7, 0x3E8
SIGMA_CELLS = 0.7  # deviation of the Gaussian that a joint is in a map


class PoseRaw(NamedTuple):
    """A batch as it travels to the device.

    Attributes:
        rows: (B, 1) rows of its frames; stays on the CPU.
        pictures: (B, S, S, 3) uint8.
        places: (B, 19, 3) px of these pictures, z = 0.
        joints_mm: (B, 19, 3).
        shown: (B,) whether the person is in the picture.
        draws: The augmentation.
    """

    rows: np.ndarray
    pictures: Tensor
    places: Tensor
    joints_mm: Tensor
    shown: Tensor
    draws: Draws


class PoseBatch(NamedTuple):
    """A batch on the device, augmented.

    Attributes:
        rows: (B, 1) rows of its frames.
        pictures: (B, 3, S, S) in [-1, 1].
        places: (B, 19, 2) (x, y) in shares of the side.
        joints_mm: (B, 19, 3) mm, camera axes, pelvis at 0.
        shown: (B,) whether there is somebody; where there is nobody, joints mean nothing.
    """

    rows: np.ndarray
    pictures: Tensor
    places: Tensor
    joints_mm: Tensor
    shown: Tensor

    @property
    def given(self) -> tuple[Tensor]:
        """What the network is given."""
        return (self.pictures,)

    def checksum(self) -> Tensor:
        """Add all inputs up: a scalar that is finite only if they are."""
        return torch.stack([self.pictures.sum(), self.places.sum(), self.joints_mm.sum()]).sum()


class PoseBatches(Supply[PoseRaw, PoseBatch]):
    """Make batches of augmented pictures of people.

    Args:
        frames: What is sampled from, each frame as often as any other.
        side: Of the pictures, px.
        batch: Pictures in a batch.
        windows: Which part of a frame is shown.
        ranges: Turns, mirrors and colours; shifts and scales come with the windows.
        seed: The run's seed.
        device: Where batches go.
        workers: Threads that read.
    """

    crops: PosedFrames

    def __init__(
        self,
        frames: PosedFrames,
        side: int,
        batch: int,
        windows: Windows,
        ranges: Ranges,
        seed: int,
        device: torch.device,
        workers: int,
    ) -> None:
        super().__init__(frames, self._rows, seed, device, workers)
        self.side, self.batch = side, batch
        self.windows, self.ranges = windows, ranges

    def _rows(self, number: int) -> np.ndarray:
        random = np.random.default_rng([FRAME_STREAM, self.seed, number])
        return random.integers(0, len(self.crops), (self.batch, 1))

    def read(self, number: int, piece: int = 0) -> PoseRaw:
        """Read a batch on the CPU; it is never cut up."""
        rows = self._rows(number)
        random = np.random.default_rng([WINDOW_STREAM, self.seed, number])
        pictures, shown = [], np.ones(self.batch, bool)
        places = np.zeros((self.batch, self.crops.joints_px.shape[1], 3), np.float32)
        for i, row in enumerate(rows[:, 0]):
            image, joints = self.crops.images(rows[i])[0], self.crops.joints_px[row].astype(float)
            look = draw_look(joints, image.shape, self.windows, self.side, random)
            pictures.append(blurred(view(image, look.window, self.side), look.px))
            places[i, :, :2] = into_window(joints, look.window) * self.side
            shown[i] = look.shown
        draws = augmentation.draw(self.ranges, self.batch, self.side, self.seed, number)
        return PoseRaw(
            rows,
            torch.from_numpy(np.stack(pictures)),
            torch.from_numpy(places),
            torch.from_numpy(self.crops.joints_mm[rows[:, 0]]),
            torch.from_numpy(shown),
            draws,
        )

    @torch.no_grad()
    def finish(self, raw: PoseRaw) -> PoseBatch:
        """Carry a batch to the device and augment it there."""
        draws = raw.draws.to(self.device)
        pictures = (as_input(self._carry(raw.pictures)) + 1) / 2
        pictures = augmentation.move_images(pictures, draws.target_moves)
        pictures = augmentation.colour_images(pictures, draws.colours) * 2 - 1
        places, joints_mm = move_pose(self._carry(raw.places), self._carry(raw.joints_mm), draws)
        layout = torch.channels_last  # the fastest one for these networks, on a CPU too
        pictures = pictures.contiguous(memory_format=layout)
        places = places[..., :2] / self.side
        return PoseBatch(raw.rows, pictures, places, joints_mm, self._carry(raw.shown))


def move_pose(places: Tensor, joints_mm: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
    """Carry joints, px (B, 19, 3) and mm (B, 19, 3), by the moves of their pictures."""
    turns = draws.target_moves.clone()
    turns[:, :3, 3] = 0  # in space a picture turns and is mirrored about the pelvis
    moved = augmentation.move_joints(places, draws.target_moves, draws.flipped)
    return moved, augmentation.move_joints(joints_mm, turns, draws.flipped)


@dataclass(frozen=True)
class PoseObjective(Objective):
    """The losses of the pose network, by name.

    `places` and `joints`: mean distance along an axis, in sides of the picture and of the volume
    (Sarandi et al. 2020). `maps`: cross entropy of the marginals of maps and volumes to Gaussians
    about the true places, and where there is nobody, to nothing in particular: by it the mass near
    a joint says how sure it is. It is not in the paper.
    """

    def terms(
        self, made: Mapping[str, Tensor], batch: Any, logits: Tensor | None
    ) -> dict[str, Tensor]:
        """Return the losses of what the network found in a `PoseBatch`; there are no logits."""
        box = batch.joints_mm / BOX_MM + 0.5
        volumes = made["volumes"].flatten(2).softmax(dim=-1).view_as(made["volumes"])
        marginals = [volumes.sum(dim=dims) for dims in ((2, 3), (2, 4), (3, 4))]
        flat = made["maps"].flatten(2).softmax(dim=-1).view_as(made["maps"])
        marginals += [flat.sum(dim=dim) for dim in (2, 3)]
        true = [*box.unbind(dim=-1), *batch.places.unbind(dim=-1)]
        shown = batch.shown
        crossed = [
            cross_entropy(m, place, shown) for m, place in zip(marginals, true, strict=True)
        ]
        terms = {
            "places": _distance(made["places"], batch.places, shown),
            "joints": _distance(made["joints_mm"], batch.joints_mm, shown) / BOX_MM,
            "maps": torch.stack(crossed).mean(),
        }
        return {name: term for name, term in terms.items() if self.weights.get(name)}


def cross_entropy(mass: Tensor, places: Tensor, shown: Tensor) -> Tensor:
    """Compare marginals with Gaussians of `SIGMA_CELLS` about the true places.

    Args:
        mass: (B, J, N) sums to 1 over N cells.
        places: (B, J) in shares of the side.
        shown: (B,) whether there is somebody; else all cells should have the same mass.

    Returns:
        The mean cross entropy, nats.
    """
    cells = mass.shape[-1]
    middles = torch.arange(cells, device=mass.device) + 0.5
    away = (middles - places[..., None] * cells) / SIGMA_CELLS
    wanted = torch.softmax(-0.5 * away.square() * shown[:, None, None], dim=-1)
    return -(wanted * mass.clamp_min(1e-9).log()).sum(dim=-1).mean()


def _distance(found: Tensor, true: Tensor, shown: Tensor) -> Tensor:
    """Return the mean distance along an axis, over those who are shown; 0 without any."""
    apart = (found - true).abs().mean(dim=(1, 2)) * shown
    return apart.sum() / shown.sum().clamp_min(1)
