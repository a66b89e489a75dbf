"""Archives as data sets come in, unpacked into a folder of their own or not at all.

Only plain files and folders are taken, by names that stay inside; one member that is anything else
refuses the whole archive. Owners, rights and times in it are ignored.
"""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from repose.datasets.arrays import Refused
from repose.errors import ReposeError
from repose.files import whole_folder

MOST_MEMBERS = 1_000_000
MOST_RATIO = 100  # times the size of the archive: videos and pictures hardly shrink
FREE_BYTES = 1 << 26  # up to this any archive may unfold
MOST_HEADER_BYTES = 1 << 20  # of what a tar says of one member
CHUNK_BYTES = 1 << 20

_BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    *(ValueError, NotImplementedError, RuntimeError),
)


@dataclass(frozen=True)
class Member:
    """One file or folder of an archive.

    Args:
        name: As the archive spells it.
        size: Of the file in bytes, as declared.
        kind: "file", "folder", or what it is instead.
        open: Begins to read it.
    """

    name: str
    size: int
    kind: str
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, folder: Path) -> int:
    """Unpack a zip or tar (also gz, bz2, xz) into a new folder.

    Returns:
        The number of files.

    Raises:
        ReposeError: missing-file; wrong-value, when the folder is there already; bad-archive,
            naming the member that is refused. No folder is then left.
    """
    if not archive.is_file():
        raise ReposeError("missing-file", "no such archive", path=archive)
    if folder.exists():
        mend = "name one that does not exist yet"
        raise ReposeError("wrong-value", "the folder is there already", path=folder, mend=mend)
    try:
        with _members(archive) as members, whole_folder(folder) as inside:
            return _write(members, inside, _most_bytes(archive))
    except (Refused, *_BROKEN) as error:
        said = str(error)[:200] or type(error).__name__
        mend = "fetch it again; nothing was unpacked"
        raise ReposeError("bad-archive", said, path=archive, mend=mend) from error


def _most_bytes(archive: Path) -> int:
    return max(FREE_BYTES, MOST_RATIO * archive.stat().st_size)


def _write(members: Iterator[Member], inside: Path, most_bytes: int) -> int:
    seen: set[PurePosixPath] = set()
    files, written = 0, 0
    for count, member in enumerate(members, start=1):
        name = _safe(member)
        if count > MOST_MEMBERS:
            raise Refused(f"more than {MOST_MEMBERS:,} members")
        if member.kind == "folder":
            (inside / name).mkdir(parents=True, exist_ok=True)
            continue
        if name in seen:
            raise Refused(f"{member.name!r} comes twice")
        seen.add(name)
        written += member.size
        if written > most_bytes:
            raise Refused(f"it unfolds to more than {most_bytes:,} bytes")
        _copy(member, inside / name)
        files += 1
    if not files:
        raise Refused("no file in it")
    return files


def _safe(member: Member) -> PurePosixPath:
    """Return a member's path within the folder."""
    name = PurePosixPath(member.name)
    if member.kind not in ("file", "folder"):
        raise Refused(f"{member.name!r} is a {member.kind}")
    outside = name.is_absolute() or ".." in name.parts or "\\" in member.name
    if outside or not member.name.isprintable() or (member.kind == "file" and not name.name):
        raise Refused(f"{member.name!r} is no name within a folder")
    return name


def _copy(member: Member, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with member.open() as source, path.open("xb") as target:
            left = member.size
            while data := source.read(min(CHUNK_BYTES, left + 1)):
                left -= len(data)
                if left < 0:
                    raise Refused(f"{member.name!r} is longer than it says")
                target.write(data)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise Refused(f"{member.name!r} is in the place of another member") from error
    if left:
        raise Refused(f"{member.name!r} is shorter than it says")


@contextmanager
def _members(path: Path) -> Iterator[Iterator[Member]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield _of_zip(archive)
        return
    with _unpressed(path) as file:
        bounded: Any = _Bounded(file)
        with tarfile.open(fileobj=bounded, mode="r:") as tar:
            yield _of_tar(tar)


def _of_zip(archive: zipfile.ZipFile) -> Iterator[Member]:
    for entry in archive.infolist():
        mode = entry.external_attr >> 16
        plain = stat.S_IFMT(mode) in (0, stat.S_IFREG, stat.S_IFDIR)
        kind = "folder" if entry.is_dir() else "file"
        yield Member(
            entry.filename,
            entry.file_size,
            kind if plain else "link or device",
            partial(archive.open, entry),
        )


def _of_tar(archive: Any) -> Iterator[Member]:
    while (entry := archive.next()) is not None:
        archive.members = []  # its own list of all members is of no use here
        plain = entry.isreg() and not entry.issparse()
        kind = "file" if plain else "folder" if entry.isdir() else "link or device"
        yield Member(entry.name, entry.size, kind, partial(archive.extractfile, entry))


def _unpressed(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        head = file.read(6)
    kinds: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
    opened = next((kinds[word] for word in kinds if head.startswith(word)), open)
    unpressed: IO[bytes] = opened(path, "rb")
    return unpressed


class _Bounded:
    """A file that gives little at a time: the head of a member may claim any length."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        """Read at most so many bytes."""
        if not 0 <= size <= MOST_HEADER_BYTES:
            raise Refused("the head of a member is too long")
        return self._file.read(size)
