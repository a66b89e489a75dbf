"""How many images are scored at once decides nothing."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from torchvision.models import squeezenet1_1

from repose.data.tables import read_table
from repose.files import read_json, sha256
from repose.scoring import judges
from tests.scoring.bench import method_folder, write_folder
from tests.scoring.made import Small


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "squeezenet.pth"
    torch.save(squeezenet1_1(weights=None).state_dict(), path)
    return path


def test_the_size_of_batches_decides_nothing(bench, score, tmp_path, weights, monkeypatch):
    monkeypatch.setattr(judges, "load_inception", lambda *_: (Small(), judges.Told()))
    write_folder(tmp_path / "any", bench)
    found = {}
    for batch in (1, 8, 64):
        block = {"batch": batch, "lpips_net": "squeeze", "lpips_weights": str(weights)}
        block |= {"lpips_sha256": sha256(weights)}
        overlay = bench.home / "config/batch.yaml"
        overlay.write_text(json.dumps({"evaluate": block | {"fid_reference": "test"}}))
        words = ("--configfile", "config/made.yaml", overlay, "--method", f"batch_{batch}")
        status, _, err = score(tmp_path / "any", *words)
        assert status == 0, err
        folder = method_folder(bench, f"batch_{batch}")
        sets = read_json(folder / "scores.json")["sets"]
        found[batch] = read_table(folder / "scores.parquet", "scores"), sets["fid"]["value"]
    first, fid = found[1]
    assert first["lpips"].min() > 0
    assert fid > 0.001
    for table, other in (found[8], found[64]):
        for name, most in (("ssim", 1e-6), ("psnr", 1e-6), ("lpips", 1e-4)):
            np.testing.assert_allclose(table[name], first[name], atol=most, rtol=0)
        assert other == pytest.approx(fid, rel=1e-3)  # of a small network: 0.01 would be all
    sheet = pd.read_csv(folder / "tables/sets.csv").set_index("Unnamed: 1")
    assert sheet.loc["batch_64", "FID ↓"] == pytest.approx(found[64][1], rel=1e-4)
