import torch

from repose.models.blocks import conv3d
from repose.models.pose import PoseMaps, convolve
from tests.models.toys import SIZE, poses

GRID = (6, 8, 8)


def maps(pose: str, *compat: str) -> PoseMaps:
    return PoseMaps(SIZE, GRID, 3.0, pose, compat)


def moved_away(joints: torch.Tensor) -> torch.Tensor:
    return joints + torch.tensor([0.0, 0.0, 4.0])


def test_the_separable_convolution_is_the_convolution():
    layer = conv3d(19, 5).double()
    torch.nn.init.normal_(layer.bias)
    drawn = maps("3d")
    factors = drawn.factors(poses(2))
    factors = type(factors)(*(factor.double() for factor in factors))
    dense = layer(torch.einsum("bjz,bjy,bjx->bjzyx", *factors))
    ours = convolve(layer, factors)
    torch.testing.assert_close(ours, dense, atol=1e-12, rtol=1e-10)
    along = torch.randn_like(dense)
    torch.testing.assert_close(
        torch.autograd.grad(ours, layer.weight, along)[0],
        torch.autograd.grad(dense, layer.weight, along)[0],
        atol=1e-10,
        rtol=1e-10,
    )


def test_a_flat_pose_has_no_depth():
    joints = poses(2)
    flat = maps("2d")
    torch.testing.assert_close(flat.factors(joints), flat.factors(moved_away(joints)))
    volume = flat.volume(joints)
    torch.testing.assert_close(volume, volume[:, :, :1].expand_as(volume))
    # Exactly the projection: what a joint in the very plane of a slice shows there.
    in_plane = joints.clone()
    in_plane[..., 2] = (0.5 / GRID[0] - 0.5) * SIZE
    torch.testing.assert_close(volume[:, :, 0], maps("3d").volume(in_plane)[:, :, 0])


def test_the_originals_flat_pose_leaks_depth():
    joints = poses(2)
    leaky = maps("2d", "pose_slices")
    torch.testing.assert_close(
        leaky.volume(joints)[:, :, 0], maps("3d").volume(joints).amax(dim=2)
    )
    moved = leaky.volume(moved_away(joints))
    assert (moved - leaky.volume(joints)).abs().max() > 0.05


def test_a_missing_joint_leaves_no_mark():
    joints = poses(1)
    joints[0, 3] = torch.nan
    for pose in ("3d", "2d"):
        volume = maps(pose).volume(joints)
        assert not volume[0, 3].any()
        assert volume[0, 4].any()
