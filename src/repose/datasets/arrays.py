"""Arrays put together by hand from what a foreign file says about them."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

WORDS = frozenset(("f2", "f4", "f8", "i2", "i4", "i8"))


class Refused(Exception):  # noqa: N818
    """What a file holds that has no place in it."""


@dataclass
class Form:
    """The number format of an array, and its order of bytes once that is known."""

    word: str
    order: Literal["<", ">", "=", "|"] = "="


@dataclass
class Array:
    """An array, empty until its content is known."""

    values: NDArray[np.float32] | None = None


def kind(value: Any) -> str:
    """Name the kind of a value, never the value: it may be of any size."""
    return type(value).__name__.strip("_").lower()


def values(
    data: Any, form: Any, shape: Any, wanted: tuple[tuple[int, ...], ...], *, by_columns: bool
) -> NDArray[np.float32]:
    """Make float32 numbers of bytes.

    Args:
        data: The bytes.
        form: How they are to be read.
        shape: What the file says it is.
        wanted: One of these it must be.
        by_columns: The first axis runs fastest.

    Raises:
        Refused: when they are anything else than finite numbers of that shape.
    """
    if not isinstance(form, Form) or form.word not in WORDS:
        raise Refused(f"an array of {form.word[:20] if isinstance(form, Form) else kind(form)}")
    if type(shape) is not tuple or shape not in wanted:
        plain = type(shape) is tuple and all(type(n) is int for n in shape[:8])
        known = " or ".join(map(str, wanted))
        raise Refused(f"an array of shape {shape[:8] if plain else kind(shape)}, not {known}")
    shape = wanted[wanted.index(shape)]  # the file's own may hold 3.0 for 3
    if not isinstance(data, bytes | bytearray):
        raise Refused(f"an array made of {kind(data)}")
    numbers = np.frombuffer(data, np.dtype(form.word).newbyteorder(form.order))
    if numbers.size != np.prod(shape):
        raise Refused(f"an array of {numbers.size} numbers")
    result = numbers.reshape(shape, order="F" if by_columns else "C").astype(np.float32)
    if not np.isfinite(result).all():
        raise Refused("numbers that are not finite")
    return result
