"""From a cell back to the raw data, by what each manifest says of its inputs; every byte counts.

An ancestor is an output of a stage on which the cell rests. What lies outside of the results
(videos, weights, published.csv) has no manifest: the stage that read it wrote down its sha256, or
the table of clips did.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

from repose.ancestry import digest, read_inputs
from repose.cells import Found, origins_beside
from repose.errors import ReposeError
from repose.files import sha256
from repose.jobs import read_jobs
from repose.manifests import IN_FOLDER, SELF, Fault, is_ours, read_manifest
from repose.raw import raw_files
from repose.report.origins import SCORED, files_of, parse
from repose.settings import stages
from repose.verification import find_outputs, output_faults

Wanted = Callable[[Path], bool]


@dataclass(frozen=True)
class Ancestor:
    """An output on which a cell rests.

    Attributes:
        output: Its file or folder.
        stage: That made it.
        manifest: Of it; {} when it is damaged.
        inputs: Digests of its inputs by their paths; None when they were not written down.
        job: What the job was; None when that is not known.
    """

    output: Path
    stage: str
    manifest: Mapping[str, Any]
    inputs: Mapping[Path, str] | None
    job: Mapping[str, Any] | None


@dataclass
class Provenance:
    """Where a cell comes from.

    Attributes:
        cell: The cell.
        report: The report that holds it.
        direct: What it was read from.
        ancestors: Outputs that it rests on, the report first, then from near to far.
        outside: What lies outside of the results: sha256 by path, "" where nobody wrote it down.
        faults: All that is not as it was written, or not what was read.
    """

    cell: Found
    report: Path
    direct: Sequence[Path]
    ancestors: list[Ancestor] = field(default_factory=list)
    outside: dict[Path, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def of(self, stage: str) -> list[Ancestor]:
        """Return the ancestors that a stage made."""
        return [ancestor for ancestor in self.ancestors if ancestor.stage == stage]


class Archive:
    """A data set's results; what was proven once is not read again."""

    def __init__(self) -> None:
        self.faults = cache(output_faults)
        self.digest = cache(digest)
        self.sha256 = cache(sha256)
        self.ancestor = cache(self._ancestor)
        self.jobs = cache(read_jobs)
        self.raw = cache(raw_files)

    def trace(self, cell: Found) -> Provenance:
        """Follow a cell to the raw data, and prove every byte on the way.

        Raises:
            ReposeError: no-report, or bad-origin.
        """
        report = _report_of(cell.table)
        damaged = {fault.path.name for fault in self.faults(report)}
        if origins_beside(cell.table).name in damaged:
            cell = replace(cell, origin="")
        home = home_of(report)
        starts = [home / path for path in files_of(cell.origin)] if cell.origin else []
        found = Provenance(cell, report, starts)
        near = list(dict.fromkeys(o for path in starts for o in _outputs_at(path, home, found)))
        self._walk(found, near, _wanted(cell.origin, near))
        self._prove(found)
        return found

    def _ancestor(self, output: Path) -> Ancestor:
        stage = stage_of(output)
        try:
            manifest, inputs = read_manifest(output), read_inputs(output)
        except ReposeError:  # its faults say so
            return Ancestor(output, stage, {}, None, None)
        job = self.jobs(home_of(output), stage).get(manifest[SELF])
        return Ancestor(output, stage, manifest, inputs, job)

    def _walk(self, found: Provenance, near: Sequence[Path], wanted: Wanted) -> None:
        queue = [found.report, *near]
        seen = {*queue}
        while queue:
            one = self.ancestor(queue.pop(0))
            found.ancestors.append(one)
            for path, recorded in (one.inputs or {}).items():
                if one.output == found.report and not wanted(path):
                    continue
                if not is_ours(path):
                    found.outside[path] = recorded
                    found.faults += self._changed(path, recorded, one.output)
                    continue
                found.faults += self._remade(path, recorded, one.output)
                queue += [path] if path not in seen else []
                seen.add(path)

    def _prove(self, found: Provenance) -> None:
        outputs = [one.output for one in found.ancestors]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for faults in pool.map(self.faults, outputs):
                found.faults += faults
        known = {*outputs}
        scored = dict.fromkeys(scored_folder(one.output) for one in found.of(SCORED))
        for output in (*(one.output for one in found.of("ingest")), *scored):
            raw = {
                path: recorded
                for path, recorded in self.raw(output).items()
                if not known.intersection(path.parents)  # else its own manifest proves it
            }
            found.outside |= raw
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                changed = partial(self._changed, output=output)
                found.faults += chain.from_iterable(pool.map(changed, raw, raw.values()))
        found.faults[:] = sorted({*found.faults}, key=lambda fault: (fault.path, fault.what))

    def _remade(self, path: Path, recorded: str, output: Path) -> list[Fault]:
        """Find an input that is another one than was read."""
        try:
            same = self.digest(path) == recorded
        except ReposeError:  # its own faults say so
            return []
        return [] if same else [Fault(path, f"made anew since {output} was made of it")]

    def _changed(self, path: Path, recorded: str, output: Path) -> list[Fault]:
        """Find a file from outside that is another one than was read."""
        if not path.exists():
            return [Fault(path, "missing")]
        if recorded and path.is_file() and self.sha256(path) != recorded:
            return [Fault(path, f"changed since {output} was made of it")]
        return []


def stage_of(output: Path) -> str:
    """Return the stage that made an output, by where it lies; "" elsewhere."""
    near = (output.name, output.parent.name)
    if SCORED in output.parts[-3:-1]:
        return SCORED
    return next((name for name in near if name in stages()), "")


def home_of(output: Path) -> Path:
    """Return the data set's own folder of results."""
    stage = stage_of(output)
    if stage == SCORED:
        return scored_folder(output).parent.parent
    return output.parent if output.name == stage else output.parent.parent


def scored_folder(output: Path) -> Path:
    """Return the folder of somebody's method that holds an output, or is it."""
    return output if output.parent.name == SCORED else output.parent


def _wanted(origin: str, near: Sequence[Path]) -> Wanted:
    """Return which of a report's inputs a cell rests on: all, where it names no origin."""
    if not origin:
        return lambda _path: True
    if parse(origin)[0] == "published":
        return lambda path: not is_ours(path)
    return near.__contains__


def _report_of(table: Path) -> Path:
    for path in (Path(os.path.normpath(table)), table.absolute()):  # short names if they will do
        found = next((one for one in path.parents if (one / IN_FOLDER).is_file()), None)
        if found and (stage_of(found) or path.is_absolute()):
            return found
    mend = "name a table in results/<data_set>/report/tables"
    raise ReposeError("no-report", "no report with a manifest holds it", path=table, mend=mend)


def _outputs_at(path: Path, home: Path, found: Provenance) -> Iterator[Path]:
    """Find the outputs that a path stands for: itself, what it lies in, or all below it."""
    above = [folder for folder in path.parents if folder.is_relative_to(home) and folder != home]
    held = next((one for one in (path, *above) if is_ours(one)), None)
    below = list(find_outputs(path)) if path.is_dir() else []
    if held is None and not below:
        found.faults.append(Fault(path, "missing"))
    yield from [held] if held is not None else below
