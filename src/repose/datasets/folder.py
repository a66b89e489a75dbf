"""Any folders of videos, with or without a videos.csv that says who is seen in them."""

from collections.abc import Sequence
from pathlib import Path

from repose.datasets.listing import Clip, make_clips, read_listing, safe_names, there
from repose.errors import ReposeError

LISTING = "videos.csv"

# Pictures that move but are not filmed (gif) are left out.
EXTENSIONS = frozenset(
    f".{name}"
    for name in (
        *("mp4", "m4v", "mov", "qt", "3gp", "3g2", "mkv", "webm", "avi", "flv", "wmv", "asf"),
        *("mpg", "mpeg", "m2v", "ts", "mts", "m2ts", "ogv", "ogg", "mxf", "dv"),
    )
)


def list_clips(folders: Sequence[Path], listing: Path | None) -> list[Clip]:
    """List every video in the folders and the folders inside them, by name.

    Args:
        folders: Where to look. Hidden files that no list names are passed over.
        listing: One videos.csv for all folders; None takes the one inside each folder, if any.

    Raises:
        ReposeError: missing-folder, missing-file, bad-file-name or bad-listing.
    """
    rows = [_rows(folder, listing, folders if listing else [folder]) for folder in folders]
    files = [_files(folder, set(known)) for folder, known in zip(folders, rows, strict=True)]
    _check_all_found(rows, files, listing, folders)
    # With several folders the same path may come twice; the folder's number tells them apart.
    keys = [f if len(folders) == 1 else f"{n}/{f}" for n, part in enumerate(files) for f in part]
    names = iter(safe_names(keys))
    clips = []
    for folder, part, known in zip(folders, files, rows, strict=True):
        clips += make_clips(folder, part, [next(names) for _ in part], known)
    return clips


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
        file if any(there(place / file) for place in places) else file.strip(): row
        for file, row in rows.items()
    }
    if len(found) < len(rows):
        twice = "a file comes twice, with and without blanks"
        raise ReposeError("bad-listing", twice, path=source, mend="correct it")
    return found


def _files(folder: Path, named: set[str]) -> list[str]:
    """Return the videos of a folder: those with a video's extension, and those named."""
    files = []
    for path in sorted(folder.rglob("*")):
        file = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in file.parts)
        wanted = path.suffix.lower() in EXTENSIONS and not hidden
        if (wanted or file.as_posix() in named) and path.is_file():
            _check_name(path)
            files.append(file.as_posix())
    return files


def _check_name(path: Path) -> None:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ReposeError(
            "bad-file-name", "not a name in UTF-8", path=path, mend="rename the file"
        ) from error


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
