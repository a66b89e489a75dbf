"""The embedded data set: folders that the stage `studio` made, one per shard."""

from collections.abc import Sequence
from pathlib import Path

from repose.datasets import folder as videos
from repose.datasets.listing import Clip
from repose.errors import ReposeError


def list_clips(folders: Sequence[Path], listing: Path | None) -> list[Clip]:
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
    return videos.list_clips(folders, listing)
