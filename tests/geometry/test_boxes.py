"""Flat lists of runs and box lines, against plain loops."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from repose.geometry.boxes import lines, runs


@given(st.lists(st.integers(0, 4), max_size=6))
def test_runs_list_every_member_in_order(counts):
    owner, place = runs(torch.tensor(counts, dtype=torch.long))
    expected = [(run, member) for run, count in enumerate(counts) for member in range(count)]
    assert list(zip(owner.tolist(), place.tolist(), strict=True)) == expected


BOX = st.tuples(*[st.tuples(st.integers(-2, 3), st.integers(-1, 3))] * 3)


@given(st.lists(BOX, max_size=4))
def test_lines_cross_boxes_that_are_not_empty(boxes):
    low = torch.tensor([[a for a, _ in box] for box in boxes]).view(-1, 3)
    high = torch.tensor([[a + n for a, n in box] for box in boxes]).view(-1, 3)
    expected = [
        (k, y, z)
        for k, (x, (y0, ny), (z0, nz)) in enumerate(boxes)
        for z in range(z0, z0 + nz)
        for y in range(y0, y0 + ny)
        if x[1] > 0
    ]
    box, y, z = lines(low.long(), high.long())
    assert list(zip(box.tolist(), y.tolist(), z.tolist(), strict=True)) == expected
