"""Squares out of quadrilaterals: corners, straight lines, and plain linear systems."""

import numpy as np
import torch

from benchmarks.plain import vunet25d as plain
from repose.geometry.homography import crop_quads, quad_points

SIZE, SIDE = 24, 8
SQUARE = torch.tensor([[0.0, 0.0], [1, 0], [1, 1], [0, 1]])


def quads(*shape: int, seed: int = 0, shake: float = 0.3) -> torch.Tensor:
    """Return convex quadrilaterals (*shape, 4, 2), px."""
    generator = torch.Generator().manual_seed(seed)
    shaken = SQUARE + shake * torch.rand(*shape, 4, 2, generator=generator)
    return 12 * shaken + 8 * torch.rand(*shape, 1, 2, generator=generator)


def picture(count: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.rand(count, 3, SIZE, SIZE, generator=generator)


def test_crops_are_those_of_a_plain_loop():
    image, corners = picture(), quads(2, 5)
    corners[0, 1] = corners[0, 1].flip(0)  # mirrored
    corners[0, 2] += 15  # partly beyond the border
    corners[1, 0] = corners[1, 0][[0, 2, 1, 3]]  # crosses itself
    corners[1, 1, 2] = corners[1, 1].mean(0) - 2  # dented
    corners[1, 2] = corners[1, 2, :1]  # a single point
    corners[1, 3, 0] = torch.nan
    crops = crop_quads(image, corners, SIDE)
    assert crops.shape == (2, 5, 3, SIDE, SIDE)
    for sample in range(2):
        for k in range(5):
            shown = (value.double().numpy() for value in (image[sample], corners[sample, k]))
            np.testing.assert_allclose(crops[sample, k], plain.crop(*shown, SIDE), atol=1e-4)
    assert (crops[1, 3] == 0).all()


def test_corners_go_to_corners_and_lines_stay_straight():
    corners = quads(6)
    points = quad_points(corners, 101)
    ends = points[:, [0, 0, -1, -1], [0, -1, -1, 0]]
    assert (ends - corners).abs().max() < 0.2  # half a pixel of the square inside
    for line in (points[:, :, 40], points[:, 70]):
        along = line[:, -1:] - line[:, :1]
        beside = line - line[:, :1]
        area = along[..., 0] * beside[..., 1] - along[..., 1] * beside[..., 0]
        assert area.abs().max() < 1e-2


def test_an_upright_square_is_a_cut_out():
    image = picture(1)
    corners = (SQUARE * SIDE + torch.tensor([5.0, 9.0]))[None, None]
    crop = crop_quads(image, corners, SIDE)[:, 0]
    torch.testing.assert_close(crop, image[..., 9 : 9 + SIDE, 5 : 5 + SIDE])


def test_beyond_the_border_its_colour_goes_on():
    image = picture(1)
    corners = (SQUARE * SIDE + torch.tensor([200.0, 9.0]))[None, None]
    crop = crop_quads(image, corners, SIDE)[0, 0]
    torch.testing.assert_close(crop, image[0, :, 9 : 9 + SIDE, -1:].expand(3, SIDE, SIDE))


def test_points_stay_within_the_quadrilateral():
    shapes = quads(200, shake=4.0)  # of every kind
    points = quad_points(shapes, SIDE).flatten(1, 2)
    low, high = shapes.amin(1, keepdim=True), shapes.amax(1, keepdim=True)
    assert torch.isfinite(points).all()
    assert ((points > low - 1e-3) & (points < high + 1e-3)).all()


def test_counting_from_pixel_centres_is_half_a_pixel_off():
    corners = (SQUARE * SIDE)[None]
    exact, theirs = quad_points(corners, SIDE), quad_points(corners, SIDE, half_pixel=True)
    torch.testing.assert_close(exact, theirs)  # of one size the two shifts cancel
    corners = corners * 2
    exact, theirs = quad_points(corners, SIDE), quad_points(corners, SIDE, half_pixel=True)
    torch.testing.assert_close(exact - theirs, torch.full_like(exact, 0.5))
