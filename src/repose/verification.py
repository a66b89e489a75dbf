"""Whether results are still what was written: every byte of every output below a folder.

A manifest proves its folder, or the file beside it. What a stage made and no manifest covers does
not count. Logs, and what a run directory holds besides its checkpoints, prove nothing and are
only counted.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from repose.ancestry import is_timed
from repose.errors import ReposeError
from repose.files import read_json
from repose.manifests import (
    BESIDE,
    IN_FOLDER,
    NOT_OURS,
    Fault,
    faults,
    manifest_path,
    read_manifest,
    unlisted,
)
from repose.settings import stages

# Checkpoints that were found damaged and set aside: known to be so, and no part of the results.
SET_ASIDE = "damaged-"
RESULTS = "results"
RUNS, LOGS = "runs", "logs"  # folders in it that are no stage's
SCORED = "score"  # a data set's: methods of others, which the graph knows nothing of
PAPERS = "papers"  # a stage's, beside the data sets, of several of which it tells
SNAPSHOT = "snapshot.json"  # of a data set: what it held when all of it was made


@dataclass
class Verdict:
    """What was looked at, and what is wrong with it.

    Attributes:
        faults: What is wrong, in order of the paths.
        outputs: Number of manifests.
        files: Number of files that they list.
        size: Bytes of those files.
        others: Number of files that no manifest covers and none needs to.
    """

    faults: list[Fault] = field(default_factory=list)
    outputs: int = 0
    files: int = 0
    size: int = 0
    others: int = 0


def verify(root: Path) -> Verdict:
    """Compare every output below a folder, or one file, with its manifest.

    Raises:
        ReposeError: missing-file, when there is nothing of that name.
    """
    if not root.exists():
        raise ReposeError("missing-file", "no such file or folder", path=root)
    outputs = list(find_outputs(root))
    verdict = Verdict(outputs=len(outputs))
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # hashing lets other threads run
        for output, found in zip(outputs, pool.map(output_faults, outputs), strict=True):
            verdict.faults += found
            sizes = _sizes(output)
            verdict.files += len(sizes)
            verdict.size += sum(sizes.values())
    verdict.faults += _gone(outputs)
    for path, needed in _uncovered(root, outputs):
        if needed:
            verdict.faults.append(Fault(path, "no manifest lists it"))
        else:
            verdict.others += 1
    verdict.faults.sort(key=lambda fault: fault.path)
    return verdict


def _gone(outputs: list[Path]) -> Iterator[Fault]:
    """Find the outputs of a snapshot that are not there, and their manifests neither."""
    for snapshot in (path for path in outputs if path.name == SNAPSHOT):
        with suppress(ReposeError, LookupError, TypeError):  # its own manifest finds the damage
            for name in read_json(snapshot)["outputs"]:
                if not manifest_path(path := snapshot.parent / name).exists():
                    yield Fault(path, "missing")


def output_faults(output: Path) -> list[Fault]:
    """Find everything in one output that is not as its manifest says, the manifest included."""
    try:
        return [*faults(output), *unlisted(output)]
    except ReposeError as error:
        return [Fault(manifest_path(output), error.message)]


def find_outputs(root: Path) -> Iterator[Path]:
    """Find all folders and files below a folder that have a manifest, in order."""
    if root.is_file():
        yield root
        return
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not _hidden(name))
        if IN_FOLDER in names:
            yield Path(folder)
        for name in sorted(names):
            if name.endswith(BESIDE) and name != BESIDE:
                yield Path(folder, name.removesuffix(BESIDE))


def differences(ours: Path, theirs: Path) -> list[str]:
    """Name what differs between two folders of results, times apart, by their manifests.

    Returns:
        One line per difference; what lies in run directories is no result.
    """
    mine, other = (
        {path.relative_to(root): path for path in find_outputs(root)} for root in (ours, theirs)
    )
    found = []
    for name in sorted({*mine, *other}):
        if RUNS in name.parts:
            continue
        if name not in mine or name not in other:
            found.append(f"{name}: only in {ours if name in mine else theirs}")
        else:
            found += _differ(name, read_manifest(mine[name]), read_manifest(other[name]))
    return found


def _differ(output: Path, ours: Mapping, theirs: Mapping) -> Iterator[str]:
    for key in ("version", "settings"):
        if ours[key] != theirs[key]:
            yield f"{output}: made with other {key}"
    a, b = ours["sha256"], theirs["sha256"]
    base = output if output.name not in a else output.parent
    for name in sorted({*a, *b}):
        if name not in a or name not in b:
            yield f"{base / name}: only one of the two has it"
        elif a[name] != b[name] and not is_timed(name):
            yield f"{base / name}: other bytes"


def _uncovered(root: Path, outputs: list[Path]) -> Iterator[tuple[Path, bool]]:
    """Find the files that no manifest covers, and tell whether they would need one."""
    if root.is_file():
        return
    covered = {*outputs, *map(manifest_path, outputs)}
    for folder, inner, names in os.walk(root):
        if Path(folder) in covered:
            inner.clear()  # `unlisted` looks there
            continue
        inner.sort()
        for path in (Path(folder, name) for name in sorted(names) if name not in NOT_OURS):
            if path not in covered:
                yield path, _is_result(root, path)


def _is_result(root: Path, path: Path) -> bool:
    """Tell whether a stage made a file: it lies in a stage's folder and is no leftover."""
    parts = path.relative_to(root).parts
    if any(_hidden(part) for part in parts) or parts[0] in (RUNS, LOGS):
        return False
    if {RUNS, LOGS} & set(_below_results(root)):  # where logs lie in folders of stages, too
        return False
    if _is_data_set(root):
        return parts[0] in (*stages(), SCORED)
    if any(map(_is_data_set, root.iterdir())):
        return parts[0] == PAPERS or (len(parts) > 1 and parts[1] in (*stages(), SCORED))
    return True


def _below_results(root: Path) -> Sequence[str]:
    """Return the part of a path below its last `results`; what lies above has any names."""
    parts = root.absolute().parts
    return parts[len(parts) - parts[::-1].index(RESULTS) :] if RESULTS in parts else ()


def _is_data_set(folder: Path) -> bool:
    return any((folder / stage).is_dir() for stage in stages() if stage != PAPERS)


def _hidden(name: str) -> bool:
    """Tell what a killed process left, Snakemake's records, and what was set aside."""
    return name.startswith((".", SET_ASIDE))


def _sizes(output: Path) -> dict[str, int]:
    try:
        return dict(read_manifest(output)["size"])
    except ReposeError:
        return {}
