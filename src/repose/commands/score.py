"""Check and score a folder of images that somebody else's method made."""

import argparse
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from repose.report.outside import Beside
    from repose.scoring.checks import Found
    from repose.scoring.folder import Files
    from repose.scoring.outside import Benchmark
    from repose.stages.evaluate import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the folder, the benchmark and the protocol."""
    add = parser.add_argument
    add("--generated", type=Path, required=True, help="folder of images, one per pair")
    add("--benchmark", required=True, help="a data set in results/, made by snakemake")
    add("--protocol", required=True, help="which SSIM is the main one, as evaluate.ssim_protocol")
    add("--method", default="", help="what it is called in the tables; else as the folder")
    add("--results", type=Path, default=Path("results"), help="where the benchmark lies")
    add("--configfile", type=Path, nargs="*", default=[],
        help="overlays, as for snakemake; else the benchmark's own")  # fmt: skip
    add("--accept", nargs="+", action="extend", default=[], metavar="KIND",
        help="kinds of faults that are meant so, such as jpeg")  # fmt: skip
    add("--accept-jpeg", dest="accept", action="append_const", const="jpeg",
        help="short for --accept jpeg")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Check everything, then score everything; nothing is written before.

    Returns:
        0: what is wrong is raised.
    """
    from repose.scoring import outside
    from repose.scoring.folder import list_files
    from repose.scoring.shown import threads

    accepted = _accepted(options.accept)
    overlays = options.configfile or _overlays(options.benchmark)
    config, shown = _settings(options.protocol, overlays)
    flags = ["--configfile", *map(str, overlays)] if overlays else []
    snakemake = shlex.join(["snakemake", "--cores", "all", *flags, "--"])
    benchmark = outside.find_benchmark(options.results, options.benchmark, snakemake)
    method = outside.name_method(options.method, options.generated, benchmark)
    files = list_files(options.generated)
    others = outside.other_readers(options.results, options.benchmark)
    with threads(config.workers) as pool:
        found = outside.check_images(files, benchmark, config.window, others, accepted, pool)
    output = benchmark.root / outside.FOLDER / method
    with _made(options, benchmark, files, config, output):
        results = _score(config, benchmark, files, found, output, shown)
    _tell(results, output)
    return 0


def _accepted(kinds: Sequence[str]) -> list[str]:
    from repose.errors import ReposeError, nearest
    from repose.scoring.faults import ACCEPTABLE

    for kind in kinds:
        if kind not in ACCEPTABLE:
            said, mend = f"'{kind}' cannot be accepted", nearest(kind, ACCEPTABLE)
            raise ReposeError("unknown-value", f"--accept: {said}", mend=mend)
    return list(kinds)


def _overlays(benchmark: str) -> list[Path]:
    """Find the overlay that makes a benchmark: of its name, or one that names it."""
    import yaml

    from repose.staleness import BASE

    own = BASE.with_name(f"{benchmark}.yaml")
    for path in [own, *sorted(BASE.parent.glob("*.yaml"))]:
        if path.is_file():
            found = yaml.safe_load(path.read_text(encoding="utf-8"))
            if isinstance(found, dict) and found.get("data_set") == benchmark:
                return [] if path == BASE else [path]
    return []


def _settings(protocol: str, overlays: Sequence[Path]) -> "tuple[Config, dict[str, Any]]":
    """Return how images are scored, and how many of them are shown."""
    from repose.errors import ReposeError, nearest
    from repose.metrics.ssim import PROTOCOLS
    from repose.stages.evaluate import Config
    from repose.staleness import load_config

    if protocol not in PROTOCOLS:
        mend = nearest(protocol, PROTOCOLS)
        raise ReposeError("unknown-protocol", f"no SSIM '{protocol}'", mend=mend)
    config = load_config(list(overlays))
    block = {**config["evaluate"], "ssim_protocol": protocol}
    block = {k: tuple(v) if isinstance(v, list) else v for k, v in block.items()}
    return Config(**block), {key: config["report"][key] for key in ("grid_rows", "grid_order")}


