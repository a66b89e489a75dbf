"""The image files of somebody's folder, and what of it is not read at all.

What systems and viewers leave (hidden files, Thumbs.db, ...) is passed over in silence, other
files are counted. A link that leads out of the folder is not followed.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from repose.errors import ReposeError

READ = (".png", ".jpg", ".jpeg")
OTHERS = (".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".jp2", ".exr", ".avif")
IMAGES = (*READ, *OTHERS)
JUNK = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "icon\r"))


@dataclass(frozen=True)
class Files:
    """What a folder holds.

    Attributes:
        root: The folder.
        images: Path of each image file below it, in order of the names.
        links: Of what leads out of it, or nowhere.
        passed: Number of files that are no images.
    """

    root: Path
    images: list[str]
    links: list[str]
    passed: int


def list_files(root: Path) -> Files:
    """Find the image files in a folder and in the folders within it.

    Raises:
        ReposeError: missing-folder; no-images, when there is none.
    """
    if not root.is_dir():
        mend = "name the folder of the images with --generated"
        raise ReposeError("missing-folder", "no such folder", path=root, mend=mend)
    images, links, passed = [], [], 0
    for path in _walk(root):
        name = path.relative_to(root).as_posix()
        if path.is_symlink() and not _is_within(path, root):
            links.append(name)
        elif path.is_dir():  # a link to a folder within: what it holds is found there
            continue
        elif path.suffix.lower() in IMAGES and path.is_file():
            images.append(name)
        else:
            passed += 1
    if not images and not links:
        mend = f"it must hold one image per pair ({', '.join(READ)})"
        raise ReposeError("no-images", "no image in this folder", path=root, mend=mend)
    return Files(root, sorted(images), sorted(links), passed)


def _walk(root: Path) -> Iterator[Path]:
    """Give files, and links to folders, which `os.walk` does not follow."""
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not _is_junk(name))
        linked = [name for name in inner if Path(folder, name).is_symlink()]
        yield from (Path(folder, n) for n in [*linked, *names] if not _is_junk(n))


def _is_junk(name: str) -> bool:
    return name.startswith(".") or name.lower() in JUNK


def _is_within(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # it leads nowhere, or round in a circle
        return False
