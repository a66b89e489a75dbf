"""Which true images are looked at, and how they come back."""

import pandas as pd
import pytest

from repose.data.tables import read_table, table_metadata
from repose.errors import ReposeError
from repose.manifests import read_manifest
from repose.poses import Settings, load
from repose.scoring.judges import pose_judge
from repose.settings import signature
from repose.stages.true_poses import Config, run, spread
from tests.poses.metro_made import untrained
from tests.training.toy import make_crops, make_pairs


def listed(persons):
    return pd.DataFrame(
        {"pair": range(len(persons)), "person": persons, "split": ["test"] * len(persons)}
    )


@pytest.mark.parametrize("persons", ["abcd" * 8, "a" * 8 + "b" * 8 + "c" * 8 + "d" * 8])
@pytest.mark.parametrize("most", [4, 8, 16])
def test_every_person_has_its_share_whatever_the_order(persons, most):
    counts = spread(listed(list(persons)), most)["person"].value_counts()
    assert counts.to_dict() == dict.fromkeys("abcd", most // 4)


def test_a_person_with_few_pairs_leaves_room_for_others():
    assert spread(listed(list("abbbbb")), 4)["person"].value_counts().to_dict() == {"b": 3, "a": 1}


def test_nothing_and_too_much_take_all():
    pairs = listed(list("abab"))
    assert spread(pairs, 0).equals(pairs)
    assert spread(pairs, 9)["pair"].tolist() == [0, 1, 2, 3]


def test_splits_are_counted_apart():
    pairs = listed(list("abab"))
    pairs["split"] = ["test", "test", "train", "train"]
    assert spread(pairs, 1)["split"].tolist() == ["test", "train"]


def test_evaluation_finds_the_network_of_our_own_where_it_was_trained(tmp_path):
    crops = make_crops(tmp_path / "crops")
    pairs = make_pairs(tmp_path / "pairs.parquet")
    network = untrained(tmp_path / "metro")
    told = dict.fromkeys(signature("true_poses").config, "")
    config = Config(**{**told, "estimator": "metro", "pose_pairs": 3, "border_share": 0.5,
                       "enlarge_to": 64})  # fmt: skip
    output = tmp_path / "poses.parquet"
    run(config, crops=[crops], pairs=pairs, metro=[network], output=output)
    assert read_manifest(output)["settings"]["weights"] == ""  # as in the config, or it is stale
    poses = read_table(output, "poses")
    assert set(poses["estimator"]) == {"metro"}
    judge = load("metro", Settings.taken_from(table_metadata(output)))
    assert judge.version == poses["version"].iloc[0]
    assert pose_judge(output) == f"metro {judge.version}"


def test_without_a_network_of_our_own_it_is_refused(tmp_path):
    told = dict.fromkeys(signature("true_poses").config, "")
    config = Config(**{**told, "estimator": "metro", "pose_pairs": 1})
    crops, pairs = make_crops(tmp_path / "crops"), make_pairs(tmp_path / "pairs.parquet")
    with pytest.raises(ReposeError, match="missing-weights"):
        run(config, crops=[crops], pairs=pairs, output=tmp_path / "poses.parquet")
