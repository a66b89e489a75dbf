"""What of one data set's results stands in the papers' tables, as a report hands it on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from repose.data.tables import table_metadata
from repose.files import read_json
from repose.manifests import read_manifest
from repose.report.compare import read_estimate
from repose.report.tables import Cell, Row

FILE = "papers.json"  # in a report, for the stage that puts several data sets side by side


@dataclass(frozen=True)
class Benchmark:
    """What results were measured on.

    Attributes:
        name: The folder of results.
        dataset: The module of `repose.datasets`.
        layout: Of that data set; "" for its first, or where it has one.
        size: Height x width of what was scored, px.
        official: Whether the pairs are the data set's own.
    """

    name: str
    dataset: str
    layout: str
    size: str
    official: bool


@dataclass(frozen=True)
class Block:
    """What of one data set's results stands in a paper's table.

    Attributes:
        heading: Whose results they are: data set, people, pairs.
        reason: Why they may not be compared with the published rows; "" if they may.
        rows: With a cell for every column of the table.
        notes: Protocols and what else must be said.
    """

    heading: str
    reason: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()


def read_benchmark(name: str, clips: Path, pairs: Path, summary: Path) -> Benchmark:
    """Say what results were measured on.

    Args:
        name: The folder of results.
        clips: The clip table.
        pairs: The pair table.
        summary: Of any method; its manifest tells which part of the images was scored.
    """
    facts, listed = table_metadata(clips), table_metadata(pairs)
    size = int(listed["size"])
    window = read_manifest(summary)["settings"].get("window", (0, 0))
    height, width = window if any(window) else (size, size)
    dataset, layout = str(facts.get("dataset", "")), str(facts.get("layout", ""))
    official = "test" in listed.get("official", ())
    return Benchmark(name, dataset, layout, f"{height}x{width}", official)


def to_json(benchmark: Benchmark, blocks: Mapping[str, Block]) -> dict[str, Any]:
    """Spell blocks as JSON values."""
    told: dict[str, Any] = {"benchmark": asdict(benchmark), "tables": {}}
    for name, block in blocks.items():
        told["tables"][name] = asdict(block) | {"rows": [_spell(row) for row in block.rows]}
    return told


def from_json(path: Path) -> tuple[Benchmark, dict[str, Block]]:
    """Read the blocks of a report; the origins of their cells say then which data set they are of.

    Args:
        path: The `papers.json` in it.

    Raises:
        ReposeError: missing-file or bad-json.
    """
    told = read_json(path)
    benchmark = Benchmark(**told["benchmark"])
    whose = f"in:{benchmark.name}:"
    blocks = {
        name: Block(
            block["heading"],
            block["reason"],
            [_read(row, whose) for row in block["rows"]],
            block["notes"],
        )
        for name, block in told["tables"].items()
    }
    return benchmark, blocks


def _spell(row: Row) -> dict[str, Any]:
    cells = []
    for cell in row.cells:
        spelled = asdict(cell)
        if cell.estimate is not None:
            numbers = spelled["estimate"].items()
            spelled["estimate"] = {k: v if np.isfinite(v) else None for k, v in numbers}
        cells.append(spelled)
    return {"label": row.label, "cells": cells}


def _read(row: Mapping[str, Any], whose: str) -> Row:
    cells = []
    for told in row["cells"]:
        origin = told["origin"] and f"{whose}{told['origin']}"
        estimate = told["estimate"] and read_estimate(told["estimate"])
        cells.append(Cell(**{**told, "estimate": estimate, "origin": origin}))
    return Row(row["label"], cells)
