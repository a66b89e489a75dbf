"""What programs do to images by mistake: small true images, changed alike, to compare with."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

NARROW = 176 / 256  # width of DeepFashion's people in their padded images

ORDERS = {
    "red and blue exchanged": [2, 1, 0],
    "red and green exchanged": [1, 0, 2],
    "green and blue exchanged": [0, 2, 1],
    "red, green, blue moved on": [1, 2, 0],
    "red, green, blue moved back": [2, 0, 1],
}
TURNS: dict[str, Callable[[Array], Array]] = {
    "mirrored": lambda x: x[:, :, ::-1],
    "upside down": lambda x: x[:, ::-1],
    "turned by half": lambda x: x[:, ::-1, ::-1],
    "rows and columns exchanged": lambda x: x.transpose(0, 2, 1, 3),
    "turned to the left": lambda x: x.transpose(0, 2, 1, 3)[:, ::-1],
    "turned to the right": lambda x: x.transpose(0, 2, 1, 3)[:, :, ::-1],
}


def scale(images: Array, high: float, wide: float) -> Array:
    """Show a part in the middle at the size of the whole, or more than the whole.

    Args:
        images: (n, S, S, C) true ones.
        high: Height of what is shown, 1 for all; beyond the edge its last row goes on.
        wide: Width of it, likewise.
    """
    rows, columns = (_weights(images.shape[1], share) for share in (high, wide))
    return np.einsum("ih,jw,nhwc->nijc", rows, columns, images, optimize=True)


CUTS: dict[str, Callable[[Array], Array]] = {
    "sides cut off and stretched": partial(scale, high=1, wide=NARROW),
    "squeezed to the middle": partial(scale, high=1, wide=1 / NARROW),
    "edges cut off and enlarged": partial(scale, high=NARROW, wide=NARROW),
    "reduced, with a border": partial(scale, high=1 / NARROW, wide=1 / NARROW),
    "the middle half enlarged": partial(scale, high=0.5, wide=0.5),
}


def _weights(side: int, share: float) -> Array:
    """Return the weights that make new means of the nearest two old ones, along a line."""
    places = (np.arange(side) + 0.5 - side / 2) * share + side / 2 - 0.5
    places = places.clip(0, side - 1)
    below = np.floor(places).astype(int).clip(0, side - 2)
    weights = np.zeros((side, side), np.float32)
    lines = np.arange(side)
    weights[lines, below] = 1 - (places - below)
    weights[lines, below + 1] = places - below
    return weights
