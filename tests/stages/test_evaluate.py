"""Scores of made images whose values are known."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchvision.models import alexnet

import repose.poses
from repose.data.tables import read_table
from repose.errors import ReposeError
from repose.files import read_json, sha256
from repose.metrics.ssim import PROTOCOLS, column_of
from repose.scoring import judges
from repose.stages import evaluate, true_poses
from tests.report.finished import SETTINGS
from tests.report.made import SIZE, box, copy_source, make_images, make_run, picture, true_image

CONFIG = evaluate.Config(**SETTINGS)
NO_FILES = ("",) * 9  # configs, weights and their sha256: the estimators in question need none


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"))


def score(run, folder, config=CONFIG, poses=None):
    output, summary = folder / "scores.parquet", folder / "scores.json"
    evaluate.run(
        config,
        images=folder,
        crops=run.crops,
        masks=run.masks,
        pairs=run.pairs,
        true_poses=poses,
        output=output,
        summary=summary,
    )
    return read_table(output, "scores"), read_json(summary)


def test_the_true_image_is_perfect(made, tmp_path):
    table, summary = score(made, make_images(tmp_path / "true", made, true_image))
    assert len(table) == 20
    np.testing.assert_allclose(table[["ssim", "ssim_fg", "ssim_bg"]], 1, atol=1e-12)
    assert (table[["l1", "l1_fg"]] == 0).all(axis=None)
    assert np.isinf(table["psnr"]).all()
    unseen = summary["splits"]["test"]
    assert (unseen["persons"], unseen["pairs"]) == (3, 12)
    assert unseen["scores"]["ssim"]["value"] == pytest.approx(1)
    assert summary["splits"]["train"]["persons"] == 2


def test_foreground_is_where_the_target_stands(made, tmp_path):
    def wrong_inside(row):
        image = true_image(row).copy()
        image[box(row.target_frame)] += 51  # a fifth of the range
        return image

    table, _ = score(made, make_images(tmp_path / "inside", made, wrong_inside))
    np.testing.assert_allclose(table["l1_fg"], 0.2, atol=1e-12)
    share = 22 * 8 / SIZE**2
    np.testing.assert_allclose(table["l1"], 0.2 * share, atol=1e-12)
    assert (table["ssim_fg"] < table["ssim_bg"]).all()


def test_missing_masks_leave_foreground_scores_open(made, tmp_path):
    images = make_images(tmp_path / "copy", made, copy_source)
    run = SimpleNamespace(crops=made.crops, masks=made.masks[:1], pairs=made.pairs)
    table, summary = score(run, images)
    assert any("no mask" in note for note in summary["notes"])
    assert table["ssim"].notna().all()
    assert 0 < table["ssim_fg"].isna().sum() < len(table)


class Seer:
    """Finds a pose in the colours of a picture, and nobody in a dark one."""

    name, version = "seer", "1"

    def __init__(self):
        self.seen = []

    def estimate_images(self, images):
        self.seen += [image.shape for image in images]
        return [self._pose(image) for image in images]

    def _pose(self, image):
        wide = np.float32(image[..., 0].argmax() % image.shape[1]) * 20
        joints = np.zeros((19, 3), np.float32)
        joints[:18, 0] = wide
        spread = joints + np.arange(19, dtype=np.float32)[:, None]
        pose = repose.poses.Pose(spread, joints, np.ones(19, np.float32), True, 1)
        return pose if image.max() > 30 else repose.poses.Pose.missing()


@pytest.fixture
def seer(monkeypatch):
    seer = Seer()
    monkeypatch.setattr(repose.poses, "load", lambda name, settings=None: seer)
    return seer


def true_poses_of(run, path, pairs=0):
    config = true_poses.Config("seer", *NO_FILES, pairs, 0.5, 4 * SIZE)
    true_poses.run(config, crops=run.crops, pairs=run.pairs, output=path)
    return path


def test_pose_scores_of_the_true_image_and_of_darkness(made, tmp_path, seer):
    poses = true_poses_of(made, tmp_path / "true.parquet")
    assert set(seer.seen) == {(4 * SIZE, 4 * SIZE, 3)}  # with room and enlarged before it looks
    table, summary = score(made, make_images(tmp_path / "t", made, true_image), poses=poses)
    assert (table["pose_auc"] == 1).all()
    assert (table["pose_loss_mm"] == 0).all()
    assert (table["pckh"] == 1).all()
    assert "seer 1" in summary["protocols"]["pose_auc"]

    def dark(row):
        return np.zeros_like(true_image(row))

    table, summary = score(made, make_images(tmp_path / "d", made, dark), poses=poses)
    assert (table[["pose_auc", "pckh"]] == 0).all(axis=None)
    assert table["pose_loss_mm"].isna().all()
    assert not table["pose_detected"].any()
    assert summary["splits"]["test"]["scores"]["pose_detected"]["value"] == 0


def test_only_some_pairs_get_a_pose(made, tmp_path, seer):
    poses = true_poses_of(made, tmp_path / "true.parquet", pairs=3)
    table, summary = score(made, make_images(tmp_path / "t", made, true_image), poses=poses)
    scored = table[table["pose_auc"].notna()]
    assert scored.groupby("split").size().to_dict() == {"test": 3, "train": 3}
    assert scored[scored["split"] == "test"]["person"].nunique() == 3
    assert summary["splits"]["test"]["scores"]["pose_auc"]["pairs"] == 3


def test_another_version_of_the_estimator_is_refused(made, tmp_path, seer):
    poses = true_poses_of(made, tmp_path / "true.parquet")
    seer.version = "2"
    with pytest.raises(ReposeError, match="other-estimator"):
        score(made, make_images(tmp_path / "t", made, true_image), poses=poses)


def test_without_poses_and_weights_it_says_so(made, tmp_path):
    config = true_poses.Config("none", *NO_FILES, 0, 0.5, 64)
    path = tmp_path / "none.parquet"
    true_poses.run(config, crops=made.crops, pairs=made.pairs, output=path)
    assert len(read_table(path, "poses")) == 0
    table, summary = score(made, make_images(tmp_path / "t", made, true_image), poses=path)
    assert table[["pose_auc", "pckh", "lpips", "vgg_loss"]].isna().all(axis=None)
    assert any("LPIPS was not scored" in note for note in summary["notes"])
    assert any("Pose scores were not made" in note for note in summary["notes"])
    assert summary["splits"]["test"]["scores"]["lpips"]["value"] is None


def test_lpips_with_weights_from_a_file(made, tmp_path):
    torch.manual_seed(0)
    weights = tmp_path / "alexnet.pth"
    torch.save(alexnet(weights=None).state_dict(), weights)

    def large(row):
        return np.repeat(np.repeat(true_image(row), 2, axis=0), 2, axis=1)

    from repose.metrics.scorers import perceptual_scores

    network, _ = judges.load_lpips("alex", str(weights), sha256(weights))
    row = SimpleNamespace(person="p0", source_frame=0, target_frame=1)
    same, other = large(row), np.zeros((2 * SIZE, 2 * SIZE, 3), np.uint8)
    scores = perceptual_scores(network, [same, other], [same, same])
    assert scores[0]["lpips"] == 0
    assert scores[1]["lpips"] > 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ssim_protocol": "skimage8"}, "unknown-protocol"),
        ({"lpips_net": "alexa"}, "unknown-network"),
        ({"lpips_weights": "nowhere.pth"}, "missing-weights"),
        ({"vgg_weights": "nowhere.pth"}, "missing-weights"),
        ({"inception_kind": "keras"}, "unknown-network"),
        ({"inception_weights": "nowhere.pth"}, "missing-weights"),
        ({"fid_reference": "valid"}, "wrong-value"),
        ({"batch": 0}, "wrong-value"),
        ({"workers": -1}, "wrong-value"),
    ],
)
def test_bad_settings_are_named(made, tmp_path, change, code):
    config = evaluate.Config(**(vars(CONFIG) | change))
    images = make_images(tmp_path / "t", made, true_image)
    with pytest.raises(ReposeError, match=code):
        score(made, images, config)
    assert not (images / "scores.parquet").exists()


@pytest.mark.parametrize("batch", [1, 3, 64])
def test_order_of_crops_batches_and_threads_do_not_matter(made, tmp_path, batch):
    images = make_images(tmp_path / "copy", made, copy_source)
    before, _ = score(made, images)
    run = SimpleNamespace(crops=made.crops[::-1], masks=made.masks[::-1], pairs=made.pairs)
    after, _ = score(run, images, replace(CONFIG, batch=batch, workers=1))
    assert before.equals(after)


def test_every_ssim_is_scored_that_there_is_room_for(made, tmp_path):
    images = make_images(tmp_path / "copy", made, copy_source)
    table, summary = score(made, images)
    missing = {name for name in PROTOCOLS if table[column_of(name)].isna().all()}
    assert missing == {"win51"}  # of 32 px
    assert table["ssim"].equals(table["ssim_skimage7"])
    assert summary["splits"]["test"]["scores"]["ssim_grey"]["value"] is not None
    assert any("SSIM win51" in note and "20 of 20" in note for note in summary["notes"])
    assert {column_of(name) for name in PROTOCOLS} <= set(summary["protocols"])
    alone, summary = score(made, images, replace(CONFIG, all_protocols=False))
    assert alone[[column_of(name) for name in PROTOCOLS]].isna().all(axis=None)
    assert not any("SSIM" in note for note in summary["notes"])
    others = ["ssim", "psnr", "mask_ssim", "l1_fg"]
    assert alone[others].equals(table[others])


def test_picture_of_the_made_people_differ():
    """The tests above rest on it."""
    assert (picture("p0", 0) != picture("p1", 0)).any()
    assert (picture("p0", 0) != picture("p0", 1)).any()
