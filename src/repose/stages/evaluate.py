"""From one method's images to the scores of each pair and their means with intervals."""

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch
from torch import nn

from repose.data.tables import make_table, read_table, stack, table_metadata, write_table
from repose.errors import ReposeError, nearest
from repose.files import write_json
from repose.losses import Features
from repose.manifests import write_manifest
from repose.metrics import pose as pose_metrics
from repose.metrics.scorers import (
    NO_POSE,
    TruePose,
    perceptual_scores,
    pixel_protocols,
    pixel_scores,
    pose_scores,
)
from repose.metrics.ssim import PROTOCOLS
from repose.progress import track
from repose.report.compare import PEOPLE, summarise
from repose.report.stored import Image
from repose.scoring import judges, notes
from repose.scoring.judges import Told
from repose.scoring.sets import REFERENCES, Sets, describe
from repose.scoring.shown import Shown, Viewer, threads

PoseScorer = Callable[[dict[int, Image]], dict[int, dict[str, float | bool]]]
Seen = tuple[Shown, dict[str, float]]  # a pair and its scores by arithmetic


@dataclass(frozen=True)
class Config:
    """Protocols, weights and intervals; the pose estimator is the one of `true_poses`."""

    ssim_protocol: str
    all_protocols: bool
    window: tuple[int, int]
    batch: int
    workers: int
    lpips_net: str
    lpips_weights: str
    lpips_sha256: str
    vgg_weights: str
    vgg_sha256: str
    inception_kind: str
    inception_weights: str
    inception_sha256: str
    fid_reference: str
    bootstrap_draws: int
    bootstrap_seed: int


class Judges(NamedTuple):
    """All that looks at images with more than arithmetic; None where there is none of a kind."""

    lpips: nn.Module | None
    vgg: Features | None
    sets: Sets | None
    poses: PoseScorer


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
    _check(config)
    table = read_table(pairs, "pairs")
    others = tuple(PROTOCOLS) if config.all_protocols else ()
    with judges.full_precision() as device, threads(config.workers) as pool:
        judge, told = _load(config, true_poses, device)
        viewer = Viewer(table, images, crops, masks, config.window)
        _show_real(config, judge, viewer, table, pool)
        look = partial(_look, viewer, config.ssim_protocol, others)
        rows = list(_score(table, config.batch, judge, partial(pool.map, look), images.name))
        kind, split = config.inception_kind, _main_split(table)
        sets = describe(judge.sets, kind, config.fid_reference, split, _part(config))
    scores = make_table("scores", rows)
    protocols = pixel_protocols(config.ssim_protocol, others, _part(config)) | told.protocols
    write_table(scores, output, "scores", {"method": images.name, "protocols": protocols})
    facts = {
        "method": images.name,
        "protocols": protocols,
        "notes": [*told.notes, *notes.of_scores(scores, others), *notes.of_sets(sets)],
        "sets": sets,
        "pose_judge": judges.pose_judge(true_poses),
    }
    write_json(summary, facts | summarise(scores, config.bootstrap_draws, config.bootstrap_seed))
    for path in (output, summary):
        write_manifest(path, asdict(config))
    print(f"evaluate: {images.name}: {_closing_line(scores)}")


def _check(config: Config) -> None:
    if config.ssim_protocol not in PROTOCOLS:
        mend = nearest(config.ssim_protocol, PROTOCOLS)
        raise ReposeError("unknown-protocol", f"no SSIM '{config.ssim_protocol}'", mend=mend)
    if config.fid_reference not in REFERENCES:
        said, mend = (
            f"no '{config.fid_reference}' images",
            nearest(config.fid_reference, REFERENCES),
        )
        raise ReposeError("wrong-value", f"evaluate.fid_reference: {said}", mend=mend)
    if config.batch < 1 or config.workers < 0 or min(config.window) < 0:
        said = "evaluate: batch is at least 1, workers and window are at least 0"
        raise ReposeError("wrong-value", said)


def _load(config: Config, true_poses: Path | None, device: torch.device) -> tuple[Judges, Told]:
    part = _part(config)
    lpips, of_lpips = judges.load_lpips(
        config.lpips_net, config.lpips_weights, config.lpips_sha256, part
    )
    vgg, of_vgg = judges.load_vgg(config.vgg_weights, config.vgg_sha256, part)
    inception, of_inception = judges.load_inception(
        config.inception_kind, config.inception_weights, config.inception_sha256
    )
    for network in (lpips, vgg, inception):
        if network is not None:
            network.to(device)
    poses, of_pose = _pose_scorer(true_poses)
    sets = None if inception is None else Sets(inception, device)
    told = judges.together(of_lpips, of_vgg, of_inception, of_pose)
    return Judges(lpips, vgg, sets, poses), told


