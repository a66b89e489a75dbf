import pytest
import torch

from repose.models.inpainter import Inpainter
from tests.models.toys import SIZE, images


def inpainter(*compat: str, keep: bool = False) -> Inpainter:
    torch.manual_seed(0)
    return Inpainter((8, 16), (5, 3), 4, compat, keep=keep)


def hole() -> torch.Tensor:
    known = torch.ones(2, 1, SIZE, SIZE)
    known[:, :, 8:24, 12:20] = 0
    return known


@pytest.mark.parametrize("keep", [False, True])
def test_what_a_hole_hides_does_not_matter(keep):
    network, known = inpainter(keep=keep), hole()
    source = images(2)
    painted = network(source, known)
    other = torch.where(known > 0, source, images(2, seed=1))
    assert painted.shape == source.shape
    assert painted.abs().max() <= 1
    torch.testing.assert_close(network(other, known), painted)


def test_known_pixels_are_kept_at_first():
    network, known, source = inpainter(keep=True), hole(), images(2)
    distance = (network(source, known) - source).abs().mean(dim=1, keepdim=True)
    assert distance[known > 0].mean() < 0.3 * distance[known == 0].mean()


def test_noise_changes_the_original_only():
    source, known = images(2), hole()
    assert torch.equal(inpainter()(source, known), inpainter()(source, known))
    network = inpainter("noise")
    assert not torch.equal(network(source, known), network(source, known))


@pytest.mark.parametrize("option", ["pconv_ratio", "leaky_tanh"])
def test_compat_options_change_the_picture(option):
    source, known = images(2), hole()
    assert not torch.equal(inpainter()(source, known), inpainter(option)(source, known))
