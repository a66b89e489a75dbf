"""From one method's images to the scores of each pair and their means with intervals."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from repose.data.tables import (
    make_table,
    read_parts,
    read_table,
    stack,
    table_metadata,
    write_table,
)
from repose.errors import ReposeError, nearest
from repose.files import write_json
from repose.manifests import write_manifest
from repose.metrics import pose as pose_metrics
from repose.metrics.lpips import BACKBONES, build_lpips
from repose.metrics.scorers import (
    NO_POSE,
    perceptual_scores,
    pixel_protocols,
    pixel_scores,
    pose_scores,
)
from repose.metrics.ssim import PROTOCOLS
from repose.progress import track
from repose.report.compare import PEOPLE, summarise
from repose.report.stored import Image, stored_frames, stored_images
from repose.training.backbones import load_backbone

BATCH = 64  # pairs held in memory at a time

PoseScorer = Callable[[dict[int, Image]], dict[int, dict[str, float | bool]]]


@dataclass(frozen=True)
class Config:
    """Protocols, weights and intervals; the pose estimator is the one of `true_poses`."""

    ssim_protocol: str
    lpips_net: str
    lpips_weights: str
    lpips_sha256: str
    bootstrap_draws: int
    bootstrap_seed: int


@dataclass(frozen=True)
class Batch:
    """Some pairs: their rows, generated and true images, and the targets' masks."""

    rows: pd.DataFrame
    generated: list[Image]
    true: list[Image]
    foregrounds: list[np.ndarray | None]


