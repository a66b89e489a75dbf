"""From scores, pictures and logs to the tables, the figures and the page."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from repose import __version__
from repose.data.tables import read_table, table_metadata
from repose.errors import ReposeError, nearest
from repose.files import whole_folder
from repose.manifests import write_manifest
from repose.metrics.scores import SCORE
from repose.report import data_tables, exhibits, score_tables
from repose.report.compare import Comparison
from repose.report.headline import findings, headline, warnings
from repose.report.page import Page, summary, write_page
from repose.report.plain import write_plain
from repose.report.results import Results, read_results
from repose.report.stored import stored_frames
from repose.report.tables import Table


@dataclass(frozen=True)
class Config:
    """How much is shown, and how intervals are formed."""

    grid_rows: int
    grid_order: str
    overlay_clips: int
    overlay_frames: int
    overlay_px: int
    bootstrap_draws: int
    bootstrap_seed: int


@dataclass(frozen=True)
class Pictures:
    """Where the pictures lie."""

    train: list[Path]
    images: list[Path]
    frames: list[Path]
    crops: list[Path]


def run(
    config: Config,
    *,
    train: list[Path],
    images: list[Path],
    scores: list[Path],
    summaries: list[Path],
    clips: Path,
    frames: list[Path],
    poses: list[Path],
    crops: list[Path],
    pairs: Path,
    transforms: Path,
    published: Path,
    output: Path,
) -> None:
    """Make the report; it ends by printing the main table and the page's path."""
    _check(config)
    places = Pictures(train, images, frames, crops)
    results = read_results(train, scores, summaries)
    material = data_tables.read_material(clips, frames, poses, crops)
    size = int(table_metadata(pairs)["size"])
    comparisons = score_tables.compare_all(results, config.bootstrap_draws, config.bootstrap_seed)
    tables = [
        *_score_tables(config, results, comparisons, pd.read_csv(published)),
        data_tables.clips_table(material),
        data_tables.transforms_table(read_table(transforms, "transforms"), size),
    ]
    page = Page(
        data_set=output.absolute().parent.name,
        headline=headline(comparisons, results),
        findings=findings(comparisons, results),
        warnings=warnings(results),
        notes=results.notes,
        clips_sentence=data_tables.clips_sentence(material),
        tables={table.name: table for table in tables},
        facts=_facts(results, size),
        speed=data_tables.speed_table(results.methods),
        **_exhibits(config, results, material, read_table(pairs, "pairs"), places),
    )
    with whole_folder(output) as folder:
        write_page(page, folder)
        write_plain(results, train, folder)
        write_manifest(folder, asdict(config) | {"methods": [path.name for path in images]})
    print(f"{summary(page)}\nreport: {output / 'report.html'}")


def _check(config: Config) -> None:
    if config.grid_order not in SCORE:
        mend = nearest(config.grid_order, SCORE)
        raise ReposeError("unknown-score", f"no score '{config.grid_order}'", mend=mend)


def _score_tables(
    config: Config, results: Results, comparisons: list[Comparison], published: pd.DataFrame
) -> list[Table]:
    best = score_tables.shown_best(results, config.bootstrap_draws, config.bootstrap_seed)
    return [
        score_tables.main_table(results, published, best),
        score_tables.comparison_table(comparisons, results.labels),
        score_tables.all_scores_table(results),
        score_tables.published_table(published),
        data_tables.protocols_table(results),
        data_tables.runs_table(results.methods),
    ]


def _exhibits(
    config: Config,
    results: Results,
    material: data_tables.Material,
    pairs: pd.DataFrame,
    pictures: Pictures,
) -> dict[str, Any]:
    crops, _ = stored_frames(pictures.crops, "crops")
    frames, _ = stored_frames(pictures.frames, "frames")
    folders = {folder.name: folder for folder in pictures.images}
    clips = material.clips["clip"].tolist()
    shown_clips = clips[: config.overlay_clips] if config.overlay_clips else clips
    return {
        "grids": exhibits.pair_grids(
            results, pairs, crops, pictures.images, rows=config.grid_rows, order=config.grid_order
        ),
        "views": exhibits.views(folders.get(results.leader.name)),
        "score_charts": exhibits.interval_charts(results),
        "loss_charts": exhibits.loss_charts(pictures.train, exhibits.method_colours(results)),
        "samples": exhibits.samples(pictures.train),
        "overlays": exhibits.overlays(
            shown_clips,
            frames,
            material.poses,
            count=config.overlay_frames,
            height=config.overlay_px,
        ),
    }


def _facts(results: Results, size: int) -> dict[str, str]:
    """Say in short what was run; the long list is in the table of trainings."""
    facts = {"repose": __version__, "image size": f"{size} px"}
    for method in (method for method in results.methods if method.trained):
        run = method.run
        facts["commit"] = str(run.get("software", {}).get("commit", "unknown"))
        facts[method.label] = (
            f"{run.get('steps', '?')} steps, perceptual features: {_features(run)}"
        )
    return facts


def _features(run: Mapping[str, Any]) -> str:
    config = run.get("config", {})
    return str(config["features"]) if config.get("weight_perceptual") else "none"
