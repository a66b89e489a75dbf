"""A method of somebody else's beside ours: tables and a page of what was scored alike.

A score of ours stands there only if its protocol is, word for word, that of the other's; under
several SSIM the one that was asked for is taken. Only the people that count are compared.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from repose.data.tables import read_table
from repose.files import read_json
from repose.metrics.scores import SCORES
from repose.metrics.ssim import PROTOCOLS, column_of
from repose.report import data_tables, score_tables
from repose.report.compare import PEOPLE, counted, summarise
from repose.report.methods import BASELINES, JOINT, Method, read_methods
from repose.report.origins import of_outside, of_table, parse, scores_of
from repose.report.paired import Ranking, comparison_table
from repose.report.results import Results
from repose.report.seeds import pooled, together
from repose.report.sensitivity import sensitivity_tables
from repose.report.tables import Row, Table, plain

SCORED = "scores"  # the two files of a method that was scored: .parquet and .json
IMAGES = ("generate", "baselines")  # folders of our own images
SETS = {"fid": "FID ↓", "inception": "Inception Score ↑"}


@dataclass(frozen=True)
class Beside(Results):
    """All methods that stand beside one of somebody else's.

    Attributes:
        subject: The one that was scored.
        outside: Names of all that are not ours.
        apart: Those of ours that were scored by another SSIM, and are left out.
        columns: Of each method the column that its SSIM was taken from.
    """

    subject: str = ""
    outside: Sequence[str] = ()
    apart: Sequence[str] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def leader(self) -> Method:
        """The method that was scored."""
        return next(method for method in self.methods if method.name == self.subject)


def read_beside(
    root: Path, folders: Mapping[str, Path], subject: str, draws: int, seed: int
) -> Beside:
    """Read the scores of a method, and of all others of the benchmark.

    Args:
        root: Results of the data set.
        folders: By name, what was written of each method that is not ours.
        subject: The one that is scored now.
        draws: Bootstrap draws behind each interval.
        seed: Of the draws.
    """
    places = {path.stem: path.with_suffix("") for path in sorted(root.glob("evaluate/*.parquet"))}
    places |= {name: folder / SCORED for name, folder in folders.items()}
    told = {name: read_json(place.with_suffix(".json")) for name, place in places.items()}
    tables = {
        name: read_table(place.with_suffix(".parquet"), "scores") for name, place in places.items()
    }
    split = next(s for s in PEOPLE if (tables[subject]["split"] == s).any())
    kept, summaries, apart = {}, {}, []
    for name, table in tables.items():
        alike = _alike(table[table["split"] == split], told[name], told[subject])
        if alike["ssim"].isna().all() and tables[subject]["ssim"].notna().any():
            apart.append(name)
            continue
        kept[name] = alike
        summaries[name] = told[name] | summarise(alike, draws, seed)
    own = [name for name in kept if name not in folders]
    trained = [root / "train" / name for name in own if name not in BASELINES]
    methods = together(read_methods([path for path in trained if path.is_dir()], own))
    for method in (method for method in methods if method.members):
        kept[method.name], summaries[method.name] = pooled(method, kept, summaries, draws, seed)
    known = {run.name for method in methods for run in (method, *method.members)}
    others = [Method(name, name) for name in kept if name in folders or name not in known]
    at = len(methods) - sum(method.name == list(BASELINES)[1] for method in methods)
    shown = [*methods[:at], *others, *methods[at:]]
    columns = {name: _column(told[name], told[subject]) for name in tables if name in kept}
    outside = [name for name in kept if name in folders]
    return Beside(shown, kept, summaries, subject, outside, apart, columns)


def _alike(
    table: pd.DataFrame, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> pd.DataFrame:
    """Blank the scores of other protocols; take the SSIM that was asked for where it is there."""
    mine, wanted = ours["protocols"], theirs["protocols"]
    columns: dict[str, Any] = {}
    for score in (score for score in SCORES if mine.get(score.name) != wanted.get(score.name)):
        columns[score.name] = np.nan if score.name != "pose_detected" else False
    if "ssim" in columns:
        column = _column(ours, theirs)
        columns["ssim"] = table[column] if column else np.nan
    return table.assign(**columns)


def _column(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """Return the column of the SSIM that was asked for; "" where there is none."""
    mine, wanted = ours["protocols"], theirs["protocols"].get("ssim")
    columns = [*map(column_of, PROTOCOLS), "ssim"]
    return next((c for c in columns if c in mine and mine[c] == wanted), "")


def tables_of(results: Beside, ranking: Ranking) -> list[Table]:
    """Lay out all tables, the main one first."""
    labels, split = results.labels, results.main_split
    tables = [
        score_tables.models_table(results, ranking),
        score_tables.all_scores_table(results),
        *_sets_table(results),
        comparison_table(ranking.comparisons, labels, split),
        *sensitivity_tables(results),
        data_tables.protocols_table(results),
    ]
    return [_placed(table, results) for table in tables]


def headline(results: Beside, benchmark: str) -> str:
    """Say what the method reached."""
    split = results.main_split
    found = results.estimate(results.subject, split, "ssim")
    span = f" [{found.low:.3f}, {found.high:.3f}]" if found.has_interval else ""
    protocol = results.summaries[results.subject]["protocols"]["ssim"].partition(":")[0]
    value = f"{found.value:.3f}{span}" if np.isfinite(found.value) else "not scored"
    return f"{results.subject} on {benchmark}, {PEOPLE[split]}: SSIM ({protocol}) {value}"


def facts(results: Beside) -> list[str]:
    """Say on what the scores rest, and what does not stand beside them."""
    split = results.main_split
    pairs = len(results.scores[results.subject])
    told = [f"{pairs:,} pairs of {counted(results.persons, split)}, checked before scored."]
    if results.apart:
        told.append(
            f"Not shown, being scored by another SSIM only: {', '.join(results.apart)}. Set"
            " evaluate.all_protocols to have them all."
        )
    return told


def _sets_table(results: Beside) -> Iterator[Table]:
    rows = []
    for method in results.runs:
        sets = results.summaries[method.name].get("sets", {})
        name = of_outside(method.name) if method.name in results.outside else method.name
        origin = of_table(scores_of(name)[0].as_posix())
        cells = [plain(sets.get(name, {}).get("value"), 3, origin) for name in SETS]
        rows.append(Row(method.label, cells))
    if any(cell.estimate for row in rows for cell in row.cells):
        notes = ["Of all images of a method together, so without intervals."]
        yield Table("sets", "Scores of sets of images", ["", *SETS.values()], rows, notes)


def inputs_of(root: Path, subject: str, outside: Iterable[str]) -> list[Path]:
    """List what the page of a method is made of besides its own scores.

    Args:
        root: Results of the data set.
        subject: The method.
        outside: Names of all methods that are not ours.
    """
    ours = [
        path for kind in ("evaluate", *IMAGES, "train") for path in sorted(root.glob(f"{kind}/*"))
    ]
    others = [of_outside(name) for name in outside if name != subject]
    return [*ours, *(root / path for name in others for path in scores_of(name))]


def _placed(table: Table, results: Beside) -> Table:
    """Name methods of others as such, and the SSIM by its own column."""
    rows = [
        replace(row, cells=[replace(c, origin=_seen(c.origin, results)) for c in row.cells])
        for row in table.rows
    ]
    return replace(table, rows=rows)


def _seen(origin: str, results: Beside) -> str:
    kind, parts = parse(origin) if origin else ("", [])
    if kind == "run" and parts[0] in results.outside:
        return ""  # of their training nothing is known
    if kind == "table" and (name := Path(parts[0]).stem) in results.outside:
        return of_table(scores_of(of_outside(name))[0].as_posix())
    if kind not in ("score", "compare"):
        return origin
    *methods, split, score = parts
    if score == "ssim":
        columns = [results.columns.get(one.split(JOINT)[0], "") for one in methods]
        score = columns[0] if len({*columns}) == 1 and columns[0] else score
    named = [of_outside(one) if one in results.outside else one for one in methods]
    return ":".join([kind, *named, split, score])
