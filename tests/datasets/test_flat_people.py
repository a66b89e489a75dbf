"""Images with 2D poses of half bodies and official pairs, by every stage from list to score."""

import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import yaml

from repose.data.tables import read_table, stack
from repose.errors import ReposeError
from repose.recipes import network_block, training_block
from repose.settings import signature
from tests.brought import TEST_PAIRS, TRAIN_PAIRS, brought, name_it
from tests.ingested import ingest_into

ROOT = Path(__file__).parent.parent.parent
OWN = {
    "frames": {"rate": "native"},
    "poses": {"estimator": "given"},
    "crops": {"camera": "whole", "border": "white", "min_joints": 0.5},
    "pairs": {"official_pairs": "all", "test_pairs": 0, "train_pairs": 0},
    "true_poses": {"estimator": "none"},
    "train": {"steps": 2, "checkpoint_every": 2, "examine_pairs": 1, "watch_pairs": 1},
}


def joined(first, second):
    both = dict(first)
    for key, value in second.items():
        inner = isinstance(value, dict) and isinstance(first.get(key), dict)
        both[key] = joined(first[key], value) if inner else value
    return both


@pytest.fixture(scope="module")
def config():
    """The test's own sizes, with what such a data set needs."""
    texts = [(ROOT / f"config/{name}.yaml").read_text("utf-8") for name in ("config", "test")]
    return joined(joined(*map(yaml.safe_load, texts)), OWN)


def run(stage, block, **paths):
    module = import_module(f"repose.stages.{stage}")
    values = {name: block[name] for name in signature(stage).config}
    tuples = {k: tuple(v) for k, v in values.items() if isinstance(v, list)}
    module.run(module.Config(**values | tuples), **paths)


@pytest.fixture(scope="module")
def made(config, tmp_path_factory):
    """All up to the transforms; returns what the stages after it read."""
    root = tmp_path_factory.mktemp("flat")
    with pytest.MonkeyPatch.context() as patch:
        name_it(patch, "made", brought(root / "data"))
        ingest_into(root, [root], dataset="made")
    listed = {n: root / f"{n}.parquet" for n in ("clips", "stills", "given_poses")}
    frames, poses, crops = root / "frames", root / "poses.parquet", root / "crops"
    clips = {"clips": listed["clips"]}
    stills = {"stills": listed["stills"]}
    run("frames", config["frames"], shard=0, shards=1, **clips, **stills, output=frames)
    run("poses", config["poses"], shard=0, **listed, frames=frames, output=poses)
    run("crops", config["crops"], **clips, frames=frames, poses=poses, output=crops)
    paths = {"crops": [crops], "pairs": root / "pairs.parquet"}
    official = {"official": root / "official_pairs.parquet", **stills}
    output = {"output": paths["pairs"]}
    run("pairs", config["pairs"], frames=[frames], **official, crops=[crops], **output)
    run("masks", config["masks"], crops=crops, output=root / "masks.parquet")
    run("transforms", config["transforms"], **paths, output=root / "transforms.parquet")
    return root, paths


def model(config, name):
    return json.dumps(network_block(config["models"][name]))


def test_a_2d_model_learns_draws_and_is_scored(made, config):
    root, paths = made
    block, network = training_block(config, "deformable"), model(config, "deformable")
    block |= OWN["train"]
    places = {"run_directory": root / "run", "output": root / "train"}
    run("train", block, model=network, **paths, **places)
    drawn = {"transforms": root / "transforms.parquet", "output": root / "generate"}
    run("generate", config["generate"], model=network, weights=root / "train", **paths, **drawn)
    run("true_poses", config["true_poses"], **paths, output=root / "true.parquet")
    judged = {"masks": [root / "masks.parquet"], "true_poses": root / "true.parquet"}
    written = {"output": root / "scores.parquet", "summary": root / "scores.json"}
    images = {"images": root / "generate"}
    run("evaluate", config["evaluate"], **images, **paths, **judged, **written)
    scores = read_table(root / "scores.parquet", "scores")
    usable = [pair for pair in TEST_PAIRS if 3 not in pair]  # the fourth image has no pose
    assert scores["split"].tolist() == ["test"] * len(usable) + ["train"] * len(TRAIN_PAIRS)
    for name in ("ssim", "ssim_fg", "l1_fg", "mask_ssim"):
        assert np.isfinite(scores[name]).all(), name
    assert scores["pose_loss_mm"].isna().all()


def test_a_model_that_reads_depth_refuses(made, config):
    root, paths = made
    places = {"run_directory": root / "run3d", "output": root / "train3d"}
    block, network = training_block(config, "warp3d"), model(config, "warp3d")
    with pytest.raises(ReposeError, match="no-depth"):
        run("train", block, model=network, **paths, **places)


def test_what_is_missing_stays_missing_in_the_crops(made):
    root, _ = made
    table = read_table(root / "crops/crops.parquet", "crops")
    joints = stack(table["joints_px"]).reshape(-1, 19, 3)
    assert np.isnan(joints[..., 2]).all()
    assert table["usable"].tolist() == [True, True, True, False] * 4
    known = np.isfinite(joints[..., 0]).sum(axis=1)
    assert known.tolist() == [19, 19, 15, 0] * 4