def run(
    config: Config,
    *,
    images: Path,
    crops: list[Path],
    masks: list[Path],
    pairs: Path,
    true_poses: Path | None,
    output: Path,
    summary: Path,
) -> None:
    """Score every pair of one method, streamed; what cannot be scored is NaN, and noted."""
    if config.ssim_protocol not in PROTOCOLS:
        mend = nearest(config.ssim_protocol, PROTOCOLS)
        raise ReposeError("unknown-protocol", f"no SSIM '{config.ssim_protocol}'", mend=mend)
    network, of_lpips = _load_lpips(config.lpips_net, config.lpips_weights, config.lpips_sha256)
    score_poses, of_pose = _pose_scorer(true_poses)
    protocols = pixel_protocols(config.ssim_protocol) | of_lpips.protocols | of_pose.protocols
    table = read_table(pairs, "pairs")
    rows: list[dict[str, Any]] = []
    batches = _batches(table, images, crops, masks)
    for batch in track(batches, f"scores of {images.name}", -(-len(table) // BATCH)):
        rows += _score(batch, config.ssim_protocol, network, score_poses)
    scores = make_table("scores", rows)
    write_table(scores, output, "scores", {"method": images.name, "protocols": protocols})
    means = summarise(scores, config.bootstrap_draws, config.bootstrap_seed)
    facts = {
        "method": images.name,
        "protocols": protocols,
        "notes": of_lpips.notes + of_pose.notes + _without_mask(scores),
    }
    write_json(summary, facts | means)
    for path in (output, summary):
        write_manifest(path, asdict(config))
    print(f"evaluate: {images.name}: {_closing_line(scores)}")


@dataclass(frozen=True)
class Told:
    """What a kind of score says of itself."""

    protocols: dict[str, str]
    notes: list[str]


def _load_lpips(net: str, weights: str, sha256: str) -> tuple[nn.Module | None, Told]:
    if net not in BACKBONES:
        raise ReposeError("unknown-network", f"no LPIPS '{net}'", mend=nearest(net, BACKBONES))
    if not weights:
        note = (
            f"LPIPS was not scored: evaluate.lpips_weights names no file with torchvision's"
            f" ImageNet weights of {BACKBONES[net]}."
        )
        return None, Told({}, [note])
    backbone = load_backbone(BACKBONES[net], weights, sha256, without="")
    try:
        network = build_lpips(net, backbone)
    except (KeyError, RuntimeError) as error:
        mend = f"give torchvision's weights of {BACKBONES[net]}, or '' to go without LPIPS"
        raise ReposeError("wrong-weights", str(error.args[0]), path=weights, mend=mend) from error
    protocol = f"{net}, linear layers v0.1, images in [-1, 1] at their own size"
    return network, Told({"lpips": protocol}, [])


def _pose_scorer(path: Path | None) -> tuple[PoseScorer, Told]:
    """Prepare the estimator that made the true poses, or a scorer that scores nothing."""
    poses = read_table(path, "poses") if path else make_table("poses", [])
    if path is None or poses.empty:
        note = "Pose scores were not made: true_poses.estimator is 'none'."
        return lambda _images: {}, Told({}, [note])
    from repose.poses import load  # heavy, and not installed everywhere

    metadata = table_metadata(path)
    estimator = load(metadata["estimator"])
    version = poses["version"].iloc[0]
    if estimator.version != version:
        raise ReposeError(
            "other-estimator",
            f"the true poses are by {estimator.name} {version}, this is {estimator.version}",
            path=path,
            mend="delete it and run true_poses again",
        )
    found = poses[poses["detected"]]
    joints = stack(found["joints_mm"]).reshape(-1, 19, 3).astype(np.float64)
    true_mm = dict(zip(found["frame"].tolist(), joints, strict=True))
    border, size = metadata["border_share"], metadata["enlarge_to"]
    notes = []
    if lost := len(poses) - len(found):
        notes.append(
            f"In {lost} of {len(poses)} true images {estimator.name} found no person;"
            " those pairs have no pose score."
        )
    seen = (
        f"{estimator.name} {version} on single images, edges repeated by {border:g} of the side"
        f" all round, enlarged to at least {size} px (bicubic)"
    )
    protocol = f"{pose_metrics.PROTOCOL}; {seen}"
    names = ("pose_auc", "pose_loss_mm", "pose_detected")
    prepare = partial(pose_metrics.give_room, border_share=border, least_px=size)
    scorer = partial(pose_scores, estimator.estimate_images, true_mm, prepare=prepare)
    return scorer, Told(dict.fromkeys(names, protocol), notes)


def _batches(
    table: pd.DataFrame, images: Path, crops: list[Path], masks: list[Path]
) -> Iterator[Batch]:
    generated = stored_images(images)
    true, _ = stored_frames(crops, "crops")
    targets = list(zip(table["target_clip"], table["target_frame"], strict=True))
    packed = _packed_foregrounds(masks, set(targets))
    for start in range(0, len(table), BATCH):
        rows = table.iloc[start : start + BATCH]
        keys = targets[start : start + BATCH]
        shown = [true[key] for key in keys]
        foregrounds = [
            _unpack(packed[key], image.shape[0]) if key in packed else None
            for key, image in zip(keys, shown, strict=True)
        ]
        yield Batch(rows, [generated[pair] for pair in rows["pair"]], shown, foregrounds)


def _packed_foregrounds(
    masks: list[Path], wanted: set[tuple[str, int]]
) -> dict[tuple[str, int], bytes]:
    """Keep only what is asked for, a part at a time: all masks of a set need not fit."""
    kept = {}
    for table in (part for path in masks for part in read_parts(path, "masks")):
        for clip, frame, image in zip(table["clip"], table["frame"], table["image"], strict=True):
            if (clip, frame) in wanted:
                kept[clip, frame] = image
    return kept


def _unpack(packed: bytes, side: int) -> np.ndarray:
    """Unite the parts' capsules, packed (P, S, S) bits, into one foreground, (S, S)."""
    bits = np.unpackbits(np.frombuffer(packed, np.uint8))
    parts = bits.size // side**2
    return np.asarray(bits[: parts * side**2].reshape(parts, side, side).any(axis=0))


def _score(
    batch: Batch, protocol: str, network: nn.Module | None, score_poses: PoseScorer
) -> Iterator[dict[str, Any]]:
    pairs = batch.rows["pair"].tolist()
    poses = score_poses(dict(zip(pairs, batch.generated, strict=True)))
    perceptual = perceptual_scores(network, batch.generated, batch.true)
    who = batch.rows[["pair", "person", "split"]].to_dict("records")
    for i, pair in enumerate(pairs):
        shown = batch.generated[i], batch.true[i], batch.foregrounds[i]
        pixels = pixel_scores(*shown, protocol)
        yield {**who[i], **pixels, **perceptual[i], **poses.get(pair, NO_POSE)}


def _without_mask(scores: pd.DataFrame) -> list[str]:
    missing = int(scores["ssim_fg"].isna().sum())
    if not missing:
        return []
    return [f"For {missing} of {len(scores)} targets there is no mask, so no foreground score."]


def _closing_line(scores: pd.DataFrame) -> str:
    split = next(split for split in PEOPLE if split in {*scores["split"], "train"})
    main = scores[scores["split"] == split]
    means = main[["ssim", "ssim_fg", "l1_fg", "pose_auc"]].mean()
    told = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
    return f"{len(scores)} pairs; of {PEOPLE[split]} {len(main)}: {told}"
