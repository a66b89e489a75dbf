"""Weight-normalised convolutions, and what the first batch sets in them."""

import torch
from torch import nn

from repose.models.normalised import NormalisedConv, measuring
from tests.models.vunet_toy import build, given


def test_weights_have_a_direction_and_a_length():
    torch.manual_seed(0)
    layer = NormalisedConv(3, 5, 3)
    x = torch.randn(4, 3, 9, 9)
    wanted = layer(x)
    with torch.no_grad():
        layer.weight *= 7
        torch.testing.assert_close(layer(x), wanted)
        layer.gain *= 2
        torch.testing.assert_close(layer(x), 2 * wanted)
    kernel = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 5, 3, padding=1))
    with torch.no_grad():
        kernel.parametrizations.weight.original0.copy_(layer.gain.view(-1, 1, 1, 1))
        kernel.parametrizations.weight.original1.copy_(layer.weight)
        kernel.bias.copy_(layer.bias)
    torch.testing.assert_close(kernel(x), layer(x))


def test_the_first_batch_sets_gains_and_biases():
    torch.manual_seed(0)
    layers = nn.Sequential(NormalisedConv(3, 8, 3), NormalisedConv(8, 8, 3, spread=0.5))
    x = 3 + 5 * torch.randn(4, 3, 9, 9)
    with measuring(layers), torch.no_grad():
        layers(x)
    for count, spread in ((1, 1.0), (2, 0.5)):
        y = layers[:count](x)
        torch.testing.assert_close(y.mean((0, 2, 3)), torch.zeros(8), atol=1e-4, rtol=0)
        torch.testing.assert_close(
            y.std((0, 2, 3), correction=0), torch.full((8,), spread), atol=1e-3, rtol=0
        )
    still = NormalisedConv(3, 8, 3)
    with measuring(still), torch.no_grad():
        still(torch.zeros(1, 3, 1, 1))  # nothing varies: no scale can be told
    assert (still.gain == 1).all()


def test_initialisation_is_repeatable_and_leaves_the_mode():
    built = [build(dropout=0.3) for _ in range(2)]
    for seed, generator in enumerate(built):
        torch.manual_seed(seed)
        generator.initialise(*given(4))
        assert generator.training
    for one, other in zip(*(generator.parameters() for generator in built), strict=True):
        assert torch.equal(one, other)
    fresh = build()
    assert not torch.equal(fresh.dec_down.head.gain, built[0].dec_down.head.gain)
    for generator in (fresh, built[0]):
        image = generator.eval()(*given(4))["image"]
        assert 0.05 < image.std() < 1.5


def test_initialisation_reaches_every_layer():
    generator = build()
    generator.initialise(*given(4))
    for name, layer in generator.named_modules():
        if isinstance(layer, NormalisedConv):
            assert not torch.equal(layer.gain, torch.ones_like(layer.gain)), name
