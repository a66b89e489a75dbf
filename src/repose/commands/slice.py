"""Score the pairs that meet a condition, and picture the worst: slice 'view_change > 90'."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from repose.errors import ReposeError, nearest

if TYPE_CHECKING:
    from repose.report.slices import Scored

PICTURED = 8  # of the worst pairs
CODECS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.add_argument(
        "condition",
        help="comparisons of pose_distance, view_change (degrees), visible_share, scale, person,"
        " outfit, a score of the first method, or method.score; and, or, not, parentheses",
    )
    parser.add_argument("--benchmark", required=True, help="results/NAME, or NAME")
    parser.add_argument(
        "--method", nargs="+", default=[], metavar="M", help="the first is the one that is judged"
    )
    parser.add_argument("--score", default="ssim_fg", help="which score; ssim_fg if not said")
    parser.add_argument("--split", default="", help="test, valid or train; else unseen people")
    parser.add_argument("--worst", type=int, default=PICTURED, help="pairs pictured; 0: none")
    parser.add_argument("--draws", type=int, default=2000, help="of persons, behind each interval")
    parser.add_argument(
        "--output", type=Path, default=Path("slice.jpg"), help="the picture, .jpg or .png"
    )


def run(options: argparse.Namespace) -> int:
    """Print the table and write the picture.

    Raises:
        ReposeError: bad-condition, empty-slice, unknown-score, unknown-model, missing-folder.
    """
    from repose.metrics.scores import SCORE
    from repose.report.slices import cut, read_scored, slice_table, worst
    from repose.report.terminal import to_text

    if options.score not in SCORE:
        mend = nearest(options.score, SCORE)
        raise ReposeError("unknown-score", f"no score '{options.score}'", mend=mend)
    if options.output.suffix.lower() not in CODECS or options.worst < 0 or options.draws < 1:
        said = "a picture is .png or .jpg, --worst at least 0, --draws at least 1"
        raise ReposeError("wrong-value", said, path=options.output)
    scored = read_scored(_folder(options.benchmark), options.method, options.split)
    part = cut(scored, options.condition)
    table = slice_table(scored, part, options.score, options.draws, 0)
    print(to_text(table), *table.notes, sep="\n")
    if pairs := worst(scored, part, options.score, options.worst):
        _picture(scored, pairs, options.score, options.output)
    return 0


def _folder(name: str) -> Path:
    """Find a data set's folder of results by its path or its name."""
    given, named = Path(name), Path("results") / name
    for folder in (given, named):
        if (folder / "evaluate").is_dir():
            return folder
    known = [path.parent.name for path in Path("results").glob("*/evaluate")]
    mend = nearest(name, known) if known else "run a graph first"
    raise ReposeError("missing-folder", "no results with scores", path=named, mend=mend)


def _picture(scored: "Scored", pairs: Sequence[int], score: str, path: Path) -> None:
    from repose.data.packs import encode
    from repose.files import whole
    from repose.report.pictures import compose
    from repose.report.slice_gallery import gallery

    grid = gallery(scored, pairs, score)
    with whole(path) as beside:
        beside.write_bytes(encode(compose(grid), CODECS[path.suffix.lower()]))
    first = next(iter(scored.scores))
    print(f"slice: {path}: the {len(pairs)} pairs that {first} is worst at, the worst above:")
    for row in grid.rows:
        under = ", ".join(
            f"{name} {shown.caption}"
            for name, shown in zip(grid.columns, row.images, strict=True)
            if shown.caption
        )
        print(f"  {row.label}: {under}")
