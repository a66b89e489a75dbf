"""Generating images with a trained generator, batch by batch."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from repose.data.samples import Crops, as_tensor


def generate(
    generator: nn.Module,
    crops: Crops,
    rows: np.ndarray,
    transforms: Tensor | None,
    batch: int,
    device: torch.device,
) -> Iterator[dict[str, Tensor]]:
    """Generate the target of each pair, a batch at a time.

    Args:
        generator: On `device`.
        crops: Where images and joints are found.
        rows: (N, 2) rows of source and target.
        transforms: (N, P, k, k) `source_from_target` px, or None where the generator needs none
            or shall fit them.
        batch: Pairs per batch.
        device: Where to compute.

    Yields:
        The generator's views of up to `batch` pairs, such as `image` (B, 3, S, S) in [-1, 1].
    """
    was_training = generator.training
    generator.eval()
    try:
        for first in range(0, len(rows), batch):
            some = rows[first : first + batch]
            joints = [torch.from_numpy(crops.joints[some[:, end]]).to(device) for end in (0, 1)]
            moves = None if transforms is None else transforms[first : first + batch].to(device)
            # Networks that draw noise draw the same each time that the same pairs are generated
            # in batches of the same size: the noise goes by a pair's place in its batch.
            torch.manual_seed(first)
            with torch.no_grad():
                source = as_tensor(crops.images(some[:, 0])).to(device)
                yield generator(source, *joints, moves)
    finally:
        generator.train(was_training)
