"""From the reports of several data sets to the papers' tables, published rows and ours."""

from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from repose.errors import ReposeError
from repose.files import whole_folder
from repose.manifests import write_manifest
from repose.report.blocks import FILE, Block, from_json
from repose.report.page import write_tables
from repose.report.papers import tables_of
from repose.report.published import read_published
from repose.report.tables import Cell, Row, Table
from repose.report.terminal import to_text


@dataclass(frozen=True)
class Config:
    """What is shown besides.

    Args:
        estimators: A CSV of our pose estimators, one row each, to be shown after the published
            ones; "" for none.
    """

    estimators: str


def run(config: Config, *, benchmarks: list[Path], published: Path, output: Path) -> None:
    """Lay out every table; it ends by printing them and the page's path.

    Args:
        config: The settings.
        benchmarks: The report of each data set.
        published: Rows of the papers.
        output: The folder to make.

    Raises:
        ReposeError: same-benchmark, when two reports are of one data set's folder; missing-file.
    """
    ours: dict[str, dict[str, Block]] = {}
    for folder in benchmarks:
        benchmark, blocks = from_json(folder / FILE)
        if benchmark.name in ours:
            said = f"two reports are of results/{benchmark.name}"
            raise ReposeError("same-benchmark", said, path=folder, mend="name each once")
        ours[benchmark.name] = blocks
    tables = tables_of(read_published(published), list(ours.values()))
    if config.estimators:
        tables.append(_estimators(Path(config.estimators)))
    printed = "\n".join(to_text(table) for table in tables)
    with whole_folder(output) as folder:
        write_tables(tables, folder, list(ours))
        (folder / "summary.txt").write_text(printed, encoding="utf-8")
        write_manifest(folder, asdict(config) | {"benchmarks": list(ours)})
    print(f"{printed}\npapers: {output / 'papers.html'}")


def _estimators(path: Path) -> Table:
    """Show a table of pose estimators as it was measured."""
    try:
        found = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError as error:
        mend = "make it, or set papers.estimators to ''"
        raise ReposeError("missing-file", "no such table", path=path, mend=mend) from error
    rows = [Row(name, [*map(Cell, cells)]) for name, *cells in found.to_numpy().tolist()]
    columns = ["", *found.columns[1:]]
    return Table("estimators", "Our pose estimators, on Studio's true poses", columns, rows)
