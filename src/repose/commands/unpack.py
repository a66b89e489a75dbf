"""Unpack a data set's archive (zip or tar) into a new folder, or nothing of it."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command needs."""
    parser.add_argument("archive", type=Path, help="such as iPER_256_video_release.zip")
    parser.add_argument("folder", type=Path, help="to make; it does not exist yet")


def run(options: argparse.Namespace) -> int:
    """Unpack, and say how many files there are."""
    from repose.datasets.archives import unpack

    count = unpack(options.archive, options.folder)
    print(f"unpack: {count} files in {options.folder}")
    return 0
