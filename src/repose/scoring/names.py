"""Which pair a file of somebody's results belongs to, by its name.

Programs of this field join the names of source and target:

    <source>.jpg___<target>.jpg_vis.jpg      PATN; a strip of several pictures
    <source>_2_<target>_vis.png              GFLA, DPTN, NTED
    <source>_to_<target>.png, ...            PIDM, CFLD, PCDMs
    000123.png                               the number of the pair, as `repose generate` has it

Names are the data set's own, with or without endings, `_` or `-` in place of `/`; those of
DeepFashion in any of its spellings. The ends of a name are looked up, never guessed: what may be
read as two pairs is ambiguous.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

import pandas as pd

from repose.datasets.fashion_names import FashionName, parse, parse_all
from repose.scoring.folder import IMAGES

_ENDING = re.compile(rf"(?:{'|'.join(map(re.escape, IMAGES))})$", re.IGNORECASE)
_SUFFIX = re.compile(
    r"[_. -]+(?:vis|gen|generated|fake(?:_?[bp]2?)?|out|output|pred|predicted|result|res|recon"
    r"|synthesi[sz]ed(?:_image)?|warped|sample)$",
    re.IGNORECASE,
)
STRIP = re.compile(r"_vis$", re.IGNORECASE)  # of names whose images may be strips
_BETWEEN = re.compile(
    r"_{2,}|_2_|_to_|-to-|-2-|-{2,}|_and_|_vs_|_from_|=>|->|[ _,+&@-]", re.IGNORECASE
)
_NUMBER = re.compile(
    r"(?:(?:pair|image|img|sample|result|gen|generated|fake|output|test)[_-]?)?([0-9]{1,9})",
    re.IGNORECASE,
)

Key = FashionName | str
Ends = tuple[str, str]  # clip and frame of an image as one text, source and target


class Kind(Enum):
    """What a name was found to be."""

    PAIR = "pair"
    SWAPPED = "swapped"
    UNLISTED = "unlisted"
    AMBIGUOUS = "ambiguous"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Reading:
    """What a name says.

    Attributes:
        kind: Whether a pair was found.
        pairs: Its numbers: several where a list names one pair of images more than once.
        said: For `AMBIGUOUS` what it may be, for `UNLISTED` what it names.
    """

    kind: Kind
    pairs: tuple[int, ...] = ()
    said: str = ""


class Reader:
    """Reads names of files against a table of pairs.

    Args:
        pairs: The "pairs" table.
    """

    def __init__(self, pairs: pd.DataFrame) -> None:
        self._pairs: dict[Ends, list[int]] = defaultdict(list)
        self._of_target: dict[str, set[Ends]] = defaultdict(set)
        self._images: dict[Key, set[str]] = defaultdict(set)
        self._ends: dict[int, Ends] = {}
        for row in pairs.itertuples():
            ends = tuple(
                self._add(getattr(row, f"{end}_clip"), getattr(row, f"{end}_frame"), name)
                for end, name in (("source", row.source_name), ("target", row.target_name))
            )
            self._ends[int(row.pair)] = (ends[0], ends[1])
            self._pairs[ends[0], ends[1]].append(int(row.pair))
            self._of_target[ends[1]].add((ends[0], ends[1]))

    def _add(self, clip: str, frame: int, name: str) -> str:
        image = f"{clip}_{frame:05d}"
        for text in {name, image} - {""}:
            if fashion := parse(text):
                self._images[fashion].add(image)
            for form in _forms(text):
                self._images[form].add(image)
        return image

    def read(self, name: str) -> Reading:
        """Read the name of a file, with the folders in which it lies below the results'.

        Names with folders are tried first: the last part of such a name may look like a number.
        """
        found = self._read(name)
        if found.kind is Kind.UNREADABLE and "/" in name:
            found = self._read(PurePosixPath(name).name)
        return found

    def _read(self, name: str) -> Reading:
        text = bare(name)
        candidates = self._by_number(text)
        both = list(self._both(text))
        candidates |= {ends for ends in both if ends in self._pairs}
        if not both:
            candidates |= self._by_target(text)
        if len(candidates) == 1:
            return Reading(Kind.PAIR, tuple(self._pairs[next(iter(candidates))]))
        if candidates:
            numbers = sorted(self._pairs[ends][0] for ends in candidates)
            said = ", ".join(f"pair {number}" for number in numbers[:3])
            return Reading(Kind.AMBIGUOUS, said=f"{said}{', ...' if len(numbers) > 3 else ''}")
        if swapped := [(b, a) for a, b in both if (b, a) in self._pairs]:
            return Reading(Kind.SWAPPED, tuple(self._pairs[swapped[0]]))
        if both:
            return Reading(Kind.UNLISTED, said="no pair of the list has this source and target")
        if _NUMBER.fullmatch(text):
            first, last = min(self._ends), max(self._ends)
            return Reading(Kind.UNLISTED, said=f"pairs are numbered from {first} to {last}")
        return Reading(Kind.UNREADABLE)

    def _by_number(self, text: str) -> set[Ends]:
        found = _NUMBER.fullmatch(text)
        number = int(found[1]) if found else -1
        return {self._ends[number]} if number in self._ends else set()

    def _both(self, text: str) -> Iterator[Ends]:
        """Give all sources and targets that a text may join."""
        fashion = parse_all(text)
        if len(fashion) == 2 and all(name in self._images for name in fashion):
            for source in self._images[fashion[0]]:
                yield from ((source, target) for target in self._images[fashion[1]])
            return
        for cut in _cuts(text):
            left, right = (self._images.get(bare(part), ()) for part in cut)
            yield from ((source, target) for source in left for target in right)

    def _by_target(self, text: str) -> set[Ends]:
        """Take one name alone for the target, if all that it may be is one pair's."""
        keys = [key for key in (text, parse(text)) if key is not None]
        images = {image for key in keys for image in self._images.get(key, ())}
        return {ends for image in images for ends in self._of_target.get(image, ())}


def bare(text: str) -> str:
    """Take endings and what programs put behind a name off it, as often as there is something."""
    before = None
    while text != before:
        before = text
        text = _SUFFIX.sub("", _ENDING.sub("", text))
    return text


def is_strip(name: str) -> bool:
    """Tell whether a file is named as those that show several pictures side by side."""
    return bool(STRIP.search(_ENDING.sub("", name)))


def _forms(name: str) -> Iterable[str]:
    text = bare(name.replace("\\", "/"))
    yield text
    for between in ("_", "-", "+", "") if "/" in text else ():
        yield text.replace("/", between)


def _cuts(text: str) -> Iterator[tuple[str, str]]:
    """Cut a text in two at everything that may stand between two names, at its every length."""
    seen = set()
    for at in range(1, len(text) - 1):
        found = _BETWEEN.match(text, at)
        ends = {found.end(), at + 1} if found else ()
        for end in ends:
            cut = (text[:at], text[end:])
            if all(cut) and cut not in seen:
                seen.add(cut)
                yield cut
