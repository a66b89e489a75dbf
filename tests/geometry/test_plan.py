"""The plan against the matrix that plain loops build."""

import itertools
import math

import pytest
import torch

from repose.geometry.plan import WarpPlan, plan_warp

GRID = (3, 4, 5)
VOLUME = math.prod(GRID)


def draw(seed: int, samples: int = 2, parts: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    masks = torch.rand(samples, parts, *GRID, generator=random) < 0.2
    transforms = torch.eye(4, dtype=torch.float64).repeat(samples, parts, 1, 1)
    noise = torch.randn(samples, parts, 3, 4, generator=random, dtype=torch.float64)
    transforms[..., :3, :] += 0.3 * noise
    return masks, transforms


def matrix_by_loops(masks: torch.Tensor, transforms: torch.Tensor) -> torch.Tensor:
    """Return (B, P, targets, sources) weights."""
    b, p = masks.shape[:2]
    matrix = torch.zeros(b, p, VOLUME, VOLUME, dtype=torch.float64)
    for n, part in itertools.product(range(b), range(p)):
        for target, (z, y, x) in enumerate(itertools.product(*map(range, GRID))):
            point = (transforms[n, part] @ torch.tensor([x, y, z, 1.0]).double())[:3].tolist()
            low = [math.floor(c) for c in point]
            for corner in itertools.product((0, 1), repeat=3):
                i, j, k = (a + c for a, c in zip(low, corner, strict=True))
                inside = 0 <= i < GRID[2] and 0 <= j < GRID[1] and 0 <= k < GRID[0]
                if inside and masks[n, part, k, j, i]:
                    weight = math.prod(
                        1 - abs(c - at) for c, at in zip(point, (i, j, k), strict=True)
                    )
                    matrix[n, part, target, (k * GRID[1] + j) * GRID[2] + i] += weight
    return matrix


def forward_matrix(plan: WarpPlan) -> torch.Tensor:
    """Return (rows, sources of the batch) weights."""
    entries, rows = plan
    row = torch.repeat_interleave(entries.start.diff())
    matrix = torch.zeros(len(rows.where), 2 * VOLUME, dtype=torch.float64)
    matrix[row, entries.source[entries.where]] = entries.weight
    return matrix


@pytest.mark.parametrize("seed", range(4))
def test_rows_are_those_of_the_matrix(seed):
    masks, transforms = draw(seed)
    plan = plan_warp(masks, transforms)
    expected = matrix_by_loops(masks, transforms)
    found = forward_matrix(plan)
    target = plan.rows.target[plan.rows.where]
    wanted = {  # target voxel and its non-empty rows, in any order of parts
        (n * VOLUME + t): [expected[n, p, t] for p in range(3) if expected[n, p, t].any()]
        for n in range(2)
        for t in range(VOLUME)
    }
    assert len(target) == sum(map(len, wanted.values()))
    for voxel, rows in wanted.items():
        n = voxel // VOLUME
        mine = found[target == voxel][:, n * VOLUME : (n + 1) * VOLUME]
        assert len(mine) == len(rows)
        for row, ours in zip(rows, mine, strict=True):
            torch.testing.assert_close(ours, row, atol=1e-12, rtol=0)


def test_the_way_back_is_the_transpose():
    plan = plan_warp(*draw(7))
    entries, rows = plan
    source = torch.repeat_interleave(entries.back_start.diff())
    back = torch.zeros(len(rows.where), 2 * VOLUME, dtype=torch.float64)
    back[entries.back_row, entries.source[source]] = entries.back_weight
    torch.testing.assert_close(back, forward_matrix(plan))


def test_layers_hold_each_target_once_and_the_first_holds_all_in_order():
    masks, transforms = draw(8, parts=5)
    rows = plan_warp(masks, transforms).rows
    reached = torch.bincount(rows.where)
    assert torch.equal(5 - reached, rows.others[:, 0].long())
    assert rows.layers[0] == 0
    assert rows.layers[-1] == len(rows.where)
    assert torch.equal(rows.where[: rows.layers[1]], torch.arange(len(rows.target)))
    for first, last in itertools.pairwise(rows.layers):
        assert len(set(rows.where[first:last].tolist())) == last - first
    assert len(rows.layers) - 1 == reached.max()


def test_nearest_reads_one_voxel():
    masks, transforms = draw(9)
    entries = plan_warp(masks, transforms, interp="nearest").entries
    assert (entries.start.diff() == 1).all()
    assert (entries.weight == 1).all()
