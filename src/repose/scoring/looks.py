"""What is kept of each generated image beside its source and its target: enough to tell mix-ups.

Of an image 16 x 16 means of each colour are kept, and some counts, so ten thousand pairs take
20 MB.
"""

import hashlib
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

SIDE = 16  # means along each side
# Two files of one picture are told from two pictures by their blocks, as JPEG has them: it keeps
# the mean of each, whatever its quality. A good method on a plain ground has a high PSNR; but
# means of its person that are all so near, no method has.
BLOCK_PX = 8
BLOCKS = 8  # means of colours along each side
MOST_LEVELS = 3  # by which means of one picture differ
NEARLY_ALL = 0.98  # of the busy blocks: at sharp edges JPEG cuts off what is beyond white
LEAST_PSNR_DB = 28.0  # of the luma of busy blocks; blurred ones are below it
BUSY = 4.0  # levels, standard deviation of luma from which a block is no plain ground
SURE_PSNR_DB = 45.0  # from which a single image is known
FLAT = 1.0  # levels, standard deviation below which an image has one colour
COLOUR = 4.0  # levels between channels, below which an image may well be grey


@dataclass(frozen=True)
class Look:
    """One generated image, and how it stands to its pair.

    Attributes:
        small: (3, 16, 16, 3) uint8 means of the generated image, the source and the target.
        blank: Whether it has one colour.
        binary: Whether it holds the values 0 and 1 only.
        grey: Whether its channels are equal where those of the target are not.
        dark: Share of its values that are 0, less that of the target's.
        source: How it is the source: "" where it is not, else "exactly", "but for single levels"
            or "stored again".
        truth: How it is the target, likewise.
        pixels: Hash of the generated image.
    """

    small: Image
    blank: bool
    binary: bool
    grey: bool
    dark: float
    source: str
    truth: str
    pixels: bytes


def look(generated: Image, source: Image, true: Image) -> Look:
    """Look at an image beside the two of its pair, all (H, W, 3) of one size."""
    small = np.stack([_shrink(image, SIDE) for image in (generated, source, true)])
    most = int(generated.max())
    flat = float(cv2.meanStdDev(generated)[1].max()) < FLAT
    found = Look(
        small=small,
        blank=flat and most != 1,
        binary=most == 1,
        grey=not flat and _chroma(generated) <= 1 and _colour(true) > COLOUR,
        dark=float((generated == 0).mean() - (true == 0).mean()),
        source=_is_picture(generated, source),
        truth=_is_picture(generated, true),
        pixels=hashlib.sha256(generated.tobytes()).digest(),
    )
    if found.source and found.truth and _is_picture(source, true):
        return replace(found, source="", truth="")  # nobody moved: it cannot be told
    return found


def _shrink(image: Image, side: int) -> Image:
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _chroma(image: Image) -> int:
    red, green, blue = cv2.split(image)
    pairs = ((red, green), (green, blue), (red, blue))
    return max(int(cv2.absdiff(one, other).max()) for one, other in pairs)


def _colour(image: Image) -> float:
    return float(np.ptp(_shrink(image, SIDE).astype(np.int16), axis=2).mean())


def _is_picture(image: Image, other: Image) -> str:
    """Say whether an image is another one, and how; "" where it is not."""
    if np.array_equal(image, other):
        return "exactly"
    colours = (_shrink(i, BLOCKS).astype(np.int16) for i in (image, other))
    if int(np.abs(next(colours) - next(colours)).max()) > MOST_LEVELS:
        return ""
    # Of luma: that of colours is halved in size by JPEG.
    ours, theirs = (cv2.cvtColor(i, cv2.COLOR_RGB2GRAY).astype(np.float32) for i in (image, other))
    means = _blocks(theirs)
    apart, errors = np.abs(_blocks(ours) - means), _blocks((ours - theirs) ** 2)
    busy = _blocks(theirs**2) - means**2 > BUSY**2
    if not busy.any():
        busy[:] = True
    if float(np.quantile(apart[busy], NEARLY_ALL)) > MOST_LEVELS:
        return ""
    error = float(errors[busy].mean())
    psnr = 10 * np.log10(255**2 / max(error, 1e-9))
    if psnr >= SURE_PSNR_DB:
        return "but for single levels"
    return "stored again" if psnr >= LEAST_PSNR_DB else ""


def _blocks(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means of blocks; the last ones may be cut."""
    height, width = (max(1, side // BLOCK_PX) for side in values.shape[:2])
    found = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(found, np.float32)
