"""Which true images are looked at, and how they come back."""

import pandas as pd
import pytest

from repose.stages.true_poses import spread


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
