"""Follow a number of a report's table back to the raw data, and prove every byte on the way."""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from repose.errors import shown

if TYPE_CHECKING:
    from repose.provenance import Ancestor, Provenance

UNKNOWN = "not recorded"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the table, the row and the column."""
    parser.add_argument("table", type=Path, help="results/<data_set>/report/tables/<table>.csv")
    parser.add_argument("row", help="label of the row or how it begins, or its number from 1")
    parser.add_argument("column", help="heading of the column or how it begins; no arrows needed")
    parser.add_argument("--json", action="store_true", help="for machines, with all jobs")


def run(options: argparse.Namespace) -> int:
    """Tell what is known of the cell.

    Returns:
        0 if all that it rests on is as it was written, else 1.
    """
    from repose.account import facts
    from repose.cells import open_sheet
    from repose.provenance import Archive

    cell = open_sheet(options.table).find(options.row, options.column)
    found = Archive().trace(cell)
    told = facts(found)
    print(json.dumps(told, indent=2, ensure_ascii=False) if options.json else _spell(told, found))
    return int(bool(found.faults))


def _spell(told: Mapping[str, Any], found: "Provenance") -> str:
    import yaml

    lines = [f"{key:<12} {value}" for key, value in _lines(told)]
    lines += ["", "stages, from this table back to the data:", *_stages(found.ancestors)]
    config = yaml.safe_dump({"config": told["config"]}, allow_unicode=True, width=99,
                            default_flow_style=None)  # fmt: skip
    lines += ["", *config.rstrip().splitlines(), "", *_verdict(told, found)]
    return "\n".join(map(shown, lines))


def _lines(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    group = f" under '{told['group']}'" if told["group"] else ""
    yield "table", told["table"]
    yield "cell", f"row {told['row_number']} '{told['row']}'{group}, column '{told['column']}'"
    interval = told["interval"]
    span = f" [{', '.join(interval)}]" if interval else ""
    yield "value", f"{told['value'] or 'none'}{span}"
    yield "read from", ", ".join(told["read_from"]) or "all that the report is made of"
    for key in ("method", "other", "split", "score", "protocol"):
        if key in told:
            yield key, str(told[key])
    for key, value in told.get("published", {}).items():
        yield key, str(value)
    if "published" in told:
        return
    for key in ("commit", "environment", "pins"):
        for value, stages in (told[key] or {UNKNOWN: []}).items():
            yield key, value + (f" ({', '.join(stages)})" if len(told[key]) > 1 else "")
    for path, value in told["weights"].items():
        yield "weights", f"sha256 {value} {path}"
    for key, value in told["seeds"].items():
        yield "seed", f"{key} = {value}"
    yield from _measured(told)


def _measured(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if data := told["data"]:
        splits = ", ".join(f"{count} {split}" for split, count in data["splits"].items())
        yield "data", f"{data['clips']} clips ({splits}), sha256 {data['sha256']} {data['table']}"
    yield "wall time", UNKNOWN if told["wall_s"] is None else f"{told['wall_s']} s, all stages"
    for name, one in told["trained"].items():
        machine = one["machine"]
        yield "trained", f"{name}: {one['seconds']:,.0f} s on {machine.get('device_name', '?')}"
    joules = told["energy_j"]
    spelled = ", ".join(f"{kind} {value:,.0f} J" for kind, value in (joules or {}).items())
    yield (
        "energy",
        f"{spelled}, all that ran on the machine meanwhile" if joules else "not measured",
    )


def _stages(ancestors: "Sequence[Ancestor]") -> Iterator[str]:
    from repose.provenance import home_of

    for one in ancestors:
        job = one.job or {}
        took = f"{job['wall_s']:9.2f} s" if job else f"{'?':>9}  "
        log = home_of(one.output) / job["log"] if job.get("log") else UNKNOWN
        yield f"  {one.stage:<11} {took}  {one.output}  (log: {log})"


def _verdict(told: Mapping[str, Any], found: "Provenance") -> Iterator[str]:
    yield f"made again by: {told['again']}"
    forced = "with --forceall from the raw data on; " if told["again"].startswith("snake") else ""
    yield f"  {forced}the command of each stage alone: see --json"
    if unknown := [str(one.output) for one in found.ancestors if one.inputs is None]:
        yield f"inputs not recorded, nor followed further: {', '.join(unknown)}"
    for fault in found.faults:
        yield f"CHANGED: {fault.path}: {fault.what}"
    files = sum(len(one.manifest.get("sha256", {})) for one in found.ancestors)
    if not found.faults:
        yield f"sound: {files} files of {len(found.ancestors)} outputs are what was written"
