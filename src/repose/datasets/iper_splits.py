"""Which outfits of iPER are for training, validation and test: train.txt, valid.txt, val.txt."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from repose.errors import ReposeError
from repose.limits import MOST_TEXT_BYTES

# The release calls the test val.txt; Knoche et al. (2020) take outfits for validation out of
# the training, so their list goes before train.txt.
LISTS = {"train.txt": "train", "valid.txt": "valid", "val.txt": "test"}

Name = tuple[str, str, str]  # person, outfit, action
Outfit = tuple[int | str, int | str]  # person and outfit, as numbers where they are


@dataclass(frozen=True)
class Splits:
    """The split of each outfit, and what a reader should know."""

    given: dict[Name, str]
    notes: list[str]


def read_splits(places: Sequence[Path], names: Collection[Name]) -> Splits:
    """Read the lists that are there.

    A list names videos (`001/9/1`) or whole outfits (`001/9`); either way the outfit goes into
    one split, with all its videos.

    Args:
        places: Where the lists may lie, or a folder in it; the first counts.
        names: The videos that there are.

    Raises:
        ReposeError: bad-listing, of a line that is no name, or of an outfit in both val.txt and
            another list.
    """
    outfits: dict[Outfit, str] = {}
    notes = []
    there = {_outfit(name) for name in names}
    for file, split in LISTS.items():
        found = (p for at in places for p in (at / file, *sorted(at.glob(f"*/{file}"))))
        path = next((p for p in found if p.is_file()), None)
        lines = _read(path) if path else {}
        if path is None and file != "valid.txt":
            notes.append(f"no {file} in it")
        for outfit, line in lines.items():
            if split == "test" and outfit in outfits:
                said = f"line {line}: an outfit that also stands in another list"
                raise ReposeError("bad-listing", said, path=path, mend="take the official lists")
            outfits[outfit] = split
        missing = len(set(lines) - there)
        if missing:
            notes.append(f"{missing} of {len(lines)} outfits that {file} names are not there")
    return _assign(outfits, names, notes)


def _assign(outfits: dict[Outfit, str], names: Collection[Name], notes: list[str]) -> Splits:
    if "test" not in outfits.values():
        # Without the test's list nothing is known: persons are then drawn.
        return Splits({}, notes)
    given = {name: outfits.get(_outfit(name), "train") for name in names}
    unnamed = {_outfit(name) for name in names} - set(outfits)
    if unnamed and "train" in outfits.values():
        notes.append(f"{len(unnamed)} outfits stand in no list: taken for training")
    return Splits(given, notes)


def _outfit(name: Name) -> Outfit:
    # Lists and folders need not pad alike.
    person, outfit = (int(p) if p.isascii() and p.isdigit() else p for p in name[:2])
    return person, outfit


def _read(path: Path) -> dict[Outfit, int]:
    """Return the outfits of a list, with the number of the first line that names each."""
    if (size := path.stat().st_size) > MOST_TEXT_BYTES:
        said = f"{size:,} bytes, where at most {MOST_TEXT_BYTES:,} are read"
        raise ReposeError("bad-listing", said, path=path, mend="take the official list")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        mend = "take the official list"
        raise ReposeError("bad-listing", "not a text in UTF-8", path=path, mend=mend) from error
    outfits: dict[Outfit, int] = {}
    for number, line in enumerate(lines, start=1):
        parts = line.strip().strip("/").split("/")
        if parts == [""]:
            continue
        if len(parts) not in (2, 3) or not all(p.isascii() and p.isdigit() for p in parts):
            said = f"line {number}: {line[:40]!r} is no person/outfit/action"
            raise ReposeError("bad-listing", said, path=path, mend="take the official list")
        outfits.setdefault((int(parts[0]), int(parts[1])), number)
    return outfits
