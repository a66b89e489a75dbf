"""What is known of a cell, as plain values: for `repose why`, and for machines."""

import argparse
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from repose.ancestry import TIMES
from repose.drivers import last_run
from repose.errors import ReposeError
from repose.files import read_json, sha256
from repose.manifests import SELF
from repose.provenance import Ancestor, Provenance
from repose.report.origins import SCORED, parse
from repose.report.published import read_published
from repose.verification import PAPERS

UNKNOWN = "not recorded"
WEIGHTS = ".safetensors"
_OF_A_SHARD = ("shard",)  # settings in which jobs of one stage differ


def facts(found: Provenance) -> dict[str, Any]:
    """Gather what is known of a cell, as values of JSON."""
    cell = found.cell
    jobs = _jobs(found.ancestors)
    return {
        "table": str(cell.table),
        "row": cell.row,
        "row_number": cell.number,
        "group": cell.group,
        "column": cell.column,
        "value": cell.value,
        "interval": list(cell.interval) if any(cell.interval) else None,
        "origin": cell.origin or None,
        "read_from": [str(path) for path in found.direct],
        **_said(found),
        "commit": _distinct(jobs, "commit"),
        "environment": _distinct(jobs, "environment"),
        "pins": _distinct(jobs, "pins"),
        "seeds": _seeds(found.ancestors),
        "weights": _weights(found.ancestors),
        "data": _data(found),
        "outside": {str(path): of or UNKNOWN for path, of in found.outside.items()},
        "wall_s": round(sum(job["wall_s"] for job in jobs), 1) if jobs else None,
        "trained": _trained(found),
        "energy_j": _energy(jobs),
        "again": again(found),
        "config": _config(found.ancestors),
        "ancestors": [_ancestor(one) for one in found.ancestors],
        "faults": [{"path": str(f.path), "what": f.what} for f in found.faults],
    }


def again(found: Provenance) -> str:
    """Spell the command that makes a cell's table again, where the results lie."""
    own = found.ancestors[0]
    if own.stage == SCORED or (own.stage == PAPERS and own.job and not own.job.get("graph")):
        return str((own.job or {}).get("command", UNKNOWN))  # no graph made it
    # Those of the data sets know no rule that puts them side by side.
    jobs = _jobs([own] if own.stage == PAPERS else found.ancestors)
    words = next((job["graph"] for job in jobs if job.get("graph")), None)
    run = last_run() if words is None else None
    words = words or (run.words if run else [])
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for option in ("--configfile", "--configfiles", "--config"):
        parser.add_argument(option, nargs="+", action="extend", default=[])
    parser.add_argument("--profile", action="append", default=[])
    kept = vars(parser.parse_known_args(words)[0])
    kept["configfile"] += kept.pop("configfiles")
    options = [w for name, given in kept.items() if given for w in (f"--{name}", *given)]
    return shlex.join(["snakemake", "--cores", "all", *options, "--", str(found.report)])


def _said(found: Provenance) -> dict[str, Any]:
    """Say by which method and protocol a score is made, or where a paper prints it."""
    if not found.cell.origin:
        return {}
    kind, parts = parse(found.cell.origin)
    if kind == "in":  # a table of several data sets
        kind, parts = parse(parts[1])
    if kind == "published":
        return {"published": _printed(found, int(parts[0]))}
    if kind not in ("score", "compare"):
        return {"method": parts[0]} if kind == "run" else {}
    score, split = parts[-1], parts[-2]
    told = {"method": parts[0], "split": split, "score": score, "protocol": UNKNOWN}
    if kind == "compare":
        told["other"] = parts[1]
    for path in (path for path in found.direct if path.suffix == ".json"):
        if _is_sound(path, found):
            summary = read_json(path)
            sets = {one["name"]: one["protocol"] for one in summary.get("sets", {}).values()}
            told["protocol"] = (summary["protocols"] | sets).get(score, told["protocol"])
    return told


