"""The tables of data and runs: the fate of each clip, the fit of transforms, the trainings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from repose.data.tables import read_table, stack
from repose.errors import shown
from repose.metrics.scores import SCORE
from repose.report.methods import Method
from repose.report.origins import of_run, of_table
from repose.report.results import Results
from repose.report.tables import NOTHING, Cell, Row, Table, number
from repose.skeleton import PARTS

TRANSFORMS = "transforms/transforms.parquet"
# What each cell of the table of clips is read from; "frames" are all shards of that stage.
_CLIPS_ARE_OF = (
    *("ingest/clips.parquet",) * 2, *("frames",) * 5, *("poses",) * 2, "crops",
    "ingest/clips.parquet",
)  # fmt: skip
OF_SETS = {"fid": "FID", "inception": "Inception Score"}  # scores of all images together
PERSON_SEEN_OFTEN = 0.9  # share of frames below which a clip is named


@dataclass(frozen=True)
class Material:
    """The tables that say what became of the videos."""

    clips: pd.DataFrame
    accounting: pd.DataFrame
    poses: pd.DataFrame
    crops: pd.DataFrame


def read_material(
    clips: Path, frames: Sequence[Path], poses: Sequence[Path], crops: Sequence[Path]
) -> Material:
    """Read the tables of all shards."""
    return Material(
        read_table(clips, "clips").sort_values("clip"),
        read_table([folder / "accounting.parquet" for folder in frames], "accounting"),
        read_table(poses, "poses"),
        read_table([folder / "crops.parquet" for folder in crops], "crops"),
    )


def clips_table(material: Material) -> Table:
    """Account for every clip that went in, so that none is silently lost."""
    frames = material.accounting.set_index("clip")
    poses = material.poses.groupby("clip")
    found = poses["detected"].mean()
    several = material.poses["people"].gt(1).groupby(material.poses["clip"]).mean()
    usable = material.crops.groupby("clip")["usable"].sum()
    rows = []
    for clip in material.clips.itertuples():
        name = str(clip.clip)
        counts = frames.loc[name] if name in frames.index else None
        cells = [Cell(shown(clip.person) or NOTHING), Cell(str(clip.split) or NOTHING)]
        for column in ("expected", "decoded", "dropped", "duplicate", "sampled"):
            cells.append(_count(None if counts is None else counts[column]))
        cells += [_percent(found.get(name)), _percent(several.get(name)), _count(usable.get(name))]
        cells.append(Cell(_remark(clip.error, clip.note, counts)))
        told = zip(cells, _CLIPS_ARE_OF, strict=True)
        rows.append(Row(name, [replace(cell, origin=of_table(path)) for cell, path in told]))
    columns = [
        "clip", "person", "split", "expected", "decoded", "dropped", "duplicate", "sampled",
        "person found", "several people", "usable crops", "remark",
    ]  # fmt: skip
    notes = [
        "Expected: frames the file declares; sampled: frames kept at the sampling rate; person"
        " found and several people: share of the sampled frames.",
        *_people_not_counted(material.poses),
    ]
    return Table("clips", "What became of every clip", columns, rows, notes)


def clips_sentence(material: Material) -> str:
    """Say in one sentence whether a clip or a person was lost."""
    clips = material.clips
    usable = material.crops.groupby("clip")["usable"].sum()
    lost = [clip for clip in clips["clip"] if usable.get(clip, 0) == 0]
    rate = material.poses["detected"].mean() if len(material.poses) else 0.0
    told = (
        f"{len(clips)} clips went in, {len(clips) - len(lost)} gave usable crops; a person was"
        f" found in {rate:.1%} of {len(material.poses)} frames."
    )
    if lost:
        told += f" Without a usable crop: {', '.join(lost)}."
    by_clip = material.poses.groupby("clip")["detected"].mean()
    rare = by_clip[by_clip < PERSON_SEEN_OFTEN]
    if len(rare):
        worst = ", ".join(f"{clip} ({share:.0%})" for clip, share in rare.items())
        told += f" Found in fewer than {PERSON_SEEN_OFTEN:.0%} of the frames: {worst}."
    return told


def _people_not_counted(poses: pd.DataFrame) -> list[str]:
    unknown = int((poses["people"] < 0).sum())
    if not unknown:
        return []
    return [f"In {unknown} frames nobody looked for a second person."]


def _remark(error: str, note: str, counts: Any) -> str:
    parts = [error, note, "" if counts is None else counts["error"]]
    if counts is None and not error:
        parts.append("not decoded")
    return "; ".join(dict.fromkeys(shown(part) for part in parts if part))


def _count(value: Any) -> Cell:
    return Cell(NOTHING if value is None or value < 0 else str(int(value)))


def _percent(value: Any) -> Cell:
    return Cell(NOTHING if value is None else f"{value:.0%}")


def transforms_table(transforms: pd.DataFrame, size: int) -> Table:
    """Say how far the fitted transforms miss the joints they were fitted to, part by part.

    Args:
        transforms: The "transforms" table.
        size: Side of the crops, px.
    """
    helmert = stack(transforms["helmert_residual_px"])
    affine = stack(transforms["affine_residual_px"])
    degenerate = transforms["degenerate"].to_numpy().astype(int)
    rows = []
    for index, part in enumerate(PARTS):
        cells = [_quantile(values[:, index], q) for values in (helmert, affine) for q in (50, 95)]
        cells.append(_percent(((degenerate >> index) & 1).mean() if len(degenerate) else None))
        cells = [replace(cell, origin=of_table(TRANSFORMS)) for cell in cells]
        rows.append(Row(part.replace("_", " "), cells))
    columns = ["part", "3D median", "3D 95 %", "2D median", "2D 95 %", "degenerate"]
    notes = [
        f"Root mean square distance in px of a {size} px crop between the target's joints, carried"
        " by the part's transform, and the source's joints. 3D: Helmert (7 numbers). 2D: affine"
        " (6 numbers) in the image plane, where three joints always fit exactly.",
        "Degenerate: too few distinct joints for a unique transform; a named rule takes over.",
    ]
    title = f"How well rigid parts explain {len(transforms)} pairs"
    return Table("transforms", title, columns, rows, notes)


def _quantile(values: np.ndarray, percent: float) -> Cell:
    known = values[np.isfinite(values)]
    return Cell(number(float(np.percentile(known, percent)), 2) if known.size else NOTHING)


def runs_table(methods: Sequence[Method]) -> Table:
    """List every fact that each training wrote down."""
    facts = [(method, method.run) for method in methods if method.trained]
    return _facts_table("runs", "Facts of each training", facts, "")


def times_table(methods: Sequence[Method]) -> Table:
    """List what each training took, and on what: nothing else differs when a run is repeated."""
    facts = [(method, method.times) for method in methods if method.trained]
    return _facts_table("times", "What each training took, and on what", facts, "times.")


def _facts_table(
    name: str, title: str, facts: Sequence[tuple[Method, Mapping[str, Any]]], prefix: str
) -> Table:
    flat = [(method.name, dict(_flat(fact))) for method, fact in facts]
    keys = list(dict.fromkeys(key for _, fact in flat for key in fact))
    rows = [
        Row(key, [Cell(f.get(key, NOTHING), origin=of_run(m, prefix + key)) for m, f in flat])
        for key in keys
    ]
    return Table(name, title, ["", *(method.label for method, _ in facts)], rows, numeric=False)


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        name = f"{prefix}{key}"
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{name}.")
        elif isinstance(inner, list):
            yield name, ", ".join(map(str, inner))
        elif isinstance(inner, float):
            yield name, f"{inner:.6g}"
        else:
            yield name, str(inner)


def protocols_table(results: Results) -> Table:
    """Name the protocol of every score."""
    protocols: dict[str, Cell] = {}
    for method in (run.name for run in results.runs):
        summary, origin = results.summaries[method], of_table(f"evaluate/{method}.json")
        told = {SCORE[name].label: text for name, text in summary["protocols"].items()}
        told |= {
            OF_SETS[name]: found["protocol"]
            for name, found in summary.get("sets", {}).items()
            if found["value"] is not None
        }
        protocols |= {label: Cell(text, origin=origin) for label, text in told.items()}
    rows = [Row(label, [cell]) for label, cell in protocols.items()]
    return Table("protocols", "How each score is made", ["score", "protocol"], rows, numeric=False)
