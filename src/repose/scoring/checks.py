"""All that is looked at in somebody's folder before anything of it is scored."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from repose.progress import track
from repose.report.compare import PEOPLE
from repose.scoring import contents, reading
from repose.scoring.faults import Fault
from repose.scoring.folder import Files
from repose.scoring.looks import Look, look
from repose.scoring.names import Kind, Reader

Image = NDArray[np.uint8]
Given = Callable[[int, tuple[int, ...]], tuple[Image, Image]]  # of a pair: source and target

RARE = 0.01  # share of a folder below which a picture stored again is taken for an accident
STRANGE = 0.1  # share of names that fit, below which a folder is of another benchmark


@dataclass
class Found:
    """What the names of a folder say, and what is wrong.

    Attributes:
        files: The file of each pair that has one.
        hashes: sha256 of each of these files, as they were checked.
        faults: All of them.
    """

    files: dict[int, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def check(
    files: Files,
    pairs: pd.DataFrame,
    others: Mapping[str, Reader],
    sizes: Collection[reading.Size],
    given: Given,
    pool: ThreadPoolExecutor,
) -> Found:
    """Look at everything.

    Args:
        files: The folder.
        pairs: The "pairs" table.
        others: Readers of other benchmarks, by name.
        sizes: Widths and heights that can be scored.
        given: Source and target of a pair, cut to the shape of an image.
        pool: Threads that read.
    """
    found = Found()
    found.faults += [Fault("link", name) for name in files.links]
    _read_names(found, files, Reader(pairs), others)
    _count(found, pairs)
    first: dict[str, int] = {}  # a file may stand for several pairs that are alike
    for pair, name in sorted(found.files.items()):
        first.setdefault(name, pair)
    see = partial(_see, files, sizes, given)
    tasks = [(pair, name) for name, pair in first.items()]
    seen = list(track(pool.map(see, tasks), "reading images", len(tasks)))
    for read, _ in seen:
        found.faults += read.faults
    found.hashes = {name: read.sha256 for (_, name), (read, _) in zip(tasks, seen, strict=True)}
    looks = {task: shown for task, (_, shown) in zip(tasks, seen, strict=True) if shown}
    _same_images(found, looks)
    _look_at(found, looks)
    return found


def _see(
    files: Files, sizes: Collection[reading.Size], given: Given, task: tuple[int, str]
) -> tuple[reading.Read, Look | None]:
    pair, name = task
    read = reading.read(files.root, name, sizes)
    if read.image is None:
        return read, None
    shown = look(read.image, *given(pair, read.image.shape))
    return reading.Read(None, read.sha256, read.faults), shown  # the image is not kept


def _read_names(found: Found, files: Files, reader: Reader, others: Mapping[str, Reader]) -> None:
    readings = {name: reader.read(name) for name in files.images}
    unread = [name for name, r in readings.items() if r.kind in (Kind.UNREADABLE, Kind.UNLISTED)]
    if len(unread) > (1 - STRANGE) * len(readings):
        for other, theirs in others.items():
            fit = [name for name in unread if theirs.read(name).kind is Kind.PAIR]
            if len(fit) > len(unread) / 2:
                found.faults += [Fault("benchmark", name, f"of {other}") for name in fit]
                readings = {name: r for name, r in readings.items() if name not in set(fit)}
                break
    kinds = {Kind.UNREADABLE: "name", Kind.AMBIGUOUS: "ambiguous", Kind.UNLISTED: "extra",
             Kind.SWAPPED: "swapped"}  # fmt: skip
    for name, said in readings.items():
        if said.kind in kinds:
            found.faults.append(Fault(kinds[said.kind], name, said.said))
        for pair in said.pairs:  # of names the wrong way round, too: they are not missing
            if pair in found.files:
                found.faults.append(Fault("twice", name, f"as {found.files[pair]}"))
                break
            found.files[pair] = name


def _count(found: Found, pairs: pd.DataFrame) -> None:
    """Find the pairs that have no image: of the people that count, and of a split begun."""
    splits = [split for split in PEOPLE if (pairs["split"] == split).any()]
    for split in splits:
        own = pairs[pairs["split"] == split]
        if split != splits[0] and not set(own["pair"]) & set(found.files):
            continue  # images of seen people need not be there
        lacking = own[~own["pair"].isin(list(found.files))]
        found.faults += [
            Fault("missing", f"pair {row.pair}", f"{_end(row, 'source')} to {_end(row, 'target')}")
            for row in lacking.itertuples()
        ]


def _end(row: object, end: str) -> str:
    name = getattr(row, f"{end}_name")
    return name or f"{getattr(row, f'{end}_clip')}_{getattr(row, f'{end}_frame'):05d}"


def _same_images(found: Found, looks: Mapping[tuple[int, str], Look]) -> None:
    """Find one image under several names, but where source and target are alike, too."""
    first: dict[bytes, tuple[str, Look]] = {}
    for (_, name), one in looks.items():
        other, before = first.setdefault(one.pixels, (name, one))
        if other != name and not np.array_equal(one.small, before.small):
            found.faults.append(Fault("same", name, f"as {other}"))


def _look_at(found: Found, looks: Mapping[tuple[int, str], Look]) -> None:
    for (_, name), one in looks.items():
        for kind in ("blank", "binary", "grey"):
            if getattr(one, kind):
                said = "all channels equal" if kind == "grey" else ""
                found.faults.append(Fault(kind, name, said))
    for kind in ("source", "truth"):
        how = {name: str(getattr(one, kind)) for (_, name), one in looks.items()}
        own = {name: said for name, said in how.items() if said}
        if len(own) <= RARE * len(looks):
            own = {name: said for name, said in own.items() if said != "stored again"}
        found.faults += [Fault(kind, name, said) for name, said in own.items()]
    copies = {fault.name for fault in found.faults if fault.kind in ("source", "truth", "blank")}
    shown = [(task, one) for task, one in looks.items() if task[1] not in copies]
    found.faults += contents.find(*_columns(shown))


def _columns(
    shown: Sequence[tuple[tuple[int, str], Look]],
) -> tuple[list[Image], list[int], list[str], list[float]]:
    tasks, looks = [task for task, _ in shown], [one for _, one in shown]
    smalls, darks = [one.small for one in looks], [one.dark for one in looks]
    return smalls, [pair for pair, _ in tasks], [name for _, name in tasks], darks
