"""Turn a foreign poses.pkl (Knoche's layout) into a table, without unpickling it."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command needs."""
    parser.add_argument("file", type=Path, help="the poses.pkl of iPER or fashion3d")
    parser.add_argument("output", type=Path, help="the table to make, such as poses.parquet")


def run(options: argparse.Namespace) -> int:
    """Write a table: names (person/outfit/action/frame), joints in px in the file's own order."""
    from repose.data.tables import make_table, write_table
    from repose.datasets.knoche_poses import read_poses
    from repose.files import sha256

    poses = read_poses(options.file)
    rows = ({"name": name, "joints_px": joints.ravel()} for name, joints in poses.items())
    facts = {"sha256": sha256(options.file), "layout": "knoche"}
    write_table(make_table("named_poses", rows), options.output, "named_poses", facts)
    print(f"convert_poses: {len(poses)} poses in {options.output}")
    return 0
