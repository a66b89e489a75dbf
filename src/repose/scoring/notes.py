"""What a summary must say of scores that are not there, or that rest on little."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from repose.metrics.inception import FEATURES
from repose.metrics.ssim import PROTOCOLS, column_of


def of_scores(scores: pd.DataFrame, protocols: Iterable[str]) -> list[str]:
    """Name what pairs lack: a mask, or room for the window of an SSIM.

    Args:
        scores: The "scores" table of one method.
        protocols: Those with a column of their own.
    """
    found = []
    total = len(scores)
    if missing := int(scores["l1_fg"].isna().sum()):
        found.append(f"For {missing} of {total} targets there is no mask, so no foreground score.")
    if missing := int((scores["ssim"].isna() & scores["l1"].notna()).sum()):
        found.append(f"SSIM: {_room(missing, total)}.")
    if missing := int((scores["mask_ssim"].isna() & scores["ssim"].notna()).sum()):
        found.append(
            f"For {missing} of {total} targets no joint is known, so no mask-SSIM, or the image is"
            " of one colour."
        )
    for name in protocols:
        if missing := int(scores[column_of(name)].isna().sum()):
            window = PROTOCOLS[name].window
            found.append(f"SSIM {name} (a window of {window} px): {_room(missing, total)}.")
    return found


def of_sets(sets: dict[str, Any]) -> list[str]:
    """Warn of a FID that rests on few images; say why there is none.

    Args:
        sets: From `sets.describe`; with no image counted where there are no weights.
    """
    fid = sets["fid"]
    counts = fid["images"], fid["real_images"]
    if not max(counts):
        return []
    said = f"{counts[0]:,} generated and {counts[1]:,} real images"
    if fid["value"] is None:
        return [f"FID was not scored: it needs two images on either side, here are {said}."]
    if min(counts) < FEATURES:
        return [
            f"FID rests on {said}: with fewer than its {FEATURES:,} features its size depends on"
            " their number, so compare it only with one of as many."
        ]
    return []


def _room(missing: int, total: int) -> str:
    return (
        f"{missing} of {total} pairs have none; the image has no room for it, or is of one colour"
        " where the range is the image's own"
    )
