import numpy as np
import pytest
import torch

from benchmarks.plain import deformable as plain
from repose.models.deformable import DRAWN
from repose.models.window import JointMaps, Window
from repose.skeleton import JOINT
from tests.models.toys import SIZE, images, poses


@pytest.mark.parametrize("multiple", [1, 8])
def test_a_window_is_cut_and_put_back(multiple):
    window = Window(SIZE, (21, 18), multiple)
    image, around = images(2), images(2, seed=1)
    inside = window.cut(image)
    assert inside.shape[2:] == window.shape
    assert all(side % multiple == 0 for side in window.shape)
    back = window.paste(inside, around)
    rows, columns = slice(5, 26), slice(7, 25)
    assert torch.equal(back[..., rows, columns], image[..., rows, columns])
    back[..., rows, columns] = around[..., rows, columns]
    assert torch.equal(back, around)
    # A joint's pixel is the same in both frames.
    joint = torch.tensor([[[10.5, 20.5, 3.0]]])
    x, y, z = window.shift(joint)[0, 0].tolist()
    assert torch.equal(inside[..., int(y), int(x)], image[..., 20, 10])
    assert z == 3
    # The border repeats the outermost pixels.
    assert torch.equal(inside[..., 0, 0], image[..., 5, 7])


@pytest.mark.parametrize("joints", sorted(DRAWN))
def test_heat_maps_are_those_of_the_plain_version(joints):
    shaken = poses(3, jitter_px=4)
    shaken[1, JOINT["nose"]] = torch.nan
    window = Window(SIZE, (30, 19), 8)
    names = DRAWN[joints]
    maps = JointMaps(window, [JOINT[name] for name in names], 2.0)(shaken)
    assert maps.shape == (3, len(names), 32, 24)
    for ours, pose in zip(maps.numpy(), window.shift(shaken).numpy(), strict=True):
        wanted = plain.heat_maps(pose.astype(np.float64), names, window.shape, 2.0)
        np.testing.assert_allclose(ours, wanted, atol=1e-5)
