"""The depth swap: which pairs are taken, and what is counted where."""

import json

import numpy as np
import pytest
import torch

from repose.data.packs import Pack
from repose.data.samples import Crops
from repose.data.tables import read_table
from repose.parts.layers import LIMBS
from repose.training.depth_swap import swap_depths
from tests.training.toy import SIZE, make_crops, make_pairs

LIMB = LIMBS.index("r_forearm")


class Swapper(torch.nn.Module):
    """Changes a square of 8 x 8 px by a known amount; half of it is the limb's region."""

    def __init__(self, step: float, labels: tuple[int, ...] = (1, 0)) -> None:
        super().__init__()
        self.step, self.given = step, labels

    def swap_depth(self, source, source_joints, target_joints):
        count = len(source)
        image = torch.zeros(count, 3, SIZE, SIZE)
        swapped = image.clone()
        swapped[:, 1, 4:12, 4:12] += self.step
        region = torch.zeros(count, 1, SIZE, SIZE, dtype=torch.bool)
        region[..., 4:12, 8:16] = True
        labels = torch.zeros(count, len(LIMBS), dtype=torch.long)
        labels[:, LIMB] = torch.tensor(self.given).repeat(count)[:count]
        return {
            "image": image,
            "swapped_image": swapped,
            "pose_map": source,
            "swapped_pose_map": -source,
            "labels": labels,
            "swapped_labels": -labels,
            "limb": torch.full((count,), LIMB),
            "region": region,
        }


@pytest.fixture
def go(tmp_path):
    crops = Crops([make_crops(tmp_path / "crops")], 1)
    pairs = read_table(make_pairs(tmp_path / "pairs.parquet"), "pairs")
    rows = np.stack(
        [crops.rows(pairs[f"{e}_clip"], pairs[f"{e}_frame"]) for e in ("source", "target")], 1
    )

    def run(generator):
        out = tmp_path / "out"
        out.mkdir()
        swap_depths(out, generator, crops, pairs, rows, torch.device("cpu"), {"network": "toy"})
        return json.loads((out / "swaps.json").read_text()), out, pairs

    return run


def test_shares_are_of_the_region_and_of_the_rest(go):
    found, out, pairs = go(Swapper(0.5))
    unseen = set(pairs[pairs.split == "test"]["pair"])
    assert 1 <= len(found["pairs"]) == len({swap["pair"] for swap in found["pairs"]})
    assert {swap["pair"] for swap in found["pairs"]} <= unseen
    for swap in found["pairs"]:
        assert (swap["limb"], swap["from"], swap["to"]) == ("r_forearm", 1, -1)
        assert swap["inside_share"] == pytest.approx(0.5)
        assert swap["outside_share"] == pytest.approx(32 / (SIZE**2 - 64))
    table = read_table(out / "swaps.parquet", "images")
    assert len(table) == min(8, len(found["pairs"]))
    place = table.iloc[0]
    strip = Pack(out / "swaps.pack").image(place.offset, place.length, place.sha256)
    assert strip.shape == (SIZE, 5 * SIZE, 3)
    assert strip[6, 4 * SIZE + 6].tolist() == [0, 255, 0]  # louder than it is


def test_a_change_below_the_threshold_is_none(go):
    found, _, _ = go(Swapper(0.05))
    assert found["threshold"] == pytest.approx(8 / 255)
    assert {swap["inside_share"] for swap in found["pairs"]} == {0.0}


def test_pairs_whose_limbs_all_lie_level_are_left_out(go):
    found, out, _ = go(Swapper(0.5, labels=(0,)))
    assert found["pairs"] == []
    assert read_table(out / "swaps.parquet", "images").empty
