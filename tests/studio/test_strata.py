import numpy as np
import pytest

from repose.studio.outfits import PALETTE, PATTERNS, draw_outfit
from repose.studio.people import EYES, FEMALE_HAIR, MALE_HAIR, SKINS, draw_person
from repose.studio.strata import Strata


@pytest.mark.parametrize("count", [2, 3, 7, 16])
def test_every_aligned_block_takes_each_option_once(count: int) -> None:
    for block in range(5):
        indices = range(block * count, (block + 1) * count)
        drawn = [Strata(i, "topic").pick("attribute", range(count)) for i in indices]
        assert sorted(drawn) == list(range(count))


def test_blocks_and_attributes_have_orders_of_their_own() -> None:
    orders = {
        tuple(Strata(i, topic).pick(attribute, range(8)) for i in range(first, first + 8))
        for first in (0, 8, 16)
        for attribute in ("a", "b")
        for topic in ("p", "q")
    }
    assert len(orders) > 8


def test_numbers_fill_their_range_evenly() -> None:
    drawn = sorted(Strata(i, "topic").between("attribute", 2.0, 4.0) for i in range(8))
    np.testing.assert_array_equal(np.floor((np.array(drawn) - 2) * 4), np.arange(8))


def test_people_of_a_small_cast_cover_all_looks() -> None:
    cast = [draw_person(i) for i in range(12)]
    women = [p for p in cast if p.build.female > 0]
    assert len(women) == 6
    assert sorted(p.hair for p in women) == sorted(FEMALE_HAIR)
    assert sorted(p.hair for p in cast if p.build.female == 0) == sorted(MALE_HAIR)
    assert [sum(p.skin == skin for p in cast) for skin in SKINS] == [2] * len(SKINS)
    assert [sum(p.eyes == eyes for p in cast) for eyes in EYES] == [4] * len(EYES)
    assert sum(p.mirrored for p in cast) == 6


def test_outfits_of_a_small_cast_cover_patterns_and_colours() -> None:
    outfits = [draw_outfit(i, draw_person(i).build.female > 0, 0) for i in range(16)]
    assert [sum(o.pattern == p for o in outfits) for p in PATTERNS] == [2] * len(PATTERNS)
    assert {o.top_colours[0] for o in outfits} == set(PALETTE.values())
    assert all(o.print_colour != o.top_colours[0] for o in outfits)


def test_a_person_wears_something_else_in_each_outfit() -> None:
    outfits = [draw_outfit(3, False, o) for o in range(4)]
    assert len(set(outfits)) == 4
    assert draw_outfit(3, False, 2) == outfits[2]
