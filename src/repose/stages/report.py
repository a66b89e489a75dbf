"""From scores, pictures and logs to the tables, the figures and the page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from repose import __version__
from repose.data.tables import read_table, table_metadata
from repose.errors import ReposeError, nearest
from repose.files import whole_folder, write_json
from repose.manifests import write_manifest
from repose.metrics.scores import SCORE
from repose.report import data_tables, exhibits, grids, score_tables
from repose.report.blocks import FILE, read_benchmark, to_json
from repose.report.estimators import estimator_facts, estimator_warnings
from repose.report.few import few_table
from repose.report.headline import findings, headline, warnings
from repose.report.leakage import (
    Leakage,
    leakage_grid,
    leakage_lines,
    leakage_table,
    leakage_warnings,
    read_leakage,
)
from repose.report.methods import read_image_seconds
from repose.report.ours import blocks_of
from repose.report.page import Page, closing, write_page
from repose.report.paired import Ranking, comparison_table, rank
from repose.report.papers import tables_of
from repose.report.phases import phases_table, read_phases
from repose.report.plain import write_plain
from repose.report.published import published_table, read_published
from repose.report.results import Results, read_results
from repose.report.seed_table import seeds_table
from repose.report.sensitivity import sensitivity_tables
from repose.report.stored import stored_frames
from repose.report.swaps import read_all, swaps_grid, swaps_table
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


@dataclass(frozen=True)
class _Made:
    """What the stages before this one left."""

    name: str
    results: Results
    ranking: Ranking
    material: data_tables.Material
    pairs: pd.DataFrame
    size: int
    leaks: Leakage
    pictures: Pictures


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
    leakage: Path,
    published: Path,
    output: Path,
) -> None:
    """Make the report; it ends by printing the table of the run and the page's path."""
    _check(config)
    draws, seed = config.bootstrap_draws, config.bootstrap_seed
    results = read_results(train, scores, summaries, draws, seed)
    ranking = rank(results, draws, seed)
    benchmark = read_benchmark(output.absolute().parent.name, clips, pairs, summaries[0])
    blocks = blocks_of(benchmark, results, ranking, read_phases(results.runs, train), draws, seed)
    printed = read_published(published)
    papers = tables_of(printed, [blocks], benchmark.dataset or "none")
    made = _Made(
        benchmark.name, results, ranking, data_tables.read_material(clips, frames, poses, crops),
        read_table(pairs, "pairs"), int(table_metadata(pairs)["size"]), read_leakage(leakage),
        Pictures(train, images, frames, crops),
    )  # fmt: skip
    page = _page(config, made, printed, papers, read_table(transforms, "transforms"))
    with whole_folder(output) as folder:
        write_page(page, folder)
        write_plain(results, train, folder)
        write_json(folder / FILE, to_json(benchmark, blocks))
        write_manifest(folder, asdict(config) | {"methods": [path.name for path in images]})
    print(f"{closing(page)}\nreport: {output / 'report.html'}")


def _page(
    config: Config,
    made: _Made,
    published: pd.DataFrame,
    papers: Sequence[Table],
    transforms: pd.DataFrame,
) -> Page:
    results, ranking, material = made.results, made.ranking, made.material
    draws, seed = config.bootstrap_draws, config.bootstrap_seed
    swaps = read_all(results, made.pictures.images, made.pairs, draws, seed)
    tables = [
        *_score_tables(config, results, ranking, published, made.pictures.train),
        *papers,
        swaps_table(swaps),
        data_tables.clips_table(material),
        leakage_table(made.leaks),
        data_tables.transforms_table(transforms, made.size),
    ]
    seconds = read_image_seconds(made.pictures.images)
    return Page(
        data_set=made.name,
        clips_sentence=data_tables.clips_sentence(material),
        tables={table.name: table for table in tables if table is not None},
        papers=[table.name for table in papers],
        facts=_facts(results, made.size) | estimator_facts(material.poses, results),
        speed=score_tables.models_table(results, ranking, seconds),
        times=data_tables.times_table(results.runs),
        swaps=[swaps_grid(one) for one in swaps if len(one.strips)],
        **_said(results, ranking, made.leaks, material.poses),
        **_exhibits(config, made),
    )


def _check(config: Config) -> None:
    if config.grid_order not in SCORE:
        mend = nearest(config.grid_order, SCORE)
        raise ReposeError("unknown-score", f"no score '{config.grid_order}'", mend=mend)


def _score_tables(
    config: Config,
    results: Results,
    ranking: Ranking,
    published: pd.DataFrame,
    train: list[Path],
) -> list[Table | None]:
    draws, seed = config.bootstrap_draws, config.bootstrap_seed
    return [
        score_tables.main_table(results, published, ranking),
        score_tables.models_table(results, ranking),
        seeds_table(results, ranking),
        comparison_table(ranking.comparisons, results.labels, results.main_split),
        score_tables.all_scores_table(results),
        few_table(results, published, draws, seed),
        phases_table(results.runs, train, published),
        published_table(published),
        *sensitivity_tables(results),
        data_tables.protocols_table(results),
        data_tables.runs_table(results.runs),
    ]


def _said(
    results: Results, ranking: Ranking, leaks: Leakage, poses: pd.DataFrame
) -> dict[str, Any]:
    return {
        "headline": headline(ranking.comparisons, results),
        "findings": findings(ranking.comparisons, results),
        "warnings": [
            *leakage_warnings(leaks),
            *estimator_warnings(poses, results),
            *warnings(results),
        ],
        "leakage": leakage_lines(leaks),
        "notes": results.notes,
        "first": score_tables.MODELS if results.has_other_families else score_tables.MAIN_TABLE,
    }


def _exhibits(config: Config, made: _Made) -> dict[str, Any]:
    results, material, pictures = made.results, made.material, made.pictures
    frames, _ = stored_frames(pictures.frames, "frames")
    shelf = grids.open_shelf(made.pairs, pictures.crops, pictures.images)
    clips = material.clips["clip"].tolist()
    shown_clips = clips[: config.overlay_clips] if config.overlay_clips else clips
    return {
        "grids": grids.pair_grids(results, shelf, config.grid_rows, config.grid_order),
        "views": grids.view_grids(results, shelf),
        "score_charts": exhibits.interval_charts(results),
        "loss_charts": exhibits.loss_charts(pictures.train, exhibits.method_colours(results)),
        "samples": exhibits.samples(results, pictures.train),
        "leaked": leakage_grid(made.leaks, shelf.crops),
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
    for method in (method for method in results.runs if method.trained):
        run = method.run
        facts["commit"] = str(run.get("software", {}).get("commit", "unknown"))
        facts[method.label] = (
            f"{run.get('steps', '?')} steps, losses on features: {_features(run)}"
        )
    return facts


def _features(run: Mapping[str, Any]) -> str:
    config = run.get("config", {})
    looks = any(config.get(f"weight_{name}") for name in ("perceptual", "nearest", "gram"))
    return str(config["features"]) if looks else "none"
