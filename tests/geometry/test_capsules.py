"""Capsules against the distance of every voxel, in float64."""

import pytest
import torch

from repose.geometry.capsules import Capsules, draw_capsules

SIZE = 64


def every_voxel(capsules: Capsules, parts: int, grid: tuple[int, int, int], margin: float):
    """Return the scaled distance (B, P, D, H, W) of each voxel to its nearest capsule."""
    depth, height, width = grid
    z, y, x = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in grid), indexing="ij")
    scale = torch.tensor([width, height, depth], dtype=torch.float64) / SIZE
    centres = (torch.stack((x, y, z), -1) + 0.5) / scale
    centres[..., 2] -= SIZE / 2
    result = torch.full((len(capsules.start), parts, *grid), torch.inf, dtype=torch.float64)
    for b in range(len(capsules.start)):
        for k, part in enumerate(capsules.part.tolist()):
            radius = capsules.radius_px[b, k].double() + margin / scale  # px, per axis
            start, end = (p[b, k].double() / radius for p in (capsules.start, capsules.end))
            reach = end - start
            offset = centres / radius - start
            t = (offset @ reach / reach.square().sum().clamp(min=1e-12)).clamp(0, 1)
            distance = (offset - t[..., None] * reach).norm(dim=-1)
            result[b, part] = torch.minimum(result[b, part], distance)
    return result


def draw(seed: int, spread: float, count: int = 6) -> Capsules:
    random = torch.Generator().manual_seed(seed)
    start, end = (
        (torch.rand(3, count, 3, generator=random) - 0.5) * spread + torch.tensor([32.0, 32, 0])
        for _ in range(2)
    )
    end[:, 0] = start[:, 0]  # one is a ball
    radius = torch.rand(3, count, generator=random) * 8
    return Capsules(start, end, radius, torch.arange(count) % 3)


@pytest.mark.parametrize("grid", [(8, 16, 16), (16, 12, 20), (1, 32, 32)])
@pytest.mark.parametrize("margin", [0.0, 1.0])
@pytest.mark.parametrize("spread", [20.0, 60.0, 150.0])  # the last reaches out of the image
def test_a_voxel_is_in_when_its_centre_is_near_the_segment(grid, margin, spread):
    capsules = draw(int(spread), spread)
    drawn = draw_capsules(capsules, 3, SIZE, grid, margin)
    distance = every_voxel(capsules, 3, grid, margin)
    clear = (distance - 1).abs() > 1e-5  # rounding decides on the surface itself
    assert clear.float().mean() > 0.99
    assert torch.equal(drawn[clear], (distance <= 1)[clear])
    assert drawn.any()


def test_axis_parallel_capsules():
    for axis in range(3):
        capsules = draw(5, 30)
        end = capsules.start.clone()
        end[..., axis] += 17
        capsules = capsules._replace(end=end)
        drawn = draw_capsules(capsules, 3, SIZE, (8, 16, 16))
        distance = every_voxel(capsules, 3, (8, 16, 16), 1.0)
        clear = (distance - 1).abs() > 1e-5
        assert torch.equal(drawn[clear], (distance <= 1)[clear])


def test_what_is_unknown_is_left_out():
    capsules = draw(1, 40)
    start = capsules.start.clone()
    start[0, 1, 2] = torch.nan
    kept = [0, 2, 3, 4, 5]
    less = Capsules(*(t[:, kept] for t in capsules[:3]), capsules.part[kept])
    drawn = draw_capsules(capsules._replace(start=start), 3, SIZE, (8, 16, 16))
    assert torch.equal(drawn[0], draw_capsules(less, 3, SIZE, (8, 16, 16))[0])
    nothing = capsules._replace(radius_px=torch.full_like(capsules.radius_px, torch.nan))
    assert not draw_capsules(nothing, 3, SIZE, (8, 16, 16)).any()


def test_far_outside_draws_nothing():
    capsules = draw(2, 40)
    far = capsules._replace(start=capsules.start + 500, end=capsules.end + 500)
    assert not draw_capsules(far, 3, SIZE, (8, 16, 16)).any()
