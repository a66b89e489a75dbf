"""What the papers print: rows of `published.csv`, to be read beside ours, and seldom ranked."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from repose.errors import ReposeError
from repose.report.origins import of_line
from repose.report.tables import Cell, Row, Table, plain, tick

COLUMNS = (
    "paper", "table", "row", "warp_3d", "pose_3d", "data", "score", "value", "protocol", "source",
    "note", "group",
)  # fmt: skip

# Scores of published.csv that the table of published numbers shows; others stand in tables of
# their own (losses of the phases of a training, times of estimators).
SCORES = {
    "ssim": "SSIM ↑",
    "ssim_fg": "SSIM fg ↑",
    "ssim_bg": "SSIM bg ↑",
    "mask_ssim": "mask-SSIM ↑",
    "lpips": "LPIPS ↓",
    "fid": "FID ↓",
    "inception": "IS ↑",
    "mask_inception": "mask-IS ↑",
    "ds": "DS ↑",
    "pckh": "PCKh ↑",
    "pose_auc": "Pose AUC ↑",
    "pose_loss_m": "Pose loss, m ↓",
}
LOSSES = {
    "vgg_train": "VGG loss, training pairs",
    "vgg_test": "VGG loss, unseen pairs",
    "d_loss": "loss of the discriminator, training pairs",
    "steps": "steps",
    "heatmap_loss": "loss of the heat maps",
    "paf_loss": "loss of the part affinity fields",
    "seconds_least": "s per image, least",
    "seconds_most": "s per image, most",
}
MARK = "*"  # a note that opens with it puts it behind the value


def read_published(path: Path) -> pd.DataFrame:
    """Read the papers' rows.

    Args:
        path: A CSV with the columns of `COLUMNS`. Rows that may be ranked among each other share
            a `group` (one protocol per score); `note` says why a row may not be ranked with the
            others; if it opens with `*`, it marks the value, and says first, up to `;`, why.

    Returns:
        Its rows, numbered from 0 in the order of the file; `value` as number, `printed` as text,
        with the digits that the paper gives and its mark.

    Raises:
        ReposeError: bad-listing, naming the column or the line.
    """
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if list(table.columns) != list(COLUMNS):
        said = f"its columns must be {', '.join(COLUMNS)}"
        raise ReposeError("bad-listing", said, path=path, mend="name them so, in this order")
    values = pd.to_numeric(table["value"], errors="coerce")
    if (wrong := values.isna()).any():
        line = int(wrong.to_numpy().argmax())
        said = f"line {line + 2} has value '{table['value'][line]}'"
        raise ReposeError("bad-listing", said, path=path, mend="write a plain number")
    marked = table["note"].str.startswith(MARK).map({True: MARK, False: ""})
    return table.assign(value=values, printed=table["value"] + marked)


def published_table(published: pd.DataFrame) -> Table:
    """List every published score with its data, protocol and source."""
    published = published[published["score"].isin(SCORES)]
    shown = [score for score in SCORES if (published["score"] == score).any()]
    rows = []
    for (paper, table), group in published.groupby(["paper", "table"], sort=False):
        rows.append(Row(f"{paper}, {table}", heading=True))
        for (row, data), values in group.groupby(["row", "data"], sort=False):
            first = of_line(int(values.index[0]))
            cells = [Cell(str(data), origin=first), *printed_cells(values, shown)]
            rows.append(Row(str(row), cells))
    columns = ["", "data", *(SCORES[score] for score in shown)]
    notes = [*marks(published), *sources(published)]
    return Table("published", "Published numbers, as printed", columns, rows, notes)


def printed_cells(rows: pd.DataFrame, scores: list[str]) -> list[Cell]:
    """Return the values of one published row, with the digits and the mark of the paper.

    Args:
        rows: Its scores, lines of `read_published`.
        scores: Which, in order; a dash where the paper has none.
    """
    first = of_line(int(rows.index[0]))
    cells = {}
    for index, score, value, text in zip(
        rows.index, rows["score"], rows["value"], rows["printed"], strict=True
    ):
        cells[score] = replace(plain(float(value), origin=of_line(int(index))), text=str(text))
    return [cells.get(score, plain(None, origin=first)) for score in scores]


def scores_of(rows: pd.DataFrame) -> dict[str, float]:
    """Return the values of one published row by the name of the score."""
    return dict(zip(rows["score"], rows["value"], strict=True))


def lines_of(rows: pd.DataFrame) -> dict[str, str]:
    """Return where the values of one published row stand, by the name of the score."""
    return {str(score): of_line(int(index)) for index, score in rows["score"].items()}


def sources(published: pd.DataFrame) -> list[str]:
    """Say for every published score by which protocol it was made, and where it is printed."""
    notes = []
    labels = SCORES | LOSSES
    for source, printed in published.groupby("source", sort=False):
        whose = f"{printed['paper'].iloc[0]}, {printed['table'].iloc[0]}"
        notes.append(f"{source}." if str(source).startswith(whose) else f"{whose}: {source}.")
        for (data, score), values in printed.groupby(["data", "score"], sort=False):
            for protocol, alike in values.groupby("protocol", sort=False):
                whose = "" if len(alike) == len(values) else f" ({'; '.join(alike['row'])})"
                notes.append(f"{data}, {labels.get(score, score)}{whose}: {protocol}.")
    return notes


def marks(published: pd.DataFrame) -> list[str]:
    """Say what the mark behind a value means."""
    notes = published["note"][published["note"].str.startswith(MARK)]
    said = dict.fromkeys(note.lstrip(f"{MARK} ").partition(";")[0] for note in notes)
    return [f"{MARK}: {'; '.join(said)}."] if said else []


def disagreements(published: pd.DataFrame) -> list[str]:
    """Name the values of one protocol that two sources print differently, rounding aside."""
    notes = []
    same = ["data", "row", "score", "protocol"]
    for (data, row, score, _), values in published.groupby(same, sort=False):
        digits = min(len(text.rstrip(MARK).partition(".")[2]) for text in values["printed"])
        spread = values["value"].max() - values["value"].min()
        if len(values) > 1 and spread > 0.51 * 10.0**-digits:
            told = (f"{v} ({s})" for v, s in zip(values["printed"], values["source"], strict=True))
            label = SCORES.get(score, score)
            notes.append(f"Sources disagree on {row}, {data}, {label}: {', '.join(told)}.")
    return notes


def ablation_rows(published: pd.DataFrame, scores: tuple[str, ...]) -> list[Row]:
    """Return the rows of Table 1 of Knoche et al. 2020: two ticks, then the scores."""
    ablation = published[
        published["warp_3d"].isin(["yes", "no"]) & (published["table"] == "Table 1")
    ]
    if ablation.empty:
        return []
    paper, data = ablation["paper"].iloc[0], ablation["data"].iloc[0]
    rows = [Row(f"Published: {paper}, {data}, 256 px", heading=True)]
    for (row, warp, pose), values in ablation.groupby(["row", "warp_3d", "pose_3d"], sort=False):
        first = of_line(int(values.index[0]))
        cells = [tick(asked == "yes", first) for asked in (warp, pose)]
        rows.append(Row(str(row), [*cells, *printed_cells(values, list(scores))]))
    return rows
