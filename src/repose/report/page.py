"""The report on disk: one HTML file that needs nothing else, and the same as separate files.

What took how long stands apart, in speed.html and the like: all else is the same when a run is
repeated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from repose.data.packs import encode
from repose.report.exhibits import Picture
from repose.report.figures import save_png, to_svg
from repose.report.pictures import Grid, compose, data_uri
from repose.report.score_tables import MODELS
from repose.report.spellings import write_all
from repose.report.tables import Table
from repose.report.terminal import COLUMNS, to_text


@dataclass(frozen=True)
class Page:
    """All that the page shows.

    Attributes:
        data_set: Its name.
        headline: The result in one sentence.
        findings: The numbers behind it, one sentence each.
        warnings: What a reader must know first.
        notes: What was not measured and why.
        clips_sentence: Whether a clip was lost.
        leakage: What each two splits share, one sentence each.
        leaked: Pictures that two splits share, if any.
        tables: By name: main, models, paired, scores, protocols, published, few, clips,
            leakage, transforms, runs; phases and swaps where there are some.
        papers: Names of the papers' tables that this data set has a place in.
        first: Name of the table that comes first: main, or models with several families.
        grids: Pairs and what the methods made of them.
        views: What each model makes on its way to the result.
        swaps: What depth swaps changed.
        score_charts: Intervals, by file name.
        loss_charts: Losses, by file name.
        samples: Watched pairs over the steps of training.
        overlays: Skeletons over frames, one strip per clip.
        facts: Short facts about the run.
        speed: The table of models with times: on a page of its own, the only one that tells the
            time.
        times: Facts of that page: what each training took, and on what.
    """

    data_set: str
    headline: str
    findings: Sequence[str]
    warnings: Sequence[str]
    notes: Sequence[str]
    clips_sentence: str
    leakage: Sequence[str]
    leaked: Grid | None
    tables: Mapping[str, Table]
    papers: Sequence[str]
    first: str
    grids: Sequence[Grid]
    views: Sequence[Grid]
    swaps: Sequence[Grid]
    score_charts: Mapping[str, Figure]
    loss_charts: Mapping[str, Figure]
    samples: Sequence[Picture]
    overlays: Sequence[Picture]
    facts: Mapping[str, str]
    speed: Table
    times: Table


def write_page(page: Page, folder: Path) -> None:
    """Write report.html, speed.html, what a terminal shows, and every table and figure by itself.

    Args:
        page: What to write.
        folder: An empty folder.
    """
    tables, figures = folder / "tables", folder / "figures"
    tables.mkdir()
    figures.mkdir()
    for table in (*page.tables.values(), page.speed):
        write_all(table, tables)
    for name, figure in (*page.score_charts.items(), *page.loss_charts.items()):
        save_png(figure, figures / f"{name}.png")
    images = {picture.name: picture.image for picture in (*page.samples, *page.overlays)}
    images |= {grid.name: compose(grid) for grid in (*page.grids, *page.views, *page.swaps)}
    if page.leaked is not None:
        images[page.leaked.name] = compose(page.leaked)
    for name, image in images.items():
        (figures / f"{name}.png").write_bytes(encode(image, "png"))
    for name in ("report", page.speed.name):
        (folder / f"{name}.html").write_text(to_html(page, name), encoding="utf-8")
    (folder / "summary.txt").write_text(summary(page, page.tables[page.first]), encoding="utf-8")
    (folder / f"{page.speed.name}.txt").write_text(closing(page), encoding="utf-8")


def closing(page: Page) -> str:
    """Spell what a run ends with: with several families the table has their times, too."""
    return summary(page, page.speed if page.first == MODELS else page.tables[page.first])


def summary(page: Page, table: Table) -> str:
    """Spell the result for a terminal: a table, what it means, what to mind."""
    mind = [f"Mind: {warning}" for warning in page.warnings]
    said = (fill(line, COLUMNS) for line in (page.headline, *page.findings, *mind))
    return "\n".join([to_text(table), *said, ""])


def to_html(page: Page, name: str) -> str:
    """Spell the page as HTML, with everything inside it.

    Args:
        page: What to spell.
        name: Which of the templates: `report`, or `speed`.
    """
    return _render(name, page=page)


def write_tables(tables: Sequence[Table], folder: Path, names: Sequence[str]) -> None:
    """Write the papers' tables, each in every spelling, and all on one page.

    Args:
        tables: In the order of the page.
        folder: An empty folder; takes papers.html and tables/.
        names: Of the data sets that ours were measured on.
    """
    (folder / "tables").mkdir()
    for table in tables:
        write_all(table, folder / "tables")
    spelled = _render("papers", tables=tables, names=names)
    (folder / "papers.html").write_text(spelled, encoding="utf-8")


def write_outside(
    folder: Path, tables: Sequence[Table], grids: Sequence[Grid], **shown: object
) -> None:
    """Write what was found of a method that is not ours: its page, each table and grid by itself.

    Args:
        folder: Takes report.html, tables/ and figures/.
        tables: The main one first.
        grids: Pairs and what the methods made of them.
        shown: benchmark, method, headline, facts, warnings and notes of the page.
    """
    for name in ("tables", "figures"):
        (folder / name).mkdir()
    for table in tables:
        write_all(table, folder / "tables")
    for grid in grids:
        (folder / "figures" / f"{grid.name}.png").write_bytes(encode(compose(grid), "png"))
    spelled = _render("outside", tables=tables, grids=grids, **shown)
    (folder / "report.html").write_text(spelled, encoding="utf-8")


def _render(name: str, **shown: object) -> str:
    environment = Environment(
        loader=PackageLoader("repose.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template(f"{name}.html.j2")
    return template.render(shown, data_uri=data_uri, svg=to_svg)