@contextmanager
def _made(
    options: argparse.Namespace,
    benchmark: "Benchmark",
    files: "Files",
    config: "Config",
    output: Path,
) -> Iterator[None]:
    """Have the manifests name what the scores rest on, and write down the job."""
    from repose.ancestry import fingerprint, named_files
    from repose.jobs import recorded
    from repose.making import made_of

    inputs = [*benchmark.inputs, files.root, *named_files(asdict(config).values())]
    found = {path: fingerprint(path) for path in inputs}
    with made_of(found) as making, recorded("score", _words(options), [output], making):
        yield


def _words(options: argparse.Namespace) -> list[str]:
    """Spell the command again."""
    words = ["score"]
    for name in (
        "generated",
        "benchmark",
        "protocol",
        "method",
        "results",
        "configfile",
        "accept",
    ):
        given = getattr(options, name)
        values = given if isinstance(given, list) else [given] if given else []
        words += [f"--{name}", *map(str, values)] if values else []
    return words


def _score(
    config: "Config",
    benchmark: "Benchmark",
    files: "Files",
    found: "Found",
    output: Path,
    shown: dict[str, Any],
) -> "Beside":
    """Pack the images, score them, and write tables and page: all of it, or nothing."""
    from repose.ancestry import fingerprint
    from repose.files import whole_folder
    from repose.making import also_of
    from repose.manifests import is_ours, write_manifest
    from repose.report.outside import inputs_of, read_beside
    from repose.scoring import outside
    from repose.stages import evaluate

    accepted = sorted({fault.kind for fault in found.faults})
    with whole_folder(output) as folder:
        images = folder / output.name
        outside.pack_images(files, found, benchmark, config.window, images)
        with also_of({images: fingerprint(images)}):
            evaluate.run(
                config,
                images=images,
                crops=benchmark.crops,
                masks=benchmark.masks,
                pairs=folder / outside.PAIRS,
                true_poses=benchmark.true_poses,
                output=folder / "scores.parquet",
                summary=folder / "scores.json",
            )
        draws, seed = config.bootstrap_draws, config.bootstrap_seed
        folders = dict(sorted((outside.scored(benchmark) | {output.name: folder}).items()))
        others = filter(is_ours, inputs_of(benchmark.root, output.name, folders))
        with also_of({path: fingerprint(path) for path in others}):
            results = read_beside(benchmark.root, folders, output.name, draws, seed)
            _write_page(results, benchmark, folders, (draws, seed), shown, accepted)
            write_manifest(folder, asdict(config) | {"method": output.name, "accepted": accepted})
    return results


def _write_page(
    results: "Beside",
    benchmark: "Benchmark",
    folders: dict[str, Path],
    drawn: tuple[int, int],
    shown: dict[str, Any],
    accepted: Sequence[str],
) -> None:
    from repose.data.tables import read_table
    from repose.report import grids, outside
    from repose.report.origins import images_of
    from repose.report.page import write_outside
    from repose.report.paired import rank
    from repose.scoring.faults import KINDS

    images = [benchmark.root / images_of(run.name) for run in results.runs]
    images = [path for path in images if path.name not in folders and path.is_dir()]
    images += [folders[name] / name for name in results.outside]
    shelf = grids.open_shelf(read_table(benchmark.pairs, "pairs"), benchmark.crops, images)
    folder = folders[results.subject]
    write_outside(
        folder,
        outside.tables_of(results, rank(results, *drawn)),
        grids.pair_grids(results, shelf, shown["grid_rows"], shown["grid_order"]),
        benchmark=benchmark.root.name,
        method=results.subject,
        headline=outside.headline(results, benchmark.root.name),
        facts=outside.facts(results),
        warnings=[f"accepted as it is: {KINDS[kind].what}." for kind in accepted],
        notes=results.notes,
    )


def _tell(results: "Beside", output: Path) -> None:
    """Print the table, what it says and where the rest lies."""
    from repose.report import outside
    from repose.report.paired import Ranking
    from repose.report.terminal import to_text

    print(to_text(outside.tables_of(results, Ranking())[0]))
    print(outside.headline(results, output.parent.parent.name))
    for line in (*outside.facts(results), *results.notes):
        print(line)
    print(f"score: {output / 'report.html'}")
