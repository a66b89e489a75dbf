"""A method scored as a whole: the part of the images that counts, and the scores of sets."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from repose.data.tables import read_table
from repose.errors import ReposeError
from repose.files import read_json
from repose.scoring import judges
from repose.stages import evaluate
from tests.report.finished import SETTINGS
from tests.report.made import SIZE, make_images, make_run, true_image
from tests.scoring.made import Small

CONFIG = evaluate.Config(**SETTINGS)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"))


def score(run, folder, config=CONFIG):
    paths = {name: getattr(run, name) for name in ("crops", "masks", "pairs")}
    output, summary = folder / "scores.parquet", folder / "scores.json"
    outputs = {"output": output, "summary": summary}
    evaluate.run(config, images=folder, true_poses=None, **paths, **outputs)
    return read_table(output, "scores"), read_json(summary)


def test_a_window_is_cut_from_both_images_and_the_masks(made, tmp_path):
    """Columns 5 to 26 of 32: the person's box of frame 3 loses one of its eight."""

    def wrong_outside(row):
        image = true_image(row).copy()
        image[:, :5], image[:, 27:] = 0, 0
        return image

    images = make_images(tmp_path / "outside", made, wrong_outside)
    table, summary = score(made, images, replace(CONFIG, window=(SIZE, 22)))
    np.testing.assert_allclose(table[["ssim", "ssim_fg", "mask_ssim"]], 1, atol=1e-9)
    assert (table["l1"] == 0).all()
    assert "middle 22x32 px" in summary["protocols"]["ssim"]
    assert "middle 22x32 px" in summary["sets"]["fid"]["protocol"]
    whole, _ = score(made, images)
    assert (whole["l1"] > 0).all()
    with pytest.raises(ReposeError, match=r"wrong-value.*window"):
        score(made, images, replace(CONFIG, window=(SIZE + 1, 22)))


def test_images_may_come_in_the_size_of_the_window_and_in_no_other(made, tmp_path):
    narrow = make_images(tmp_path / "narrow", made, lambda row: true_image(row)[:, 5:27])
    table, _ = score(made, narrow, replace(CONFIG, window=(SIZE, 22)))
    assert (table["l1"] == 0).all()
    with pytest.raises(ReposeError, match=r"bad-size.*22x32 px, the true one 32x32"):
        score(made, narrow)


@pytest.fixture
def random_inception(monkeypatch):
    monkeypatch.setattr(judges, "load_inception", lambda *_: (Small(), judges.Told()))


def features_of(pictures):
    seen = [Small()(torch.from_numpy(image).permute(2, 0, 1)[None])[0] for image in pictures]
    return torch.cat(seen).double().numpy()


def test_fid_and_inception_score_of_the_unseen_people(made, tmp_path, random_inception):
    def darker(row):
        return true_image(row) // 3

    config = replace(CONFIG, inception_kind="tf")
    _, summary = score(made, make_images(tmp_path / "dark", made, darker), config)
    rows = list(read_table(made.pairs, "pairs").query("split == 'test'").itertuples())
    real = {(row.target_clip, row.target_frame): true_image(row) for row in rows}
    a, b = features_of(map(darker, rows)), features_of(real.values())
    gap = a.mean(0) - b.mean(0)
    # The trace of a root is the sum of the roots of the eigenvalues, also of a singular matrix.
    root = np.sqrt(np.linalg.eigvals(np.cov(a.T) @ np.cov(b.T)).astype(complex)).real.sum()
    fid = summary["sets"]["fid"]
    assert fid["value"] == pytest.approx(
        gap @ gap + np.trace(np.cov(a.T) + np.cov(b.T)) - 2 * root, rel=1e-3
    )
    assert (fid["images"], fid["real_images"], fid["split"]) == (12, 10, "test")
    assert summary["sets"]["inception"]["value"] >= 1
    assert any("FID rests on 12 generated and 10 real" in note for note in summary["notes"])


def test_fid_against_all_training_images(made, tmp_path, random_inception):
    images = make_images(tmp_path / "true", made, true_image)
    found = [
        score(made, images, replace(CONFIG, fid_reference="train", batch=batch))[1]["sets"]
        for batch in (1, 8, 64)
    ]
    assert found[0]["fid"]["real_images"] == 16  # two people, two clips, four frames
    assert found[0]["fid"]["value"] > 0.001
    for sets in found[1:]:
        assert sets["fid"]["value"] == pytest.approx(found[0]["fid"]["value"], abs=1e-6)
    assert "all training images" in found[0]["fid"]["protocol"]


def test_without_inception_weights_the_sets_are_open_and_it_is_said(made, tmp_path):
    _, summary = score(made, make_images(tmp_path / "true", made, true_image))
    assert summary["sets"]["fid"]["value"] is None
    assert any("FID and Inception Score were not scored" in note for note in summary["notes"])
