"""What can be wrong with a folder of somebody's images, and the mend, in the order told."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

SHOWN = 10  # of each kind; the others are counted


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes:
        what: In general.
        mend: What to do about it.
        acceptable: Whether a user may say that it is meant so.
    """

    what: str
    mend: str
    acceptable: bool = False


KINDS: dict[str, Kind] = {
    "link": Kind(
        "links that lead out of the folder, or nowhere",
        "put the files themselves there",
    ),
    "benchmark": Kind(
        "names of another benchmark",
        "name the benchmark that the images were made for",
    ),
    "name": Kind(
        "names that say no pair of this benchmark",
        "name each file <source>_to_<target>.png by the names in its pairs table, or by the pair's"
        " number",
    ),
    "ambiguous": Kind(
        "names that may be read as more than one pair",
        "name both source and target in full, with _to_ between them",
    ),
    "extra": Kind(
        "images of pairs that are not listed",
        "remove them; the benchmark lists its pairs in pairs/pairs.parquet",
    ),
    "swapped": Kind(
        "names with source and target in the wrong order",
        "name the source first, then the target",
    ),
    "twice": Kind(
        "several files for one pair",
        "keep one of them; of the results of several epochs name one folder",
    ),
    "missing": Kind(
        "pairs without an image",
        "generate them: a method is scored on all pairs, or not at all",
    ),
    "damaged": Kind("files that are no whole image", "write or copy them again"),
    "format": Kind(
        "images that are neither PNG nor JPEG",
        "save the images as PNG, from the generator",
    ),
    "jpeg": Kind(
        "JPEG instead of PNG: its losses count as the method's",
        "save PNG from the generator; where only these are published, say --accept jpeg",
        acceptable=True,
    ),
    "depth": Kind("more or fewer than 8 bits per channel", "save 8 bits per channel"),
    "alpha": Kind("a channel of opacity", "save three channels, over the method's background"),
    "palette": Kind(
        "a palette: colours were reduced",
        "save three channels from the generator",
    ),
    "grey": Kind("grey images where the true ones have colours", "save three channels, RGB"),
    "transposed": Kind("width and height exchanged", "turn the images upright"),
    "strip": Kind(
        "several pictures side by side",
        "cut the generated one out; or, where it is the last, let the names end in _vis as PATN's",
    ),
    "size": Kind(
        "another size than the benchmark's",
        "generate images of its size; do not resize them, which changes every score",
    ),
    "blank": Kind("images of one colour", "look at the generator: it drew nothing"),
    "binary": Kind(
        "values of 0 and 1 only",
        "multiply by 255 before images in [0, 1] are saved as bytes",
    ),
    "clipped": Kind(
        "dark halves cut off: many values are 0 that should not be",
        "map [-1, 1] to 0..255 before images are saved",
        acceptable=True,
    ),
    "range": Kind(
        "brightness or contrast of another scale",
        "map the generator's range to 0..255; undo the normalisation",
        acceptable=True,
    ),
    "channels": Kind(
        "red, green and blue in another order",
        "save RGB: cv2.imwrite wants BGR",
        acceptable=True,
    ),
    "mirrored": Kind(
        "mirrored, turned or upside down",
        "undo the flip of the test, or the order of the axes",
        acceptable=True,
    ),
    "stretched": Kind(
        "cut, stretched or reduced: not the part of the image that is asked for",
        "save what the generator drew; a narrow image is padded at its sides, not stretched",
        acceptable=True,
    ),
    "same": Kind(
        "the very same image for different pairs",
        "generate each pair's own image",
        acceptable=True,
    ),
    "source": Kind(
        "copies of the source image",
        "the wrong picture was saved: take the generated one",
        acceptable=True,
    ),
    "truth": Kind(
        "the true target itself: it must not be known",
        "the wrong picture was saved, or the target leaked into the generator",
    ),
    "order": Kind(
        "images under names of other pairs",
        "save each image under the name that its batch came with, not by counting",
        acceptable=True,
    ),
    "reversed": Kind(
        "images in the pose of the source: source and target were exchanged",
        "generate the target's pose; of a method that moves nobody, say --accept reversed",
        acceptable=True,
    ),
}

ACCEPTABLE = tuple(name for name, kind in KINDS.items() if kind.acceptable)


@dataclass(frozen=True)
class Fault:
    """One offender.

    Attributes:
        kind: A key of `KINDS`.
        name: The file below the folder, or the pair.
        said: What is wrong with it in particular.
    """

    kind: str
    name: str
    said: str = ""


def refused(faults: Iterable[Fault], accepted: Collection[str]) -> list[Fault]:
    """Leave out what the user says is meant so."""
    return [fault for fault in faults if fault.kind not in accepted]


def count(faults: Sequence[Fault]) -> dict[str, int]:
    """Count the faults of each kind, in the order in which they are told."""
    found = {kind: sum(fault.kind == kind for fault in faults) for kind in KINDS}
    return {kind: number for kind, number in found.items() if number}


def spell(faults: Sequence[Fault]) -> Iterator[str]:
    """Give lines: per kind what it is, the first ten offenders, how many more, and the mend."""
    for kind, number in count(faults).items():
        yield f"{kind}: {KINDS[kind].what} ({number:,})"
        own = [fault for fault in faults if fault.kind == kind]
        for fault in own[:SHOWN]:
            yield f"    {fault.name}" + (f": {fault.said}" if fault.said else "")
        if number > SHOWN:
            yield f"    and {number - SHOWN:,} more"
        yield f"  mend: {KINDS[kind].mend}"
