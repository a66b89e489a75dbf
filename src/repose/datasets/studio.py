"""The embedded data set: folders that the stage `studio` made, one per shard."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from repose.datasets import folder as videos
from repose.datasets.base import Card, Layout, Offence
from repose.errors import ReposeError

CARD = Card(
    title="Studio",
    paper="this program (`repose studio`)",
    licence="that of the program",
    size="30 people, 103 outfits, 206 clips of 10 s at the default settings",
    obtain="nothing to fetch: rule `studio` makes it where `videos` is empty",
    layouts=(),
    needs={"": (videos.LISTING, "*.mp4")},
)


def read(folders: Sequence[Path], listing: Path | None, layout: str) -> Layout:
    """List the clips of all shards; each shard's videos.csv says everything about them.

    Raises:
        ReposeError: missing-file, when a folder is not one of Studio's; as for any folder.
    """
    for folder in folders:
        if folder.is_dir() and not (folder / videos.LISTING).is_file():
            raise ReposeError(
                "missing-file",
                f"not a folder of the stage studio: no {videos.LISTING}",
                path=folder,
                mend="set ingest.dataset to folder",
            )
    return videos.read(folders, listing, layout)


def check(folder: Path, layout: str) -> Iterator[Offence]:
    """Find what is wrong with one shard."""
    if folder.is_dir() and not (folder / videos.LISTING).is_file():
        yield Offence(folder, f"no {videos.LISTING}", "name a folder that the stage studio made")
        return
    yield from videos.check(folder, layout)
