"""What a data set says of itself, whatever its layout on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from repose.datasets.listing import Clip

Key = tuple[str, int]  # clip and number of its frame, from 0


@dataclass(frozen=True)
class Card:
    """What a user must know before the data are there.

    Args:
        title: Its name in the papers.
        paper: Where it was published.
        licence: What may be done with it, in a few words.
        size: How much there is, as published.
        obtain: How to come by it.
        layouts: Its variants on disk or its pair lists, the default first; () if there is one.
        needs: Per layout ("" where there is one), the files and folders below the data set's
            folder without which it cannot be read; a glob pattern stands for at least one file.
        folders: What its folder may be called, where the layouts hold different images; () for
            the data set's name.
    """

    title: str
    paper: str
    licence: str
    size: str
    obtain: str
    layouts: tuple[str, ...]
    needs: dict[str, tuple[str, ...]]
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Still:
    """One image of a clip that comes as images.

    Args:
        clip: The clip's safe name.
        frame: Its place in the clip, from 0; frames that are missing leave a gap.
        name: As the data set's own lists call it.
        path: The image.
    """

    clip: str
    frame: int
    name: str
    path: Path


@dataclass(frozen=True)
class GivenPose:
    """A pose that came with the data set.

    Args:
        clip: The clip's safe name.
        frame: The frame of the clip (of the video, where it is one).
        joints_px: (19, 3) px of that image, pixel centres at integer + 0.5; z at the same scale,
            away from the camera, 0 at the pelvis. NaN where a joint, or its depth, is not given.
        joints_mm: (19, 3) mm, camera axes, pelvis at 0; NaN where not given.
        score: (19,) in [0, 1], 0 for a missing joint.
    """

    clip: str
    frame: int
    joints_px: NDArray[np.float32]
    joints_mm: NDArray[np.float32]
    score: NDArray[np.float32]


@dataclass(frozen=True)
class OfficialPair:
    """A pair of the data set's own lists: in which split, from which frame to which."""

    split: str
    source: Key
    target: Key


@dataclass(frozen=True)
class Layout:
    """All that a data set's folders hold.

    Args:
        clips: Its clips; those that come as images have their folder as path.
        stills: The images of these clips, in order.
        poses: Poses that came with it.
        pairs: Pairs that came with it.
        notes: What a reader should know: images without a pose, names that were mended, ...
    """

    clips: Sequence[Clip]
    stills: Sequence[Still] = ()
    poses: Sequence[GivenPose] = ()
    pairs: Sequence[OfficialPair] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Offence:
    """Something in a user's copy that is not as it should be.

    Args:
        path: The file or folder.
        what: What is wrong with it.
        mend: What to do.
    """

    path: Path
    what: str
    mend: str
