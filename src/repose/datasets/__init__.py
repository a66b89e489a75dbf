"""Data sets: one file each, which turns an official layout into clips, images, poses and pairs.

A data set's module has a `CARD`, by which it is known, and two functions:
`read(folders, listing, layout) -> Layout` and `check(folder, layout) -> Iterator[Offence]`. Its
name is what the config's `ingest.dataset` says.
"""

import pkgutil
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from repose.datasets.base import Card, Layout, Offence
from repose.errors import ReposeError, nearest


def cards() -> dict[str, Card]:
    """Return what each data set says of itself, by name."""
    return {name: module.CARD for name, module in _modules().items()}


def read(dataset: str, folders: Sequence[Path], listing: Path | None, layout: str) -> Layout:
    """List what a data set holds, without looking into its videos and images.

    Args:
        dataset: Its name.
        folders: Where it lies.
        listing: A CSV file that says who is seen where, for data sets that need one.
        layout: Which of its layouts; "" for the first that its card names.

    Raises:
        ReposeError: unknown-dataset, unknown-layout, no-videos, or what the data set finds wrong.
    """
    module = _find(dataset)
    found: Layout = module.read(folders, listing, _chosen(module, dataset, layout))
    if not found.clips:
        raise ReposeError("no-videos", "no video in it", path=_named(folders), mend=_MEND)
    return found


def check(dataset: str, folder: Path, layout: str) -> Iterator[Offence]:
    """Find what is wrong with a user's copy of a data set.

    Raises:
        ReposeError: unknown-dataset or unknown-layout; or what keeps it from being read at all.
    """
    module = _find(dataset)
    offences: Iterator[Offence] = module.check(folder, _chosen(module, dataset, layout))
    return offences


_MEND = "name a folder of videos (mp4, mov, mkv, webm, avi, ...) or make them first"


def _modules() -> dict[str, ModuleType]:
    modules = {
        m.name: import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)
    }
    return {name: module for name, module in modules.items() if hasattr(module, "CARD")}


def _find(dataset: str) -> ModuleType:
    known = _modules()
    if dataset not in known:
        raise ReposeError(
            "unknown-dataset", f"no data set '{dataset}'", mend=nearest(dataset, known)
        )
    return known[dataset]


def _chosen(module: ModuleType, dataset: str, layout: str) -> str:
    """Return the layout that is meant, "" where the data set has but one."""
    layouts: tuple[str, ...] = module.CARD.layouts
    if layout and layout not in layouts:
        said = f"data set '{dataset}' has no layout '{layout}'"
        mend = nearest(layout, layouts) if layouts else 'leave ingest.layout ""'
        raise ReposeError("unknown-layout", said, mend=mend)
    return layout or (layouts[0] if layouts else "")


def _named(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders)) or "no folder named"
