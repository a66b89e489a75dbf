"""LPIPS with a given backbone: its own formula, and the range of its inputs."""

import pytest
import torch
from torchvision.models import alexnet, squeezenet1_1, vgg

from repose.metrics.lpips import BACKBONES, build_lpips, lpips


@pytest.fixture(scope="module")
def backbone():
    torch.manual_seed(0)
    return alexnet(weights=None).state_dict()


def test_equal_images_have_no_distance(backbone):
    image = torch.rand(2, 3, 64, 64) * 2 - 1
    assert lpips(build_lpips("alex", backbone), image, image).tolist() == [0, 0]


# The layers whose outputs are compared, of torchvision's `features`.
TAPS = {
    "alex": (1, 4, 7, 9, 11),
    "vgg": (3, 8, 15, 22, 29),
    "squeeze": (1, 4, 7, 9, 10, 11, 12),
}
# As the networks come, but without the large classifiers, which nobody looks at.
LAYERS = {
    "alex": lambda: alexnet(weights=None).features,
    "vgg": lambda: vgg.make_layers(vgg.cfgs["D"]),
    "squeeze": lambda: squeezenet1_1(weights=None).features,
}


@pytest.mark.parametrize("net", BACKBONES)
def test_equal_to_the_formula_on_torchvision_features(net):
    """Zhang et al. 2018, eq. 1, written out layer by layer on the plain network."""
    torch.manual_seed(0)
    plain = LAYERS[net]()
    state = {f"features.{name}": values for name, values in plain.state_dict().items()}
    side = 32 if net == "vgg" else 64  # px: the others' first strides need more
    x, y = torch.rand(2, 2, 3, side, side, generator=torch.Generator().manual_seed(2)) * 2 - 1
    network = build_lpips(net, state)
    shift = torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1)
    expected = torch.zeros(2)
    a, b = (x - shift) / scale, (y - shift) / scale
    for index, layer in enumerate(plain):
        a, b = layer(a), layer(b)
        if index in TAPS[net]:
            unit_a = a / a.pow(2).sum(1, keepdim=True).add(1e-8).sqrt()
            unit_b = b / b.pow(2).sum(1, keepdim=True).add(1e-8).sqrt()
            linear = getattr(network, f"lin{TAPS[net].index(index)}")
            weights = linear.model[-1].weight.flatten().view(1, -1, 1, 1)
            expected += ((unit_a - unit_b) ** 2 * weights).sum(1).mean((1, 2)).detach()
    torch.testing.assert_close(lpips(network, x, y), expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("value", [1.01, -2.0, 255.0, float("nan")])
def test_images_in_another_range_are_refused(backbone, value):
    image = torch.rand(1, 3, 64, 64)
    wrong = image.clone()
    wrong[0, 1, 5, 5] = value
    network = build_lpips("alex", backbone)
    for both in ((image, wrong), (wrong, image)):
        with pytest.raises(ValueError, match=r"in \[-1, 1\]"):
            lpips(network, *both)


def test_batches_do_not_mix(backbone):
    x, y = torch.rand(2, 3, 3, 64, 64) * 2 - 1
    network = build_lpips("alex", backbone)
    one_by_one = torch.cat([lpips(network, x[i : i + 1], y[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(lpips(network, x, y), one_by_one, rtol=1e-4, atol=1e-6)


def test_other_backbones_and_wrong_weights(backbone):
    image = torch.rand(1, 3, 64, 64)
    state = squeezenet1_1(weights=None).state_dict()
    assert lpips(build_lpips("squeeze", state), image, image).item() == 0
    with pytest.raises(KeyError, match="not the weights of squeezenet1_1"):
        build_lpips("squeeze", backbone)


def test_the_linear_layers_ship_with_torchmetrics():
    weights = build_lpips("alex", alexnet(weights=None).state_dict()).lin0.model[-1].weight
    assert weights.min() >= 0  # trained to be non-negative; random ones would not be
    assert weights.max() > 0
