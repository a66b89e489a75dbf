import torch

from repose.models.shortcuts import carry, fill_holes, render


def seen(volume: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the colours in [0, 1] and the alpha that a volume shows."""
    logits = render(volume, volume.shape[-1])
    return (torch.tanh(logits[:, :3]) + 1) / 2, torch.sigmoid(logits[:, 3:])


def test_the_front_hides_the_back():
    volume = torch.zeros(1, 4, 3, 4, 4)
    volume[:, 0, 2], volume[:, 3, 2] = 0.8, 1  # red at the back
    volume[:, 1, 1], volume[:, 3, 1] = 0.6, 1  # green before it
    colours, alpha = seen(volume)
    torch.testing.assert_close(colours[0, :, 0, 0], torch.tensor([0.025, 0.6, 0.025]))
    assert (alpha > 0.9).all()


def test_a_veil_lets_the_back_through():
    volume = torch.zeros(1, 4, 2, 4, 4)
    volume[:, 1, 0], volume[:, 3, 0] = 0.25 * 0.6, 0.25
    volume[:, 0, 1], volume[:, 3, 1] = 0.8, 1
    colours, _ = seen(volume)
    torch.testing.assert_close(colours[0, :2, 0, 0], torch.tensor([0.75 * 0.8, 0.25 * 0.6]))


def test_an_empty_volume_is_transparent():
    colours, alpha = seen(torch.zeros(1, 4, 3, 4, 4))
    assert (alpha < 0.1).all()
    assert torch.isfinite(colours).all()


def test_what_is_carried_unmoved_is_seen_again():
    source = torch.rand(2, 3, 8, 8) * 1.6 - 0.8
    colours, _ = seen(carry(source, torch.full((2, 1, 3, 8, 8), 20.0)))
    torch.testing.assert_close(colours, (source + 1) / 2, atol=1e-4, rtol=1e-4)


def test_holes_in_one_colour_are_filled_with_it():
    known = torch.ones(2, 1, 64, 64)
    known[:, :, 20:50, 10:40] = 0
    image = torch.full((2, 3, 64, 64), 0.3)
    torch.testing.assert_close(fill_holes(image * known, known), image)


def test_known_pixels_stay_and_holes_lie_between_their_surroundings():
    torch.manual_seed(0)
    image = torch.rand(2, 3, 32, 32) * 2 - 1
    known = (torch.rand(2, 1, 32, 32) > 0.7).float()
    filled = fill_holes(image, known)
    assert torch.equal(filled * known, image * known)
    assert (filled >= image.amin()).all()
    assert (filled <= image.amax()).all()


def test_a_hole_takes_the_near_side_of_an_edge():
    image = torch.full((1, 3, 32, 32), -0.5)
    image[..., 16:] = 0.5
    known = torch.ones(1, 1, 32, 32)
    known[:, :, 12:20, 2:6] = 0
    known[:, :, 12:20, 26:30] = 0
    filled = fill_holes(image, known)
    torch.testing.assert_close(filled[..., 2:6], image[..., 2:6])
    torch.testing.assert_close(filled[..., 26:30], image[..., 26:30])


def test_nothing_known_is_grey():
    assert (fill_holes(torch.ones(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)) == 0).all()
