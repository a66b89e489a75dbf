"""Recompute every manifest below folders of results, and name each file that is not as written."""

import argparse
import sys
import time
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="results to verify")
    parser.add_argument(
        "--same-as",
        type=Path,
        metavar="OTHER",
        help="other results that must hold the same bytes, times apart",
    )
    parser.add_argument(
        "--configfile",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="overlays of config/config.yaml; name outputs that were made with other settings",
    )


def run(options: argparse.Namespace) -> int:
    """Verify; one line for each thing that is wrong, then the counts.

    Returns:
        0 if all is as it was written, else 1.
    """
    wrong = sum([_verify(path) for path in options.paths])
    if options.same_as:
        wrong += _verify(options.same_as)
        wrong += _compare(options.paths, options.same_as) if not wrong else 0
    if options.configfile:
        wrong += _stale(options.paths, options.configfile)
    return int(wrong > 0)


def _verify(path: Path) -> int:
    from repose.verification import verify

    start = time.monotonic()
    verdict = verify(path)
    seconds = max(time.monotonic() - start, 1e-9)
    for fault in verdict.faults:
        print(f"{fault.path}: {fault.what}")
    gigabytes = verdict.size / 1e9
    print(
        f"verify: {path}: {len(verdict.faults)} files are wrong; {verdict.files} files in"
        f" {verdict.outputs} outputs, {gigabytes:.3f} GB at {gigabytes / seconds:.2f} GB/s;"
        f" {verdict.others} other files need no manifest"
    )
    if not verdict.outputs:
        print(f"verify: {path}: there is no manifest here", file=sys.stderr)
    return len(verdict.faults) + (not verdict.outputs)


def _compare(paths: list[Path], other: Path) -> int:
    from repose.verification import differences

    found = [line for path in paths for line in differences(path, other)]
    print("\n".join([*found, f"verify: {len(found)} differences from {other}, times apart"]))
    return len(found)


def _stale(paths: list[Path], overlays: list[Path]) -> int:
    from repose.benchmarks import load_configs
    from repose.staleness import stale_below

    configs = load_configs(overlays)
    found = [line for path in paths for config in configs for line in stale_below(path, config)]
    print("\n".join([*found, f"verify: {len(found)} outputs are not of these settings"]))
    return len(found)
