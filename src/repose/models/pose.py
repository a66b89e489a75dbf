"""The target pose as a network sees it: one Gaussian heat map per joint, in space or flattened."""

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.nn import functional

from repose.geometry.heatmaps import Factors, heatmap_factors
from repose.models.blocks import Residual3d, conv3d
from repose.skeleton import JOINTS


class PoseMaps:
    """Draw joints as heat maps on one grid, with or without their depth.

    Without depth (the paper's 2D pose) the heat map is projected along z and repeated at every
    depth: exactly, as the maximum over all depths, that is 1 along z. The original takes the
    maximum over the slices it has; these are further apart than the Gaussian is wide, so up to a
    fifth of the amplitude still tells the depth (`pose_slices`).
    """

    def __init__(
        self,
        size: int,
        grid: tuple[int, int, int],
        sigma_px: float,
        pose: str,
        compat: Collection[str],
    ) -> None:
        """Remember the grid.

        Args:
            size: side of the image in px.
            grid: (D, H, W) voxels that the image's square and a cube behind it are cut into.
            sigma_px: of the Gaussians, in image px.
            pose: "3d" or "2d".
            compat: of the options of `warp3d.COMPAT`: `pose_slices`.
        """
        self.size, self.grid, self.sigma_px = size, grid, sigma_px
        self.flat, self.slices = pose == "2d", "pose_slices" in compat

    @torch.compiler.disable
    @torch.no_grad()
    def factors(self, joints: Tensor) -> Factors:
        """Return the factors of the heat maps of (B, J, 3) joints in px; missing joints give 0."""
        z, y, x = heatmap_factors(joints, self.size, self.grid, self.sigma_px)
        if self.flat:
            top = z.amax(dim=2, keepdim=True)
            z = (top if self.slices else torch.ones_like(top)).expand_as(z)
        return Factors(z, y, x)

    @torch.no_grad()
    def volume(self, joints: Tensor) -> Tensor:
        """Return the heat maps (B, J, D, H, W), 1 at a joint."""
        z, y, x = self.factors(joints)
        return z[..., None, None] * y[..., None, :, None] * x[..., None, None, :]


class PoseEncoder(nn.Module):
    """E_pose: heat maps of the target pose to features on the same grid."""

    def __init__(
        self, maps: PoseMaps, channels: int, units: int, groups: int, *, rows: bool
    ) -> None:
        """Build `units` residual blocks of `channels` behind one convolution."""
        super().__init__()
        self.maps = maps
        self.stem = conv3d(len(JOINTS), channels)
        self.body = nn.Sequential(*(Residual3d(channels, groups, rows=rows) for _ in range(units)))

    def forward(self, joints: Tensor) -> Tensor:
        """Map joints (B, J, 3) in px to (B, C, D, H, W)."""
        features: Tensor = self.body(convolve(self.stem, self.maps.factors(joints)))
        return features


def convolve(layer: nn.Conv3d, maps: Factors) -> Tensor:
    """Apply a 3x3x3 convolution to heat maps that are never written out.

    The map of joint j is z[j] y[j] x[j]. So the kernel's columns meet x first, and the nine
    products of z's and y's neighbours weigh what results: one matrix product, exact, with a third
    of the arithmetic of the convolution and, for few channels, far better shapes.

    Returns:
        (B, C, D, H, W), what `layer` makes of the heat maps.
    """
    z, y, x = (functional.pad(factor, (1, 1)).unfold(-1, 3, 1) for factor in maps)
    batch, joints, depth, _ = z.shape
    near = z[:, :, :, None, :, None] * y[:, :, None, :, None, :]  # (B, J, D, H, 3, 3)
    near = near.permute(0, 2, 3, 1, 4, 5).reshape(batch, -1, joints * 9)
    across = torch.einsum("ojhkc,bjwc->bjhkow", layer.weight, x)
    volume = near @ across.reshape(batch, joints * 9, -1)
    volume = volume.view(batch, depth, y.shape[2], -1, x.shape[2])  # (B, D, H, C, W)
    if layer.bias is not None:
        volume = volume + layer.bias.to(volume.dtype)[:, None]
    return volume.permute(0, 3, 1, 2, 4)
