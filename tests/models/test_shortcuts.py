import torch

from repose.models.shortcuts import carry, render


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
