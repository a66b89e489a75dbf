"""The same 2D pose with one limb put behind instead of in front, or the other way round.

The experiment of seed 004, chapter 3.5, with numbers: if a model has understood depth, its images
differ where that limb is, and hardly anywhere else.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from repose.data.images import write_images
from repose.data.samples import Crops, as_images, as_tensor
from repose.files import write_json
from repose.parts.layers import LIMBS

PAIRS = 64  # that are measured, at most; of people not trained on, where there are any
SHOWN = 8  # of which so many are kept as pictures
BATCH = 8
CHANGED = 8  # levels of 255 by which a colour differs in a pixel that counts as changed
LOUDER = 4  # times that the shown difference is louder than the real one


class Swap(NamedTuple):
    """What one swap did: the facts, and a strip of pictures (S, 5 S, 3) uint8."""

    facts: dict[str, Any]
    strip: np.ndarray


def swap_depths(
    folder: Path,
    generator: Any,
    crops: Crops,
    pairs: pd.DataFrame,
    rows: np.ndarray,
    device: torch.device,
    metadata: Mapping[str, Any],
) -> None:
    """Write swaps.json, swaps.pack and swaps.parquet.

    Args:
        folder: Where they go.
        generator: Has `swap_depth`.
        crops: Where images and joints are found.
        pairs: The pair table.
        rows: (N, 2) rows of source and target, in the order of the table.
        device: Where the generator is.
        metadata: Facts about the images.
    """
    generator.eval()
    swaps: list[Swap] = []
    order = _spread(pairs)
    for first in range(0, len(order), BATCH):
        some = order[first : first + BATCH]
        numbers = pairs["pair"].to_numpy()[some].tolist()
        swaps += _swap(generator, crops, rows[some], numbers, device)
        if len(swaps) >= PAIRS:
            break
    facts = [swap.facts for swap in swaps[:PAIRS]]
    write_json(folder / "swaps.json", {"threshold": CHANGED / 255, "pairs": facts})
    strips = [(swap.facts["pair"], swap.strip) for swap in swaps[:SHOWN]]
    write_images(folder, strips, metadata, name="swaps")


def _spread(pairs: pd.DataFrame) -> np.ndarray:
    """Return the unseen pairs, else all, in an order that begins all over the table."""
    unseen = np.flatnonzero(pairs["split"] != "train")
    listed = unseen if len(unseen) else np.arange(len(pairs))
    return listed[np.random.default_rng(0).permutation(len(listed))]


@torch.no_grad()
def _swap(
    generator: Any, crops: Crops, rows: np.ndarray, numbers: list[int], device: torch.device
) -> Iterator[Swap]:
    """Swap in some pairs; those in which no limb is in front or behind are left out."""
    source = as_tensor(crops.images(rows[:, 0])).to(device)
    joints = [torch.from_numpy(crops.joints[rows[:, end]]).to(device) for end in (0, 1)]
    made = generator.swap_depth(source, *joints)
    apart = (made["image"] - made["swapped_image"]).abs()
    changed = apart.amax(1, keepdim=True) > 2 * CHANGED / 255  # images lie in [-1, 1]
    views = [made[name] for name in ("pose_map", "image", "swapped_pose_map", "swapped_image")]
    strips = as_images(torch.cat([*views, (LOUDER * apart - 1).clamp(max=1)], dim=3))
    limbs = made["limb"].tolist()
    for index, (pair, limb) in enumerate(zip(numbers, limbs, strict=True)):
        label, swapped = (int(made[f"{w}labels"][index, limb]) for w in ("", "swapped_"))
        region = made["region"][index]
        if label and region.any():
            facts = {
                "pair": pair,
                "limb": LIMBS[limb],
                "from": label,
                "to": swapped,
                "inside_share": _share(changed[index], region),
                "outside_share": _share(changed[index], ~region),
            }
            yield Swap(facts, strips[index])


def _share(changed: Tensor, region: Tensor) -> float:
    return float((changed & region).sum() / region.sum().clamp(min=1))
