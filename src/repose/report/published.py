"""What the papers print: rows of `published.csv`, to be read beside ours, not ranked with them."""

import pandas as pd

from repose.report.tables import Cell, Row, Table, plain, tick

# Scores of published.csv that the table of published numbers shows; others stand in tables of
# their own (losses of the phases of a training).
SCORES = {
    "ssim": "SSIM ↑",
    "ssim_fg": "SSIM fg ↑",
    "ssim_bg": "SSIM bg ↑",
    "lpips": "LPIPS ↓",
    "inception": "IS ↑",
    "pose_auc": "Pose AUC ↑",
    "pose_loss_m": "Pose loss, m ↓",
}
LOSSES = {
    "vgg_train": "VGG loss, training pairs",
    "vgg_test": "VGG loss, unseen pairs",
    "d_loss": "loss of the discriminator, training pairs",
    "steps": "steps",
}


def published_table(published: pd.DataFrame) -> Table:
    """List every published score with its data, protocol and source."""
    published = published[published["score"].isin(SCORES)]
    rows = []
    for (paper, table), group in published.groupby(["paper", "table"], sort=False):
        rows.append(Row(f"{paper}, {table}", heading=True))
        for (row, data), values in group.groupby(["row", "data"], sort=False):
            by_score = scores_of(values)
            cells = [Cell(str(data)), *(plain(by_score.get(name)) for name in SCORES)]
            rows.append(Row(str(row), cells))
    columns = ["", "data", *SCORES.values()]
    return Table("published", "Published numbers, as printed", columns, rows, sources(published))


def scores_of(rows: pd.DataFrame) -> dict[str, float]:
    """Return the values of one published row by the name of the score."""
    return dict(zip(rows["score"], rows["value"], strict=True))


def sources(published: pd.DataFrame) -> list[str]:
    """Say for every published score by which protocol it was made, and where it is printed."""
    notes = []
    labels = SCORES | LOSSES
    for source, printed in published.groupby("source", sort=False):
        notes.append(f"{printed['paper'].iloc[0]}, {printed['table'].iloc[0]}: {source}.")
        for (data, score), values in printed.groupby(["data", "score"], sort=False):
            for protocol, alike in values.groupby("protocol", sort=False):
                whose = "" if len(alike) == len(values) else f" ({'; '.join(alike['row'])})"
                notes.append(f"{data}, {labels.get(score, score)}{whose}: {protocol}.")
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
        by_score = scores_of(values)
        cells = [tick(warp == "yes"), tick(pose == "yes")]
        rows.append(Row(str(row), [*cells, *(plain(by_score.get(name)) for name in scores)]))
    return rows
