"""Write down what finished results hold, so that they can be brought back from elsewhere."""

import argparse
from pathlib import Path

from repose.snapshot import take


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the folder of results, what lies outside of it, and where to write."""
    parser.add_argument("--results", type=Path, required=True, help="results/<data_set>")
    parser.add_argument(
        "--inputs", type=Path, nargs="*", default=[], help="files and folders outside of it"
    )
    parser.add_argument("--output", type=Path, required=True, help="the snapshot")


def run(options: argparse.Namespace) -> int:
    """Take the snapshot."""
    take(options.results, options.inputs, options.output)
    return 0
