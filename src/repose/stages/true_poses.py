"""From the true target images to the poses that generated images are compared with.

Every method is compared with the same true images, so the estimator looks at those once.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from repose.data.tables import make_table, read_table, vectors, write_table
from repose.manifests import write_manifest
from repose.metrics.pose import give_room
from repose.progress import track
from repose.report.stored import stored_frames

BATCH = 128  # images held in memory at a time


@dataclass(frozen=True)
class Config:
    """Which estimator judges the images, and how it sees them."""

    estimator: str
    config: str
    weights: str
    weights_sha256: str
    lifter_config: str
    lifter_weights: str
    lifter_sha256: str
    detector_config: str
    detector_weights: str
    detector_sha256: str
    pose_pairs: int
    border_share: float
    enlarge_to: int


def run(
    config: Config,
    *,
    crops: list[Path],
    pairs: Path,
    metro: list[Path] | None = None,
    output: Path,
) -> None:
    """Estimate the pose in the true target image of the pairs; `none` leaves the table empty."""
    table = spread(read_table(pairs, "pairs"), config.pose_pairs)
    if config.estimator == "none":
        table = table.iloc[:0]
    settings = dataclasses.asdict(config)
    # Evaluation asks the same estimator, and finds here where its weights lie.
    used = settings | ({"weights": str(metro[0])} if metro else {})
    rows = _estimate(used, crops, table) if len(table) else []
    write_table(make_table("poses", rows), output, "poses", used)
    write_manifest(output, settings)
    found = sum(row["detected"] for row in rows)
    print(f"true_poses: {config.estimator} found a person in {found} of {len(rows)} images")


def spread(pairs: pd.DataFrame, most: int) -> pd.DataFrame:
    """Take at most so many pairs of each split, as evenly from its people as they go; 0: all.

    Every n-th pair of the list would not do: where people take turns, some would have none.
    """
    if most == 0:
        return pairs
    turn = pairs.groupby(["split", "person"], sort=False).cumcount()
    ordered = pairs.assign(turn=turn).sort_values(["turn", "pair"])
    return ordered.groupby("split", sort=False).head(most).drop(columns="turn").sort_values("pair")


def _estimate(
    used: Mapping[str, Any], crops: list[Path], table: pd.DataFrame
) -> list[dict[str, Any]]:
    from repose.poses import Settings, load  # heavy, and not needed when no pose is scored

    estimator = load(used["estimator"], Settings.taken_from(used))
    images, _ = stored_frames(crops, "crops")
    rows: list[dict[str, Any]] = []
    for start in track(range(0, len(table), BATCH), "true poses"):
        part = table.iloc[start : start + BATCH]
        targets = zip(part["target_clip"], part["target_frame"], strict=True)
        poses = estimator.estimate_images(
            [
                give_room(images[target], used["border_share"], used["enlarge_to"])
                for target in targets
            ]
        )
        for pair, pose in zip(part["pair"], poses, strict=True):
            rows.append(
                {
                    "clip": "pair",
                    "frame": pair,
                    "detected": pose.detected,
                    "joints_px": vectors(pose.joints_px[None])[0],
                    "joints_mm": vectors(pose.joints_mm[None])[0],
                    "score": pose.score,
                    "people": pose.people,
                    "estimator": estimator.name,
                    "version": estimator.version,
                }
            )
    return rows
