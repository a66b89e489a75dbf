import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from repose.datasets.listing import Clip
from repose.datasets.splits import assign_splits, split_sha256


def clip(number: int, person: str, split: str = "") -> Clip:
    return Clip(f"c{number}", Path(f"{number}.mp4"), person, f"{person}/o", "", split, None)


people = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=30)
shares = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])


@given(people, shares, st.integers(0, 5))
def test_no_person_stands_in_two_splits_and_somebody_is_trained_on(persons, share, seed):
    clips = assign_splits([clip(i, p) for i, p in enumerate(persons)], share, seed)
    splits = {p: {c.split for c in clips if c.person == p} for p in persons}
    assert all(len(found) == 1 for found in splits.values())
    tests = sum(found == {"test"} for found in splits.values())
    assert any(found == {"train"} for found in splits.values())
    assert (tests > 0) == (share > 0 and len(splits) > 1)
    assert abs(tests - share * len(splits)) <= 1
    assert all(("only person" in c.note) == (len(splits) == 1) for c in clips)


@given(st.permutations(list("abcdefgh")), st.integers(0, 5))
def test_the_draw_does_not_depend_on_the_order_of_files(persons, seed):
    def tests(names):
        clips = assign_splits([clip(i, p) for i, p in enumerate(names)], 0.25, seed)
        return {c.person for c in clips if c.split == "test"}

    assert tests(persons) == tests("abcdefgh")
    assert len(tests(persons)) == 2


def test_another_seed_draws_others():
    clips = [clip(i, str(i)) for i in range(40)]
    drawn = {tuple(c.split for c in assign_splits(clips, 0.25, seed)) for seed in range(5)}
    assert len(drawn) == 5


def test_given_splits_are_kept_and_followed():
    clips = [clip(0, "a", "valid"), clip(1, "a"), clip(2, "b", "test"), clip(3, "c")]
    assert [c.split for c in assign_splits(clips, 0.0, 0)] == ["valid", "valid", "test", "train"]
    assert [c.split for c in assign_splits(clips[2:], 1.0, 0)] == ["test", "train"]


def test_an_official_split_that_parts_a_person_is_kept_as_it_is():
    splits = ["train", "test", "valid", "train"]
    clips = [clip(i, "a", split) for i, split in enumerate(splits)] + [clip(9, "b", "test")]
    assert [c.split for c in assign_splits(clips, 0.5, 0)] == [*splits, "test"]


def test_a_split_is_known_by_its_sha256_in_any_order():
    clips = [clip(0, "a", "train"), clip(1, "b", "test")]
    found = split_sha256(clips)
    assert found == split_sha256(clips[::-1])
    assert found != split_sha256([clips[0], clip(1, "b", "train")])
    lines = b"c0\ta\ta/o\ttrain\nc1\tb\tb/o\ttest\n"
    assert found == hashlib.sha256(lines).hexdigest()