def _printed(found: Provenance, line: int) -> dict[str, Any]:
    """Read a line of published.csv."""
    for path in (path for path in found.outside if path.suffix == ".csv" and path.is_file()):
        try:
            rows = read_published(path)
        except ReposeError:  # another table of the user's
            continue
        if 0 <= line - 2 < len(rows):
            row = rows.iloc[line - 2]
            named = ("paper", "table", "row", "data", "score", "printed", "protocol", "source",
                     "note")  # fmt: skip
            return {"file": str(path), "line": line} | {name: str(row[name]) for name in named}
    return {"file": UNKNOWN, "line": line}


def _distinct(jobs: Sequence[Mapping[str, Any]], key: str) -> dict[str, list[str]]:
    """Return what the jobs say of one thing, with the stages that say it."""
    values: dict[str, list[str]] = {}
    for job in jobs:
        if value := job.get(key):
            stages = values.setdefault(str(value), [])
            stages += [] if job["stage"] in stages else [job["stage"]]
    return values


def _seeds(ancestors: Sequence[Ancestor]) -> dict[str, Any]:
    return {
        f"{_label(one)}.{key}": value
        for one in ancestors
        for key, value in one.manifest.get("settings", {}).items()
        if key == "seed" or key.endswith("_seed")
    }


def _label(one: Ancestor) -> str:
    """Name a stage, and the model where each has settings of its own."""
    return (
        f"{one.stage} {one.output.name}"
        if "model" in one.manifest.get("settings", {})
        else one.stage
    )


def _weights(ancestors: Sequence[Ancestor]) -> dict[str, str]:
    return {
        str(one.output / name if one.output.is_dir() else one.output): found
        for one in ancestors
        for name, found in one.manifest.get("sha256", {}).items()
        if name.endswith(WEIGHTS)
    }


def _data(found: Provenance) -> dict[str, Any] | None:
    """Say which table lists the videos, and how many there are."""
    for one in found.of("ingest"):
        if one.output.name.startswith("clips.") and _is_sound(one.output, found):
            clips = pd.read_parquet(one.output, columns=["clip", "split"])
            counts = clips["split"].value_counts()
            splits = {str(split) or "none": int(count) for split, count in counts.items()}
            table = {"table": str(one.output), "sha256": sha256(one.output)}
            return table | {"clips": len(clips), "splits": splits}
    return None


def _is_sound(path: Path, found: Provenance) -> bool:
    """Tell whether a file can be read: it is there, and as it was written."""
    return path.is_file() and path not in {fault.path for fault in found.faults}


def _jobs(ancestors: Sequence[Ancestor]) -> list[Mapping[str, Any]]:
    """List the jobs, each once: some make several outputs."""
    found = {(one.job["command"], one.job["started"]): one.job for one in ancestors if one.job}
    return list(found.values())


def _trained(found: Provenance) -> dict[str, Any]:
    """Return how long each training took, over all of its jobs, and on what."""
    files = {one.output.name: one.output / TIMES for one in found.of("train")}
    times = {name: read_json(path) for name, path in files.items() if _is_sound(path, found)}
    return {
        name: {"seconds": told["seconds"], "machine": told["machine"]}
        for name, told in times.items()
    }


def _energy(jobs: Sequence[Mapping[str, Any]]) -> dict[str, float] | None:
    """Add up what was measured; None where nothing was."""
    sums: dict[str, float] = {}
    for job in jobs:
        for kind, joules in (job.get("energy_j") or {}).items():
            sums[kind] = sums.get(kind, 0.0) + joules
    return sums or None


def _config(ancestors: Sequence[Ancestor]) -> dict[str, Any]:
    """Return the settings of each stage; where its jobs differ, of each output."""
    blocks: dict[str, dict[str, Any]] = {}
    for one in ancestors:
        settings = one.manifest.get("settings", {})
        block = {key: value for key, value in settings.items() if key not in _OF_A_SHARD}
        if block not in blocks.setdefault(one.stage, {}).values():
            blocks[one.stage][one.output.name] = block
    return {
        stage: next(iter(found.values())) if len(found) == 1 else found
        for stage, found in blocks.items()
    }


def _ancestor(one: Ancestor) -> dict[str, Any]:
    inputs = None if one.inputs is None else {str(path): of for path, of in one.inputs.items()}
    return {
        "output": str(one.output),
        "stage": one.stage,
        "manifest_sha256": one.manifest.get(SELF),
        "inputs": inputs,
        "job": one.job,
    }
