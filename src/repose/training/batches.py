"""The batches that generators learn from: pairs of crops.

Threads read uint8 images and joints and fit the transforms; these few bytes travel to the device;
there everything is augmented.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from repose.data import augmentation
from repose.data.augmentation import Draws, Ranges
from repose.data.samples import Crops
from repose.training.supply import Sampler, Supply

Fit = Callable[[Tensor, Tensor], Tensor | None]


class Raw(NamedTuple):
    """A batch as it travels to the device.

    Attributes:
        rows: (B, 2) rows of source and target among the crops; stays on the CPU.
        images: (2B, S, S, 3) uint8, all sources before all targets.
        joints: (2B, 19, 3) px.
        transforms: (B, P, k, k) `source_from_target` px before augmentation, or None.
        draws: The augmentation.
    """

    rows: np.ndarray
    images: Tensor
    joints: Tensor
    transforms: Tensor | None
    draws: Draws


class Batch(NamedTuple):
    """A batch on the device, augmented.

    Attributes:
        rows: (B, 2) rows of source and target among the crops.
        source: (B, 3, S, S) in [-1, 1].
        target: (B, 3, S, S) in [-1, 1].
        source_joints: (B, 19, 3) px.
        target_joints: (B, 19, 3) px.
        transforms: (B, P, k, k) `source_from_target` px, or None.
    """

    rows: np.ndarray
    source: Tensor
    target: Tensor
    source_joints: Tensor
    target_joints: Tensor
    transforms: Tensor | None

    @property
    def given(self) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """What a generator is given."""
        return self.source, self.source_joints, self.target_joints, self.transforms

    def checksum(self) -> Tensor:
        """Add all inputs up: a scalar that is finite only if they are; NaN joints are missing."""
        joints = [torch.where(j.isnan(), 0, j) for j in (self.source_joints, self.target_joints)]
        inputs = [self.source, self.target, *joints, self.transforms]
        return torch.stack([value.sum() for value in inputs if value is not None]).sum()


class Batches(Supply[Raw, Batch]):
    """Make batches of augmented training pairs.

    Args:
        crops: What is sampled from.
        sample: Gives the (B, 2) rows of source and target of a batch, by its number.
        fit: Fits the transforms that the model's warp needs, from source and target joints.
        ranges: How far the augmentation may go.
        seed: The run's seed.
        device: Where batches go.
        workers: Threads that read.
        pieces: Micro-batches that a batch is cut into.
    """

    crops: Crops

    def __init__(
        self,
        crops: Crops,
        sample: Sampler,
        fit: Fit,
        ranges: Ranges,
        seed: int,
        device: torch.device,
        workers: int,
        pieces: int = 1,
    ) -> None:
        super().__init__(crops, sample, seed, device, workers, pieces)
        self.fit = fit
        self.ranges = ranges

    def read(self, number: int, piece: int = 0) -> Raw:
        """Read a micro-batch on the CPU."""
        batch = self.sample(number)
        share = len(batch) // self.pieces
        mine = slice(piece * share, (piece + 1) * share)
        rows = batch[mine]
        order = rows.T.ravel()
        joints = torch.from_numpy(self.crops.joints[order])
        source, target = joints.chunk(2)
        with torch.no_grad():
            transforms = self.fit(source, target)
        draws = augmentation.draw(self.ranges, len(batch), self.crops.size, self.seed, number)
        draws = Draws(*(value[mine] for value in draws))
        return Raw(rows, torch.from_numpy(self.crops.images(order)), joints, transforms, draws)

    @torch.no_grad()
    def finish(self, raw: Raw) -> Batch:
        """Carry a batch to the device and augment it there."""
        draws = raw.draws.to(self.device)
        moves = torch.cat([draws.source_moves, draws.target_moves])
        images = self._carry(raw.images).permute(0, 3, 1, 2).float() / 255
        images = augmentation.move_images(images, moves)
        images = augmentation.colour_images(images, draws.colours.repeat(2, 1, 1)) * 2 - 1
        flipped = draws.flipped.repeat(2)
        joints = augmentation.move_joints(self._carry(raw.joints), moves, flipped)
        transforms = raw.transforms
        if transforms is not None:
            transforms = augmentation.move_transforms(self._carry(transforms), draws)
        source, target = images.chunk(2)
        source_joints, target_joints = joints.chunk(2)
        return Batch(raw.rows, source, target, source_joints, target_joints, transforms)
