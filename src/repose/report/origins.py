"""Where the number of a cell was read: a short word that `repose why` follows to the raw data.

score:<method>:<split>:<score>            a mean of the summary, or of the scores behind it;
                                          methods of others are called score/<method>
compare:<method>:<other>:<split>:<score>  two methods, pair by pair
run:<method>:<key>                        a fact of a training, keys of blocks joined by dots
published:<line>                          a line of published.csv; its header is line 1
in:<data set>:<one of the others>         the same, in a table of several data sets
table:<path>                              a file, or all outputs of a stage, below the data
                                          set's own folder of results
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from repose.errors import ReposeError
from repose.report.methods import BASELINES, JOINT, TIMES

SCORED = "score"  # folder of the methods of others, in a data set's own folder of results

# Numbers of parts.
KINDS = {"score": 3, "compare": 4, "run": 2, "published": 1, "table": 1, "in": 2}


def of_score(method: str, split: str, score: str) -> str:
    """Name a method's mean of a score."""
    return f"score:{method}:{split}:{score}"


def of_comparison(method: str, other: str, split: str, score: str) -> str:
    """Name a difference or ratio of two methods."""
    return f"compare:{method}:{other}:{split}:{score}"


def of_run(method: str, key: str) -> str:
    """Name a fact of a training: of `times.json` if the key begins with `times.`."""
    return f"run:{method}:{key}"


def of_line(index: int) -> str:
    """Name a line of published.csv by the number of its row, from 0."""
    return f"published:{index + 2}"


def of_table(path: str) -> str:
    """Name a file, or a stage's folder, below the data set's own folder of results."""
    return f"table:{path}"


def parse(origin: str) -> tuple[str, list[str]]:
    """Split an origin into its kind and its parts.

    Raises:
        ReposeError: bad-origin.
    """
    kind, _, rest = origin.partition(":")
    parts = rest.split(":", KINDS.get(kind, 1) - 1)
    if kind not in KINDS or len(parts) != KINDS[kind] or not all(parts):
        mend = "make the report again"
        raise ReposeError("bad-origin", f"a cell says that it is of '{origin}'", mend=mend)
    return kind, parts


def files_of(origin: str) -> list[Path]:
    """List what a cell was read from, below the data set's own folder of results.

    Args:
        origin: Of the cell; nothing below that folder for published ones.

    Raises:
        ReposeError: bad-origin.
    """
    kind, parts = parse(origin)
    return _FILES[kind](parts)


def images_of(method: str) -> Path:
    """Return where the images of a method lie."""
    return Path("baselines" if method in BASELINES else "generate", method)


def of_outside(method: str) -> str:
    """Return what a method of somebody else's is called in origins."""
    return f"{SCORED}/{method}"


def scores_of(method: str) -> list[Path]:
    """Return where the summary and the scores of a method lie, of ours or of somebody else's."""
    folder = (
        Path(method, "scores") if method.startswith(of_outside("")) else Path("evaluate", method)
    )
    return [folder.with_name(f"{folder.name}.{end}") for end in ("json", "parquet")]


def _evaluated(methods: Sequence[str]) -> list[Path]:
    runs = [run for method in methods for run in method.split(JOINT)]
    return [path for run in runs for path in scores_of(run)]


def _trained(parts: Sequence[str]) -> list[Path]:
    method, key = parts
    file = TIMES if key.startswith("times.") else "run.json"
    return [Path("train", run, file) for run in method.split(JOINT)]


_FILES: dict[str, Callable[[Sequence[str]], list[Path]]] = {
    "score": lambda parts: _evaluated(parts[:1]),
    "compare": lambda parts: _evaluated(parts[:2]),
    "run": _trained,
    "published": lambda _parts: [],
    "table": lambda parts: [Path(parts[0])],
    "in": lambda parts: [Path(parts[0], file) for file in files_of(parts[1])],
}
