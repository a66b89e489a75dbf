"""Any folders of videos, or of images, with or without a videos.csv that says who is seen."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from repose.datasets.base import Card, Layout, Offence, Still
from repose.datasets.listing import Clip, check_name, make_clips, read_listing, safe_names
from repose.errors import ReposeError

LISTING = "videos.csv"

CARD = Card(
    title="any folder",
    paper="none: your own videos or images",
    licence="yours",
    size="as much as there is",
    obtain="put videos into a folder, or images into one folder per sequence, and name it in"
    f" `videos`; a {LISTING} in it may say who is seen",
    layouts=(),
    needs={"": ("*",)},
)

# Pictures that move but are not filmed (gif) are left out.
EXTENSIONS = frozenset(
    f".{name}"
    for name in (
        *("mp4", "m4v", "mov", "qt", "3gp", "3g2", "mkv", "webm", "avi", "flv", "wmv", "asf"),
        *("mpg", "mpeg", "m2v", "ts", "mts", "m2ts", "ogv", "ogg", "mxf", "dv"),
    )
)


IMAGES = frozenset((".jpg", ".jpeg", ".png"))

# How files of these kinds begin, from the byte that is named; others begin in many ways.
_BEGINNINGS = {
    **dict.fromkeys((".mp4", ".m4v", ".mov", ".3gp", ".3g2"), ((4, b"ftyp"), (4, b"moov"))),
    **dict.fromkeys((".mkv", ".webm"), ((0, b"\x1aE\xdf\xa3"),)),
    ".avi": ((0, b"RIFF"),),
    **dict.fromkeys((".jpg", ".jpeg"), ((0, b"\xff\xd8\xff"),)),
    ".png": ((0, b"\x89PNG\r\n\x1a\n"),),
}


def read(folders: Sequence[Path], listing: Path | None, layout: str) -> Layout:
    """List every video in the folders and the folders inside them, by name.

    A folder without any video is read as images: it and each folder inside it that holds images
    is a clip, its images in the order of the numbers in their names.

    Args:
        folders: Where to look. Hidden files that no list names are passed over.
        listing: One videos.csv for all folders; None takes the one inside each folder, if any.
        layout: There is but one.

    Raises:
        ReposeError: missing-folder, missing-file, bad-file-name or bad-listing.
    """
    rows = [_rows(folder, listing, folders if listing else [folder]) for folder in folders]
    files = [_files(folder, set(known)) for folder, known in zip(folders, rows, strict=True)]
    _check_all_found(rows, files, listing, folders)
    # With several folders the same path may come twice; the folder's number tells them apart.
    keys = [
        f if len(folders) == 1 else f"{n}/{f}"
        for n, (folder, part) in enumerate(zip(folders, files, strict=True))
        for f in (folder.resolve().name if f == "." else f for f in part)
    ]
    names = iter(safe_names(keys))
    clips: list[Clip] = []
    for folder, part, known in zip(folders, files, rows, strict=True):
        clips += make_clips(folder, part, [next(names) for _ in part], known)
    stills = [still for clip in clips if clip.path.is_dir() for still in _stills(clip)]
    return Layout(clips, stills)


def check(folder: Path, layout: str) -> Iterator[Offence]:
    """Find what is wrong with a folder, without decoding: its list, empty files, wrong kinds."""
    try:
        found = read([folder], None, layout)
    except ReposeError as error:
        yield Offence(Path(error.path or folder), error.message, error.mend or "correct it")
        return
    if not found.clips:
        yield Offence(folder, "no video and no image in it", "put some there")
    videos = [clip.path for clip in found.clips if clip.path.is_file()]
    for path in (*videos, *(still.path for still in found.stills)):
        if not path.stat().st_size:
            yield Offence(path, "no bytes", "copy it again")
        elif not _begins_well(path):
            yield Offence(path, f"no {path.suffix} file", "copy it again, or rename it")


def _begins_well(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(16)
    known = _BEGINNINGS.get(path.suffix.lower(), ((0, b""),))
    return any(head[at : at + len(word)] == word for at, word in known)


def _rows(folder: Path, listing: Path | None, places: Sequence[Path]) -> dict[str, dict[str, str]]:
    if not folder.is_dir():
        raise ReposeError(
            "missing-folder", "no such folder", path=folder, mend="correct videos in the config"
        )
    own = folder / LISTING
    if listing is None and not own.is_file():
        return {}
    source = listing or own
    rows = read_listing(source)
    # Blanks around a name are a slip, unless a file is really called so.
    found = {
        file if any(_there(place / file) for place in places) else file.strip(): row
        for file, row in rows.items()
    }
    if len(found) < len(rows):
        twice = "a file comes twice, with and without blanks"
        raise ReposeError("bad-listing", twice, path=source, mend="correct it")
    return found


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # longer than any name
        return False


def _files(folder: Path, named: set[str]) -> list[str]:
    """Return the videos of a folder: those with a video's extension, and those named.

    Where there is none, the folders of images.
    """
    files, folders = [], set()
    for path in sorted(folder.rglob("*")):
        file = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in file.parts)
        wanted = path.suffix.lower() in EXTENSIONS and not hidden
        if (wanted or file.as_posix() in named) and path.is_file():
            check_name(path)
            files.append(file.as_posix())
        elif path.suffix.lower() in IMAGES and not hidden and path.is_file():
            folders.add(file.parent.as_posix())
    return files or sorted(folders)


def _stills(clip: Clip) -> Iterator[Still]:
    images = [path for path in clip.path.iterdir() if _is_image(path)]
    for number, path in enumerate(sorted(images, key=_by_numbers)):
        check_name(path)
        yield Still(clip.clip, number, path.name, path)


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGES and not path.name.startswith(".") and path.is_file()


def _by_numbers(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Order 2 before 10; names that differ in nothing else keep the order of their letters."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", path.stem)
    return [(int(p), "") if p.isascii() and p.isdigit() else (-1, p) for p in pieces], path.name


def _check_all_found(
    rows: Sequence[dict[str, dict[str, str]]],
    files: Sequence[list[str]],
    listing: Path | None,
    folders: Sequence[Path],
) -> None:
    everywhere = {file for part in files for file in part}
    for folder, known, found in zip(folders, rows, files, strict=True):
        missing = sorted(set(known) - (everywhere if listing else set(found)))
        if missing:
            source = listing or folder / LISTING
            raise ReposeError(
                "missing-file",
                f"{len(missing)} of {len(known)} listed videos are missing, first {missing[0]}",
                path=source,
                mend="add them, or take them off the list",
            )
