"""Data sets: one file each, which turns an official layout into a list of clips.

A data set's module has a function `list_clips(folders, listing)`; its name is what the config's
`ingest.dataset` says.
"""

import pkgutil
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from repose.datasets.listing import Clip
from repose.errors import ReposeError, nearest


def list_clips(dataset: str, folders: Sequence[Path], listing: Path | None) -> list[Clip]:
    """List the clips of a data set, without looking into the videos.

    Args:
        dataset: Its name.
        folders: Where it lies.
        listing: A CSV file that says who is seen where, for data sets that need one.

    Raises:
        ReposeError: unknown-dataset, or what the data set finds wrong.
    """
    modules = [import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    known = {m.__name__.rpartition(".")[2]: m for m in modules if hasattr(m, "list_clips")}
    if dataset not in known:
        raise ReposeError(
            "unknown-dataset", f"no data set '{dataset}'", mend=nearest(dataset, known)
        )
    clips: list[Clip] = known[dataset].list_clips(folders, listing)
    if not clips:
        raise ReposeError("no-videos", "no video in it", path=_named(folders), mend=_MEND)
    return clips


_MEND = "name a folder of videos (mp4, mov, mkv, webm, avi, ...) or make them first"


def _named(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders)) or "no folder named"
