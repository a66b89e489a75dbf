"""The Inception networks: what goes in, what comes out, what differs between the two."""

import pytest
import torch
from torch.nn import functional
from torchvision.models import Inception3

from repose.metrics import inception
from repose.metrics.inception import KINDS, Inception

SIDE = 91  # px instead of 299: a tenth of the time, and nothing rounds to the same size


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(inception, "SIDE", SIDE)


def test_images_get_the_size_that_the_networks_were_trained_on(monkeypatch):
    monkeypatch.undo()
    assert inception.SIDE == 299


def state_of(classes):
    """Random weights and statistics under which activations neither grow nor fade."""
    torch.manual_seed(0)
    with torch.device("meta"):
        network = Inception3(classes, aux_logits=False, init_weights=False)
    network = network.to_empty(device="cpu")
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_parameters()
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
        elif isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.normal_(module.weight, std=(2 / module.weight[0].numel()) ** 0.5)
    torch.nn.init.zeros_(network.fc.bias)
    return network.state_dict()


@pytest.fixture(scope="module")
def states():
    return {name: state_of(kind.classes) for name, kind in KINDS.items()}


@pytest.fixture(scope="module")
def pictures():
    draws = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (2, 3, 64, 44), generator=draws, dtype=torch.uint8)


def test_torchvisions_is_the_plain_network_on_images_that_are_not_normalised(states, pictures):
    plain = Inception3(1000, aux_logits=False, transform_input=True, init_weights=False).eval()
    plain.load_state_dict(states["torchvision"])
    seen = []
    plain.dropout.register_forward_hook(lambda _module, _input, output: seen.append(output))
    with torch.inference_mode():
        size = (SIDE, SIDE)
        large = functional.interpolate(pictures.double() / 255, size, mode="bilinear")
        logits = plain(large.float())
    features, probabilities = Inception("torchvision", states["torchvision"])(pictures)
    torch.testing.assert_close(features, seen[0].flatten(1), rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(probabilities, logits.softmax(1), rtol=1e-3, atol=1e-6)
    assert features.shape == (2, inception.FEATURES)


def test_tensorflows_pools_within_the_border_and_ends_with_maxima(states):
    """Each block whose pooling differs, against sums and counts taken by hand."""
    network = Inception("tf", states["tf"]).network
    plain = Inception3(1008, aux_logits=False, init_weights=False).eval()
    plain.load_state_dict(states["tf"])
    inputs = {
        "Mixed_5b": 192,
        "Mixed_5d": 288,
        "Mixed_6b": 768,
        "Mixed_7b": 1280,
        "Mixed_7c": 2048,
    }
    draws = torch.Generator().manual_seed(2)
    for name, channels in inputs.items():
        x = torch.rand(1, channels, 5, 4, generator=draws)
        windows = functional.unfold(x, 3, padding=1).view(1, channels, 9, 5, 4)
        inside = functional.unfold(torch.ones(1, 1, 5, 4), 3, padding=1).view(1, 1, 9, 5, 4)
        pooled = windows.sum(2) / inside.sum(2)
        if name == "Mixed_7c":
            pooled = windows.masked_fill(inside == 0, -1).amax(2)
        with torch.inference_mode():
            block = getattr(plain, name)
            expected, found = block.branch_pool(pooled), getattr(network, name)(x)
            torch.testing.assert_close(found[:, -expected.shape[1] :], expected)
            others = found.shape[1] - expected.shape[1]
            torch.testing.assert_close(found[:, :others], block(x)[:, :others])


def test_tensorflows_enlargement_leaves_the_corner_where_it_is():
    image = torch.rand(1, 1, 7, 5, generator=torch.Generator().manual_seed(3))
    ours = inception._enlarge_as_tensorflow(image)[0, 0]
    for row, column in ((0, 0), (33, 90), (90, 50), (77, 23)):
        y, x = row * 7 / SIDE, column * 5 / SIDE
        top, left = int(y), int(x)
        bottom, right = min(top + 1, 6), min(left + 1, 4)
        corners = [[float(image[0, 0, r, c]) for c in (left, right)] for r in (top, bottom)]
        upper, lower = ((1 - (x - left)) * a + (x - left) * b for a, b in corners)
        expected = (1 - (y - top)) * upper + (y - top) * lower
        assert float(ours[row, column]) == pytest.approx(expected, abs=1e-5)


def test_tensorflows_leaves_the_bias_out_and_does_not_mix_batches(states, pictures):
    biased = states["tf"] | {"fc.bias": torch.arange(1008.0)}
    network, other = Inception("tf", states["tf"]), Inception("tf", biased)
    features, probabilities = network(pictures)
    alone = other(pictures[1:])
    torch.testing.assert_close(alone[0], features[1:], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(alone[1], probabilities[1:], rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2))


def test_other_weights_are_refused(states):
    with pytest.raises(RuntimeError, match=r"fc\.weight"):
        Inception("torchvision", states["tf"])
    with pytest.raises(KeyError, match=r"Conv2d_1a_3x3"):
        Inception("tf", {})


def test_files_without_counters_are_taken(states):
    old = {k: v for k, v in states["tf"].items() if not k.endswith("num_batches_tracked")}
    aux = old | {"AuxLogits.fc.weight": torch.zeros(1)}
    found, wanted = Inception("tf", aux).state_dict(), Inception("tf", states["tf"]).state_dict()
    assert set(found) == set(wanted)
    kept = [name for name in wanted if not name.endswith("num_batches_tracked")]
    assert all(torch.equal(found[name], wanted[name]) for name in kept)
