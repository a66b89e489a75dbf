"""The stage `ingest` as tests run it: its tables side by side in one folder."""

from pathlib import Path

from repose.stages import ingest

DEFAULTS = {
    "dataset": "folder",
    "layout": "",
    "listing": "",
    "test_share": 0.5,
    "seed": 0,
    "split_sha256": "",
    "on_bad_clip": "stop",
}
TABLES = {
    "output": "clips.parquet",
    "output_stills": "stills.parquet",
    "output_poses": "given_poses.parquet",
    "output_pairs": "official_pairs.parquet",
    "output_splits": "splits.parquet",
}


def ingest_into(folder: Path, videos: list[Path], **changes: str | float) -> Path:
    """List a data set; return the folder with the five tables."""
    paths = {name: folder / file for name, file in TABLES.items()}
    ingest.run(ingest.Config(**DEFAULTS | changes), videos=videos, **paths)
    return folder
