"""From pairs to the motion of each body part."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from repose.data.tables import make_table, read_table, stack, vectors, write_table
from repose.errors import ReposeError
from repose.manifests import write_manifest
from repose.parts import fit_part_affines, fit_part_transforms
from repose.progress import track
from repose.skeleton import PARTS


@dataclass(frozen=True)
class Config:
    """How many pairs are fitted at once, and whether mirrors are allowed as in the original."""

    chunk: int
    compat_reflections: bool


def run(config: Config, *, pairs: Path, crops: list[Path], output: Path) -> None:
    """Fit ten 3D Helmert and ten 2D affine transforms per pair, `source_from_target` in crop px.

    A part whose joints are missing has the identity, a residual of NaN and its bit of
    degenerate; so has every part's Helmert transform where joints have no depth.

    Raises:
        ReposeError: missing-crop, when a pair names a frame that is not usable any more.
    """
    table = read_table(pairs, "pairs")
    joints = _joints(crops)
    parts = [
        _fit(config, table.iloc[start : start + config.chunk], joints)
        for start in track(range(0, len(table), config.chunk), "transforms")
    ]
    fitted = pd.concat(parts) if parts else make_table("transforms", [])
    metadata = {"compat_reflections": config.compat_reflections}
    write_table(fitted, output, "transforms", metadata)
    write_manifest(output, asdict(config))
    residuals = stack(fitted["helmert_residual_px"])
    known = residuals[np.isfinite(residuals)]
    fits = f"median Helmert residual {np.median(known):.2f} px" if len(known) else "no Helmert fit"
    marked = sum(int(bits).bit_count() for bits in fitted["degenerate"])
    count = len(fitted) * len(PARTS)
    print(f"transforms: {len(fitted)} pairs, {fits}, {marked} of {count} parts degenerate")


def _joints(crops: list[Path]) -> pd.Series:
    frames = read_table([folder / "crops.parquet" for folder in crops], "crops")
    return frames[frames["usable"]].set_index(["clip", "frame"])["joints_px"]


def _fit(config: Config, pairs: pd.DataFrame, joints: pd.Series) -> pd.DataFrame:
    source, target = (_points(joints, pairs, end) for end in ("source", "target"))
    helmert = fit_part_transforms(source, target, compat_reflections=config.compat_reflections)
    affine = fit_part_affines(source, target)
    weights = 1 << torch.arange(len(PARTS))  # bit p stands for part p
    return pd.DataFrame(
        {
            "pair": pairs["pair"],
            "helmert": vectors(helmert.source_from_target.numpy()),
            "helmert_residual_px": vectors(helmert.residual_px.numpy()),
            "affine": vectors(affine.source_from_target.numpy()),
            "affine_residual_px": vectors(affine.residual_px.numpy()),
            "degenerate": (helmert.degenerate * weights).sum(dim=1).numpy().astype(np.uint16),
        }
    )


def _points(joints: pd.Series, pairs: pd.DataFrame, end: str) -> torch.Tensor:
    keys = pd.MultiIndex.from_frame(pairs[[f"{end}_clip", f"{end}_frame"]])
    missing = keys.difference(joints.index)
    if len(missing):
        clip, frame = missing[0]
        raise ReposeError(
            "missing-crop",
            f"no usable crop of clip {clip}, frame {frame}",
            mend="run the pairs stage again",
        )
    rows = stack(joints.loc[keys])
    return torch.from_numpy(rows.reshape(len(rows), -1, 3))
