"""List the data sets and what of them is on this disk; check a copy; write its table of splits."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from repose.datasets.base import Card, Layout, Offence

SHOWN = 10  # offences that are named; the others are counted
WIDE = 110  # characters of the list where no terminal says how many it has


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command needs."""
    parser.add_argument(
        "--root", type=Path, default=Path("data"), help="where data sets lie, each by its name"
    )
    actions = parser.add_subparsers(dest="action", metavar="check | split")
    check = actions.add_parser(
        "check", help="verify a copy: counts, names, splits, images, joints"
    )
    split = actions.add_parser("split", help="write who is in which split, and its sha256")
    for action in (check, split):
        action.add_argument("name", help="of the data set, such as deepfashion")
        action.add_argument("--folder", type=Path, help="where it lies; else <root>/<name>")
        action.add_argument("--layout", default="", help="as ingest.layout; else the first one")
    split.add_argument("--output", type=Path, required=True, help="the table, such as splits.csv")
    split.add_argument("--test-share", type=float, help="as ingest.test_share; else the config's")
    split.add_argument("--seed", type=int, help="as ingest.seed; else the config's")


def run(options: argparse.Namespace) -> int:
    """Do what is asked.

    Returns:
        1 if a copy is not as it should be, else 0.
    """
    if options.action == "check":
        return _check(options)
    if options.action == "split":
        return _split(options)
    return _list(options.root)


def _list(root: Path) -> int:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    from repose.datasets import cards

    table = Table(box=SIMPLE, show_lines=True, pad_edge=False, expand=True)
    table.add_column("data set", no_wrap=True)
    table.add_column("what it is and how to obtain it", ratio=3, overflow="fold")
    table.add_column(f"on this disk, below {root}", ratio=2, overflow="fold")
    for name, card in cards().items():
        told = [
            f"{card.title} ({card.paper})",
            f"Licence: {card.licence}",
            f"Size: {card.size}",
            f"Obtain: {card.obtain}",
        ]
        table.add_row(name, "\n".join(told), "\n".join(_anywhere(root, name, card)))
    width = None if sys.stdout.isatty() else WIDE
    Console(markup=False, highlight=False, emoji=False, width=width).print(table)
    return 0


def _anywhere(root: Path, name: str, card: "Card") -> list[str]:
    """Say what is there of a data set, in each folder that it may have."""
    folders = [root / one for one in card.folders or (name,)]
    there = [folder for folder in folders if folder.is_dir()]
    if not there:
        return [f"no folder {folders[0]}"]
    if there == folders[:1]:
        return _here(there[0], card)
    return [line for folder in there for line in (f"in {folder}", *_here(folder, card))]


def _here(folder: Path, card: "Card") -> list[str]:
    """Say what is there of a data set, layout by layout."""
    from repose.datasets.needs import missing

    lines = []
    for layout, needs in card.needs.items():
        lacking = missing(folder, needs)
        told = f"missing: {', '.join(lacking)}" if lacking else "all that is needed"
        lines.append(f"{layout}: {told}" if layout else told)
    return lines


def _check(options: argparse.Namespace) -> int:
    from repose import datasets

    folder = options.folder or options.root / options.name
    offences = list(_look(options.name, folder, options.layout))
    for offence in offences[:SHOWN]:
        print(f"  {offence.path}: {offence.what}\n      {offence.mend}")
    if len(offences) > SHOWN:
        print(f"  and {len(offences) - SHOWN:,} more")
    title = datasets.cards()[options.name].title
    print(f"datasets: {title} in {folder}: {len(offences):,} offences")
    return int(bool(offences))


def _look(name: str, folder: Path, layout: str) -> "list[Offence]":
    """Print what a copy holds, and find what is wrong with it."""
    from repose import datasets
    from repose.datasets.base import Offence
    from repose.errors import ReposeError

    offences = datasets.check(name, folder, layout)  # an unknown name ends here
    if not folder.is_dir():
        mend = "obtain it as `repose datasets` says, or name its place with --folder"
        return [Offence(folder, "no such folder", mend)]
    try:
        for line in _contents(datasets.read(name, [folder], None, layout)):
            print(f"  {line}")
    except ReposeError as error:
        found = list(offences)
        return found or [Offence(Path(error.path or folder), error.message, error.mend)]
    return list(offences)


def _contents(layout: "Layout") -> list[str]:
    persons = {clip.person for clip in layout.clips}
    outfits = {clip.outfit for clip in layout.clips}
    lines = [
        f"{len(layout.clips):,} clips of {len(persons):,} persons in {len(outfits):,} outfits,"
        f" {len(layout.stills):,} images, {len(layout.poses):,} poses, {len(layout.pairs):,} pairs"
    ]
    clips = Counter(clip.split for clip in layout.clips)
    pairs = Counter(pair.split for pair in layout.pairs)
    for split in sorted(clips):
        told = f"{clips[split]:,} clips, {pairs[split]:,} pairs"
        lines.append(f"{split or 'in no split, so drawn by person'}: {told}")
    return lines + [f"note: {note}" for note in layout.notes]


def _split(options: argparse.Namespace) -> int:
    from repose import datasets
    from repose.datasets.split_table import write_split_table
    from repose.datasets.splits import assign_splits, split_sha256
    from repose.files import sha256

    folder = options.folder or options.root / options.name
    share, seed = options.test_share, options.seed
    if share is None or seed is None:
        from repose.staleness import load_config

        ingest = load_config([])["ingest"]
        share = ingest["test_share"] if share is None else share
        seed = ingest["seed"] if seed is None else seed
    layout = datasets.read(options.name, [folder], None, options.layout)
    clips = assign_splits(layout.clips, share, seed)
    write_split_table(clips, options.output)
    for split, count in sorted(Counter(clip.split for clip in clips).items()):
        persons = {clip.person for clip in clips if clip.split == split}
        print(f"  {split}: {count:,} clips of {len(persons):,} persons")
    print(f"datasets: {options.output}, sha256 {sha256(options.output)}")
    print(f"datasets: to hold all runs to it, set ingest.split_sha256 to {split_sha256(clips)}")
    return 0