def _pose_scorer(path: Path | None) -> tuple[PoseScorer, Told]:
    """Prepare the estimator that made the true poses, or a scorer that scores nothing."""
    poses = read_table(path, "poses") if path else make_table("poses", [])
    if path is None or poses.empty:
        note = "Pose scores were not made: true_poses.estimator is 'none'."
        return lambda _images: {}, Told({}, [note])
    from repose.poses import Settings, load  # heavy, and not installed everywhere

    metadata = table_metadata(path)
    estimator = load(metadata["estimator"], Settings.taken_from(metadata))
    version = poses["version"].iloc[0]
    if estimator.version != version:
        raise ReposeError(
            "other-estimator",
            f"the true poses are by {estimator.name} {version}, this is {estimator.version}",
            path=path,
            mend="delete it and run true_poses again",
        )
    found = poses[poses["detected"]]
    joints = (stack(found[name]).reshape(-1, 19, 3).astype(float) for name in TruePose._fields)
    true = dict(zip(found["frame"].tolist(), map(TruePose, *joints), strict=True))
    border, size = metadata["border_share"], metadata["enlarge_to"]
    missed = []
    if lost := len(poses) - len(found):
        missed.append(
            f"In {lost} of {len(poses)} true images {estimator.name} found no person;"
            " those pairs have no pose score."
        )
    seen = (
        f"{estimator.name} {version} on single images, whole, edges repeated by {border:g} of the"
        f" side all round, enlarged to at least {size} px (bicubic)"
    )
    names = ("pose_auc", "pose_loss_mm", "pose_detected")
    protocols = dict.fromkeys(names, f"{pose_metrics.PROTOCOL}; {seen}")
    protocols["pckh"] = f"{pose_metrics.PCKH}; {seen}"
    prepare = partial(pose_metrics.give_room, border_share=border, least_px=size)
    scorer = partial(pose_scores, estimator.estimate_images, true, prepare=prepare)
    return scorer, Told(protocols, missed)


def _show_real(
    config: Config, judge: Judges, viewer: Viewer, table: pd.DataFrame, pool: ThreadPoolExecutor
) -> None:
    """Show the judges the real images that they measure generated ones by."""
    rows = table[table["split"] == _main_split(table)]
    targets = list(dict.fromkeys(zip(rows["target_clip"], rows["target_frame"], strict=True)))
    if judge.vgg is not None:
        every = max(1, -(-len(targets) // judges.VGG_IMAGES))
        judges.measure_vgg(judge.vgg, [viewer.true(key) for key in targets[::every]])
    if judge.sets is not None:
        keys = targets if config.fid_reference == "test" else viewer.training
        for start in track(range(0, len(keys), config.batch), "real images"):
            part = keys[start : start + config.batch]
            judge.sets.add(list(pool.map(viewer.true, part)), real=True)


def _look(viewer: Viewer, protocol: str, others: Collection[str], row: Any) -> Seen:
    shown = viewer.look(row)
    images = shown.generated, shown.true, shown.foreground
    return shown, pixel_scores(*images, protocol, others, shown.pose)


def _score(
    table: pd.DataFrame,
    batch: int,
    judge: Judges,
    look: Callable[[list[Any]], Iterable[Seen]],
    method: str,
) -> Iterator[dict[str, Any]]:
    """Score batch by batch: no more images than those of one are in memory."""
    split = _main_split(table)
    for start in track(range(0, len(table), batch), f"scores of {method}"):
        rows = list(table.iloc[start : start + batch].itertuples(index=False))
        seen = list(look(rows))
        shown = [pair for pair, _ in seen]
        generated, true = [pair.generated for pair in shown], [pair.true for pair in shown]
        whole = {row.pair: pair.whole for row, pair in zip(rows, shown, strict=True)}
        poses = judge.poses(whole)
        perceptual = perceptual_scores(judge.lpips, generated, true)
        vgg = judges.vgg_scores(judge.vgg, generated, true)
        if judge.sets is not None:
            counted = zip(generated, rows, strict=True)
            judge.sets.add([image for image, row in counted if row.split == split], real=False)
        for row, (_, pixels), *found in zip(rows, seen, perceptual, vgg, strict=True):
            who = {"pair": row.pair, "person": row.person, "split": row.split}
            yield {**who, **pixels, **found[0], **found[1], **poses.get(row.pair, NO_POSE)}


def _main_split(rows: pd.DataFrame) -> str:
    return next(split for split in PEOPLE if split in {*rows["split"], "train"})


def _part(config: Config) -> str:
    return "of the middle {1}x{0} px".format(*config.window) if any(config.window) else ""


def _closing_line(scores: pd.DataFrame) -> str:
    split = _main_split(scores)
    main = scores[scores["split"] == split]
    means = main[["ssim", "ssim_fg", "l1_fg", "pose_auc"]].mean()
    told = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
    return f"{len(scores)} pairs; of {PEOPLE[split]} {len(main)}: {told}"
