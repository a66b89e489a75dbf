"""Clean part masks: voxels within a radius of a line segment."""

from typing import NamedTuple

import torch
from torch import Tensor

from repose.geometry.boxes import lines, runs


class Capsules(NamedTuple):
    """Line segments with a thickness, K per sample.

    Attributes:
        start: (B, K, 3) px (x, y, z), z = 0 in the middle of the volume.
        end: (B, K, 3) px.
        radius_px: (B, K); a capsule with NaN in any of the three is left out.
        part: (K,) the mask that each belongs to.
    """

    start: Tensor
    end: Tensor
    radius_px: Tensor
    part: Tensor


def draw_capsules(
    capsules: Capsules, parts: int, size: int, grid: tuple[int, int, int], margin_vox: float = 1.0
) -> Tensor:
    """Mark the voxels whose centre lies in a capsule.

    A voxel is not a cube in px (depth is coarser), so the ball that is swept along the segment is
    an ellipsoid in voxels; nearness to the segment is measured with that ellipsoid as the unit.

    Args:
        capsules: What to draw.
        parts: Number of masks, P.
        size: Side of the square image, px.
        grid: (D, H, W) of the volume that covers `size` px along each axis.
        margin_vox: Added to the radius along each axis, voxels. 1 as in Knoche et al. 2020;
            without it a limb thinner than a voxel would vanish between voxel centres.

    Returns:
        (B, P, D, H, W) bool, the union of each part's capsules.
    """
    depth, height, width = grid
    start, reach, radius, mask = _in_voxels(capsules, parts, size, grid, margin_vox)
    low = (torch.minimum(start, start + reach) - radius).ceil()
    high = (torch.maximum(start, start + reach) + radius).floor() + 1
    limit = low.new_tensor([width, height, depth])
    low = torch.minimum(low.clamp(min=0), limit).long()
    high = torch.minimum(high.clamp(min=0), limit).long()
    capsule, y, z = lines(low, high)
    table = _Lines(start, reach, radius, capsule, torch.stack((y, z)))
    first, last = table.span()
    first = torch.maximum(first, low[:, 0].index_select(0, capsule))
    last = torch.minimum(last, high[:, 0].index_select(0, capsule))
    line, place = runs((last - first).clamp(min=0))
    x = place + first.index_select(0, line)
    inside = table.contains(line, x).nonzero()[:, 0]
    row = ((mask.index_select(0, capsule) * depth + z) * height + y) * width
    voxel = row.index_select(0, line) + x
    drawn = start.new_zeros((len(capsules.start), parts, *grid), dtype=torch.bool)
    drawn.view(-1).index_fill_(0, voxel.index_select(0, inside), True)
    return drawn


def _in_voxels(
    capsules: Capsules, parts: int, size: int, grid: tuple[int, int, int], margin_vox: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Flatten to (B K, 3) start, reach and radius in voxel indices, and the mask of each.

    Px are measured from a corner and volumes from their first voxel's centre, hence the half.
    """
    depth, height, width = grid
    start, end, radius_px, part = capsules
    scale = start.new_tensor([width / size, height / size, depth / size])
    shift = start.new_tensor([-0.5, -0.5, depth / 2 - 0.5])
    sample = torch.arange(len(start), device=start.device)[:, None]
    mask = (sample * parts + part).flatten()
    whole = torch.isfinite(start + end).all(-1) & torch.isfinite(radius_px)
    kept = whole.flatten().nonzero()[:, 0]
    first = (start * scale + shift).flatten(0, 1)[kept]
    reach = ((end - start) * scale).flatten(0, 1)[kept]
    radius = (radius_px[..., None] * scale + margin_vox).flatten(0, 1)[kept]
    return first, reach, radius, mask[kept]


class _Lines:
    """Lines along x through capsules, in units of the capsules' radii."""

    def __init__(
        self, start: Tensor, reach: Tensor, radius: Tensor, capsule: Tensor, yz: Tensor
    ) -> None:
        """Measure everything that is the same along a line.

        Args:
            start: (K, 3) voxels.
            reach: (K, 3) end - start, voxels.
            radius: (K, 3) voxels, along x, y and z.
            capsule: (L,) the capsule of each line.
            yz: (2, L) where the line runs, voxels.
        """
        d = reach / radius  # the segment's own direction, in radii
        inverse = 1 / d.square().sum(-1).clamp(min=1e-12)
        table = torch.cat((start, reach, radius, d, inverse[:, None]), -1)
        rows = table.index_select(0, capsule).mT.contiguous()
        self.start_x, self.reach_x, self.radius_x = rows[0], rows[3], rows[6]
        self.dx, self.dy, self.dz, self.inverse = rows[9:]
        self.y = (yz[0] - rows[1]) / rows[7]
        self.z = (yz[1] - rows[2]) / rows[8]

    def span(self) -> tuple[Tensor, Tensor]:
        """Return the voxels along x, [first, last), beyond which the capsule cannot reach.

        Only the piece of the segment less than one radius away in y and in z matters.
        """
        near, far = torch.zeros_like(self.y), torch.ones_like(self.y)
        for offset, slope in ((self.y, self.dy), (self.z, self.dz)):
            slope = torch.where(slope.abs() < 1e-6, 1e-6, slope)
            one, other = (offset - 1.001) / slope, (offset + 1.001) / slope
            near = torch.maximum(near, torch.minimum(one, other))
            far = torch.minimum(far, torch.maximum(one, other))
        ends = (self.start_x + near * self.reach_x, self.start_x + far * self.reach_x)
        first = (torch.minimum(*ends) - self.radius_x - 1e-3).ceil().long()
        last = (torch.maximum(*ends) + self.radius_x + 1e-3).floor().long() + 1
        return first, torch.where(far >= near - 1e-3, last, first)

    def contains(self, line: Tensor, x: Tensor) -> Tensor:
        """Tell which voxels x of the lines lie within one radius of the segment."""
        along = (self.y * self.dy + self.z * self.dz) * self.inverse
        here = (self.start_x, 1 / self.radius_x, self.dx * self.inverse, along)
        rows = torch.stack((*here, self.dx, self.dy, self.dz, self.y, self.z))
        start, per_vox, slope, along, dx, dy, dz, y, z = rows.index_select(1, line)
        across = (x - start) * per_vox
        t = (across * slope + along).clamp_(0, 1)  # nearest point of the segment
        return ((across - t * dx).square_() + (y - t * dy).square_() + (z - t * dz).square_()) <= 1
